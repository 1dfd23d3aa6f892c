"""vmap: batch dimensions come first, and all operands get as many as the one that has most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ._tensors import is_batched


def inner_dimensions(kinds: Sequence[str]) -> tuple[int, ...]:
    """How many dimensions of x, y and parameters of these kinds are no batch dimensions."""
    return (2, 2, *(1 if kind == "vector" else 0 for kind in kinds))


def to_front(args: Sequence[Any], in_dims: Sequence[Any], inner: Sequence[int], batch: int, expand: bool) -> list[Any]:
    own = [
        a.dim() - (d is not None) - k if isinstance(a, Tensor) else 0 for a, d, k in zip(args, in_dims, inner)
    ]
    most = max(own)
    result: list[Any] = []
    for a, d, k, mine in zip(args, in_dims, inner, own):
        if not isinstance(a, Tensor):
            result.append(a)
            continue
        if d is None:
            if expand:  # each item of the batch has a gradient of its own
                a = a.expand(batch, *a.shape)
            else:
                result.append(a)
                continue
        else:
            a = a.movedim(d, 0)
        result.append(a.reshape(a.shape[0], *[1] * (most - mine), *a.shape[1:]) if mine < most else a)
    return result


def shaped_as(results: Sequence[Tensor], shapes_of_inputs: Sequence[Any]) -> tuple[Tensor, ...]:
    """Without the dimensions of extent 1 that aligned the operands; the first dimension is the batch."""
    return tuple(r.reshape(shape) for r, shape in zip(results, shapes_of_inputs))


def shapes(args: Sequence[Any], in_dims: Sequence[Any], batch: int) -> list[Any]:
    """The shapes of gradients under vmap: those of the arguments, the batch first."""
    result: list[Any] = []
    for a, d in zip(args, in_dims):
        if not isinstance(a, Tensor):
            result.append(None)
            continue
        shape = list(a.shape)
        if d is not None:
            del shape[d]
        result.append((batch, *shape))
    return result


class _Info(NamedTuple):
    batch_size: int


def apply(function: Any, *args: Any) -> Any:
    """``function.apply``, and by its rule for vmap where an argument is a wrapped tensor that ``is_grads_batched`` sends
    through the backward pass: before the function begins, because what is unwrapped inside of it has no history."""
    dims = tuple(0 if isinstance(a, Tensor) and is_batched(a) else None for a in args)
    if all(d is None for d in dims):
        return function.apply(*args)
    level = torch._C._vmapmode_increment_nesting() - 1
    torch._C._vmapmode_decrement_nesting()
    if level != 1:
        raise NotImplementedError("is_grads_batched inside of another one is not built: torch.func.vmap is")
    # The third argument is for tensors that are not wrapped.
    plain = [a if d is None else torch._remove_batch_dim(a, level, 0, 0) for a, d in zip(args, dims)]
    info = _Info(next(a.shape[0] for a, d in zip(plain, dims) if d is not None))
    results, out_dims = function.vmap(info, dims, *plain)
    if isinstance(results, Tensor):
        return torch._add_batch_dim(results, out_dims, level)
    return tuple(torch._add_batch_dim(r, d, level) for r, d in zip(results, out_dims))
