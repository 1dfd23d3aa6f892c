"""From arrays of any library to the native calls."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ._sources import Key, Source, real_number, source, whole_number

_DTYPES = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}

#: The short way for plain tensors, once torch is seen: set by find_torch.
_tensor_types: tuple[type, ...] = ()


def _torch_is_compiling() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


_is_compiling: Callable[[], bool] = _torch_is_compiling
_torch_gram: Callable[..., Any]


def find_torch() -> bool:
    """torch, if the program has imported it: then x may be a tensor. Importing it here would take seconds."""
    global _tensor_types, _is_compiling, _torch_gram
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "compiler"):
        return False
    from . import _torch

    _torch_gram = _torch.gram
    _is_compiling = torch.compiler.is_compiling
    _tensor_types = (torch.Tensor, torch.nn.Parameter)
    return True


def gram(key: Key, x: Any, y: Any, parameters: dict[str, Any], out: Any = None) -> Any:
    if out is not None:
        return _gram_into(key, x, y, parameters, out)
    if _is_compiling():
        from . import _operators

        return _operators.traced_gram(key, x, y, parameters)
    if type(x) in _tensor_types:
        of = source(key)
        return _torch_gram(of, x, y, of.values(parameters))
    of = source(key)
    values = of.values(parameters)
    if is_tensor(x) or is_tensor(y):
        return _torch_gram(of, x, y, values)
    arrays = _Arrays(of, x, y, values)
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
    arrays = _Arrays(of, x, y, values)
    if not isinstance(out, np.ndarray) or out.dtype != arrays.result or not out.flags.writeable:
        raise TypeError(f"out must be a NumPy array of type {arrays.result} that may be written")
    if arrays.result == np.float16:
        raise TypeError("out is not built for float16")
    return arrays.native.gram(arrays.x, arrays.y, arrays.values, lambda shape: out, 0)


def is_tensor(array: Any) -> bool:
    if array is None or isinstance(array, np.ndarray):
        return False
    if not _tensor_types:
        find_torch()
    return bool(_tensor_types) and isinstance(array, _tensor_types[0])


def gram_vjp(key: Key, x: Any, y: Any, g: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    if _is_compiling():
        from . import _operators

        return _operators.traced_gram_vjp(key, x, y, g, parameters)
    of = source(key)
    values = of.values(parameters)
    if is_tensor(x) or is_tensor(y):
        from . import _torch

        return _torch.gram_vjp(of, x, y, g, values)
    arrays = _Arrays(of, x, y, values)
    wanted = of.have_gradients(arrays.y)
    g = in_memory(real_array(g, "g, the cotangent of K,"), arrays.dtype)
    results = arrays.native.gram_vjp(arrays.x, arrays.y, arrays.values, g, wanted, arrays.allocate, 0)
    gx, gy, *rest = results
    gradients = {"x": arrays.back(_sum_to(gx, arrays.x.shape))}
    if arrays.y is not None:
        gradients["y"] = arrays.back(_sum_to(gy, arrays.y.shape))
    for name, given, shape, gradient in zip(of.names, values, arrays.shapes, rest):
        if gradient is not None:
            gradients[name] = arrays.of_parameter(given, _sum_to(gradient, shape))
    return gradients


def error_bound(key: Key, x: Any, y: Any, parameters: dict[str, Any]) -> float:
    of = source(key)
    values = of.values(parameters)
    arrays = _Arrays(of, detached(x), detached(y), tuple(map(detached, values)))
    return float(arrays.native.error_bound(arrays.x, arrays.y, arrays.values))


def detached(value: Any) -> Any:
    """A tensor's numbers, and those of a sequence of tensors, as NumPy's."""
    if isinstance(value, (list, tuple)):
        return [detached(v) for v in value]
    if not is_tensor(value):
        return value
    value = value.detach().resolve_neg()
    return (value.float() if value.dtype.itemsize == 2 and value.is_floating_point() else value).numpy()


def numpy_array(array: Any, what: str) -> np.ndarray:
    if isinstance(array, np.ndarray):
        # Asked of subclasses alone: numpy.ma is imported at its first use, in 8 ms.
        if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray):
            raise TypeError(f"{what} is a masked array, whose mask has no meaning here: fill it first")
        return array
    if is_tensor(array):
        raise TypeError(f"{what} is a torch.Tensor, but x and y are not")
    if hasattr(array, "__dlpack__") and not isinstance(array, np.generic):
        try:
            return np.from_dlpack(array)
        except (BufferError, RuntimeError, TypeError) as error:
            raise NotImplementedError(f"{what} is not in memory that NumPy can read ({error})") from error
    return np.asarray(array)


def real_array(array: Any, what: str) -> np.ndarray:
    """Raises TypeError for what has no real numbers."""
    array = numpy_array(array, what)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what} has elements of type {array.dtype}: it needs real numbers")
    return array


def in_memory(array: np.ndarray, dtype: Any) -> np.ndarray:
    """Of this type, and where native code can step through it: fields of packed records lie between whole numbers."""
    array = np.asarray(array, dtype)
    return array if all(stride % array.itemsize == 0 for stride in array.strides) else array.copy()


def in_library_of(like: Any, array: np.ndarray) -> Any:
    if isinstance(like, np.ndarray) or not hasattr(like, "__dlpack__") or isinstance(like, np.generic):
        return array
    namespace = getattr(like, "__array_namespace__", None)
    return array if namespace is None else namespace().from_dlpack(array)


def _sum_to(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sums over what broadcasting repeated."""
    if array.shape == shape:
        return array
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    repeated = tuple(k for k, extent in enumerate(shape) if extent == 1 and array.shape[k] != 1)
    return array.sum(axis=repeated, keepdims=True) if repeated else array


class _Arrays:
    """x, y and the parameters as NumPy arrays of one type, and the way back to the caller's library."""

    def __init__(self, of: Source, x: Any, y: Any, values: tuple[Any, ...]) -> None:
        self._like = x
        x = real_array(x, "x")
        y = None if y is None else real_array(y, "y")
        dtype = (x.dtype if y is None else np.result_type(x, y)).newbyteorder("=")
        #: The type of the result. Whole numbers become float64, as in SciPy; float16 is a type to store alone.
        self.result = dtype if dtype in (np.float16, np.float32) else np.dtype(np.float64)
        if dtype.itemsize > 8:
            raise TypeError(f"x and y have elements of type {dtype}; there are float32, float64 and float16")
        #: The type of the arithmetic, and of parameters.
        self.dtype = np.dtype(np.float32) if self.result == np.float16 else self.result
        self.x = in_memory(x, self.dtype)
        self.y = None if y is None else in_memory(y, self.dtype)
        if self.x.ndim < 2:
            raise ValueError(f"x has shape {self.x.shape}: it needs points in rows, (..., n, features)")
        given = [self._parameter(name, kind, value) for (name, kind), value in zip(of.parameters, values)]
        #: Their shapes as they were given: a number may stand for one number per feature.
        self.shapes = [np.shape(value) for value in given]
        features = self.x.shape[-1:]
        self.values = tuple(
            np.broadcast_to(value, features) if kind == "vector" and value.ndim == 0 else value
            for kind, value in zip(of.kinds, given)
        )
        self.native = of.native(_DTYPES[self.dtype], self.x.shape[-1])

    def _parameter(self, name: str, kind: str, value: Any) -> Any:
        if kind == "integer":
            return whole_number(name, value)
        if kind == "scalar" and type(value) in (int, float):
            return value
        if isinstance(value, numbers.Real):
            value = real_number(name, value)
        return in_memory(real_array(value, name), self.dtype)

    def allocate(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.empty(shape, self.dtype)

    def of_parameter(self, given: Any, gradient: np.ndarray) -> Any:
        """A parameter's gradient in its own type; of what has none that of the arithmetic, which 16 bits may not hold."""
        is_real = isinstance(given, np.ndarray) and given.dtype.kind == "f"
        return in_library_of(self._like, gradient.astype(given.dtype, copy=False) if is_real else gradient)

    def back(self, array: np.ndarray) -> Any:
        return in_library_of(self._like, array.astype(self.result, copy=False))
