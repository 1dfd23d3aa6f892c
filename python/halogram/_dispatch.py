"""Which way a call goes: torch's, that of torch.compile's tracer, or NumPy's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ._arrays import Arrays, detached, in_memory, is_tensor, real_array, sum_to
from ._sources import Key, source

def _torch_is_compiling() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


_is_compiling: Callable[[], bool] = _torch_is_compiling
#: Set by find_torch, once torch is seen.
_torch_gram: Callable[..., Any] | None = None


def find_torch() -> bool:
    """torch, if the program has imported it: then x may be a tensor. Importing it here would take seconds."""
    global _is_compiling, _torch_gram
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "compiler"):
        return False
    from . import _torch

    _torch_gram = _torch.gram
    _is_compiling = torch.compiler.is_compiling
    return True


def gram(key: Key, x: Any, y: Any, parameters: dict[str, Any], out: Any = None) -> Any:
    if out is not None:
        return _gram_into(key, x, y, parameters, out)
    if _is_compiling():
        from . import _operators

        return _operators.traced_gram(key, x, y, parameters)
    of = source(key)
    values = of.values(parameters)
    if is_tensor(x) or is_tensor(y):
        if _torch_gram is None:
            find_torch()
        assert _torch_gram is not None
        return _torch_gram(of, x, y, values)
    arrays = Arrays(of, x, y, values)
    return arrays.back(arrays.native.gram(arrays.x, arrays.y, arrays.values, arrays.allocate, 0))


def _gram_into(key: Key, x: Any, y: Any, parameters: dict[str, Any], out: Any) -> Any:
    """Into memory that the caller has: no new array has to be touched."""
    if _is_compiling():
        raise NotImplementedError("out is not built for torch.compile")
    of = source(key)
    values = of.values(parameters)
    if is_tensor(x) or is_tensor(y):
        from . import _torch

        return _torch.gram_into(of, x, y, values, out)
    arrays = Arrays(of, x, y, values)
    if not isinstance(out, np.ndarray) or out.dtype != arrays.result or not out.flags.writeable:
        raise TypeError(f"out must be a NumPy array of type {arrays.result} that may be written")
    if arrays.result == np.float16:
        raise TypeError("out is not built for float16")
    return arrays.native.gram(arrays.x, arrays.y, arrays.values, lambda shape: out, 0)


def gram_vjp(key: Key, x: Any, y: Any, g: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    if _is_compiling():
        from . import _operators

        return _operators.traced_gram_vjp(key, x, y, g, parameters)
    of = source(key)
    values = of.values(parameters)
    if is_tensor(x) or is_tensor(y):
        from . import _torch

        return _torch.gram_vjp(of, x, y, g, values)
    arrays = Arrays(of, x, y, values)
    wanted = of.have_gradients(arrays.y)
    g = in_memory(real_array(g, "g, the cotangent of K,"), arrays.dtype)
    results = arrays.native.gram_vjp(arrays.x, arrays.y, arrays.values, g, wanted, arrays.allocate, 0)
    gx, gy, *rest = results
    gradients = {"x": arrays.back(sum_to(gx, arrays.x.shape))}
    if arrays.y is not None:
        gradients["y"] = arrays.back(sum_to(gy, arrays.y.shape))
    for name, given, shape, gradient in zip(of.names, values, arrays.shapes, rest):
        if gradient is not None:
            gradients[name] = arrays.of_parameter(given, sum_to(gradient, shape))
    return gradients


def error_bound(key: Key, x: Any, y: Any, parameters: dict[str, Any]) -> float:
    of = source(key)
    values = of.values(parameters)
    arrays = Arrays(of, detached(x, "x"), detached(y, "y"), tuple(map(detached, values, of.names)))
    return float(arrays.native.error_bound(arrays.x, arrays.y, arrays.values))
