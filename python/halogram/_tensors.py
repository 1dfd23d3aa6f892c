"""What every way into the kernels asks of torch's tensors."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from ._arrays import has_tensors, real_array
from ._sources import real_number

DTYPES = {torch.float32: "f32", torch.float64: "f64"}
STORED = (torch.float16, torch.bfloat16)  # stored in 16 bits, computed in 32
PLAIN = (Tensor, torch.nn.Parameter)  # no subclass that wants to see what is done with it

# Found once: a call asks for several of them, and takes 15 us.
threads = torch.get_num_threads
transform = torch._C._functorch.peek_interpreter_stack
is_batched = torch._C._functorch.is_legacy_batchedtensor  # by is_grads_batched
_is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
_modes = torch._C._len_torch_dispatch_stack
_tracing = torch._C._get_tracing_state


def dispatcher_is_watched() -> bool:
    """Whether a mode or a tracer has to see an operator of the dispatcher instead of native code."""
    return bool(_modes()) or _tracing() is not None


def is_forward_mode() -> bool:
    return forward_ad._current_level >= 0


# What torch.compiler.assume_constant_result sets: the tracer of torch.compile calls it instead of looking into it.
is_forward_mode._dynamo_marked_constant = True  # type: ignore[attr-defined]


def expect_on_cpu(name: str, tensor: Tensor) -> None:
    if tensor.device.type != "cpu":
        raise NotImplementedError(
            f"{name} is on {tensor.device}: this build has kernels for the CPU only; move it with .cpu()"
        )


def expect_dense(name: str, tensor: Tensor) -> None:
    expect_on_cpu(name, tensor)
    if tensor.is_nested:
        raise TypeError(f"{name} is a nested tensor: pad it, or call once for each of its tensors")
    if isinstance(tensor, torch.masked.MaskedTensor):
        raise TypeError(f"{name} is a masked tensor, whose mask has no meaning here: fill it first")
    if tensor.layout is not torch.strided:
        raise TypeError(f"{name} has the layout {tensor.layout}: make it dense with .to_dense()")
    if tensor.is_complex():
        raise TypeError(f"{name} has dtype {tensor.dtype}: it needs real numbers")
    _expect_whole_storage(name, tensor)


def _expect_whole_storage(name: str, tensor: Tensor) -> None:
    """torch reads beyond a storage that was shrunk under its tensor; native calls ask on their own."""
    if torch.compiler.is_compiling() or type(tensor) not in PLAIN or _is_wrapped(tensor) or not tensor.numel():
        return
    last = tensor.storage_offset() + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride()))
    if tensor.untyped_storage().nbytes() // tensor.itemsize <= last:
        raise ValueError(f"{name} has no memory for some of its numbers: its storage was resized")


def checked(x: Tensor, y: Tensor | None) -> str:
    """"f32" or "f64"; raises TypeError, NotImplementedError, ValueError for points that no kernel takes."""
    for name, points in (("x", x), ("y", y)):
        if points is None:
            continue
        if not isinstance(points, Tensor):
            raise TypeError(f"{name} is {type(points).__name__}, but the other is a torch.Tensor")
        expect_dense(name, points)
        if points.dtype not in DTYPES and points.dtype not in STORED:
            raise TypeError(f"{name} has dtype {points.dtype}; there are float32, float64, float16 and bfloat16")
        if points.dim() < 2:
            raise ValueError(f"{name} has shape {tuple(points.shape)}: it needs points in rows, (..., n, features)")
    if y is not None and y.dtype != x.dtype:
        raise TypeError(f"x has dtype {x.dtype} and y {y.dtype}: they must be the same")
    return DTYPES.get(x.dtype, "f32")


def computed(x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Points of 16 bits in the 32 that they are computed in."""
    return (x.float(), None if y is None else y.float()) if x.dtype in STORED else (x, y)


def cotangent(g: Any, x: Tensor) -> Tensor:
    """g = dL/dK of x's type. Raises TypeError, NotImplementedError."""
    if not isinstance(g, Tensor):
        raise TypeError(f"g, the cotangent of K, is {type(g).__name__}, but the points are torch tensors")
    return tensor_of("g, the cotangent of K,", g, x)


def tensor_of(name: str, value: Any, x: Tensor) -> Tensor:
    """Real numbers of x's type beside it: a number, an array, a tensor or a sequence, whose tensors keep their gradients.

    Raises TypeError, NotImplementedError.
    """
    if has_tensors(value):
        value = _stacked(name, value, x)
    if isinstance(value, Tensor):
        expect_dense(name, value)
        return value.to(x.dtype)
    if isinstance(value, numbers.Real):
        return torch.as_tensor(real_number(name, value), dtype=x.dtype, device=x.device)
    if torch.compiler.is_compiling():  # its tracer knows this way alone
        dtype = x.dtype if isinstance(value, (list, tuple)) else None
        return torch.as_tensor(value, dtype=dtype, device=x.device).to(x.dtype)
    array = np.array(real_array(value, name), np.float32 if x.dtype == torch.float32 else np.float64)
    return torch.from_numpy(array).to(x.dtype)


def _stacked(name: str, values: Sequence[Any], x: Tensor) -> Tensor:
    tensors = [tensor_of(name, value, x) for value in values]
    try:
        return torch.stack(tensors)
    except RuntimeError:
        raise TypeError(f"{name} is a sequence of tensors of unequal shapes") from None


def parameter_of(name: str, kind: str, value: Any, x: Tensor) -> Tensor:
    """A real parameter as tensor_of makes it; one number for each feature, where a single one was given for all of them."""
    tensor = tensor_of(name, value, x)
    return tensor.expand(x.shape[-1:]) if kind == "vector" and tensor.dim() == 0 else tensor


def gradient_of(given: Any, gradient: Tensor) -> Tensor:
    """A parameter's gradient in the shape and the type in which it was given: 16 bits, which hold points, may not hold it."""
    if isinstance(given, Tensor):
        gradient = gradient.sum_to_size(given.shape)
        return gradient.to(given.dtype) if given.is_floating_point() else gradient
    # A number serves the whole batch, and every feature.
    return gradient.sum() if isinstance(given, numbers.Real) or getattr(given, "ndim", None) == 0 else gradient
