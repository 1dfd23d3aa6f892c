"""Gram matrices and their derivatives as differentiable functions, also under ``torch.func`` and forward mode.

Four functions, closed under differentiation up to the second order. With t for the kernel's derivative along a direction
(x', y', theta'), a kernel again:

    Gram        K(x, y; theta)
    GramVjp     the gradients of sum(G K) with respect to x, y and theta
    Tangent     the Gram matrix of t: how K changes along the direction
    TangentVjp  the gradients of sum(G t) with respect to x, y and theta: how GramVjp changes along the direction
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from . import _calls
from ._batching import apply, shaped_as, shapes, to_front
from ._calls import Inputs, Shared, spread

_THIRD = (
    "third derivatives of a halogram kernel are not built: there are first and second ones, in reverse and forward mode "
    "(but not forward over forward; torch.autograd.functional.hvp takes a third one, vhp does not)"
)


class Gram(Function):
    """apply(shared, x, y or None, *values) -> K"""

    @staticmethod
    def forward(shared: Shared, x: Tensor, y: Tensor | None, *values: Any) -> Tensor:
        return _calls.gram(shared, (x, y, *values))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _save(ctx, *inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        wanted = ctx.needs_input_grad[1:]
        return None, *spread(apply(GramVjp, ctx.shared, wanted, *_saved(ctx)[:2], g, *_saved(ctx)[2:]), wanted)

    @staticmethod
    def jvp(ctx: Any, _: Any, *directions: Any) -> Tensor:
        return apply(Tangent, ctx.shared, *_saved(ctx), *directions)

    @staticmethod
    def vmap(info: Any, in_dims: Any, shared: Shared, *args: Any) -> Any:
        moved = to_front(args, in_dims[1:], shared.inner, info.batch_size, False)
        return Gram.apply(shared, *moved), 0


class GramVjp(Function):
    """apply(shared, wanted, x, y or None, g, *values) -> the gradients that are wanted, of x, y, *values"""

    @staticmethod
    def forward(shared: Shared, wanted: Any, x: Tensor, y: Tensor | None, g: Tensor, *values: Any) -> Any:
        return _calls.gram_vjp(shared, wanted, g, (x, y, *values))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        shared, wanted, x, y, g, *values = inputs
        ctx.wanted = wanted
        _save(ctx, shared, x, y, *values, more=g)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        inputs, g = _saved(ctx), ctx.saved_tensors[-1]
        directions = spread(cotangents, ctx.wanted)
        needs_x, needs_y, needs_g, *needs_values = ctx.needs_input_grad[2:]
        by_g = apply(Tangent, ctx.shared, *inputs, *directions) if needs_g else None
        wanted = (needs_x, needs_y, *needs_values)
        gradients: list[Any] = [None] * len(wanted)
        if any(wanted):
            gradients = spread(apply(TangentVjp, ctx.shared, wanted, g, *inputs, *directions), wanted)
        return None, None, *gradients[:2], by_g, *gradients[2:]

    @staticmethod
    def jvp(ctx: Any, _: Any, __: Any, xt: Any, yt: Any, gt: Any, *value_directions: Any) -> Any:
        inputs, g = _saved(ctx), ctx.saved_tensors[-1]
        results = apply(TangentVjp, ctx.shared, ctx.wanted, g, *inputs, xt, yt, *value_directions)
        if gt is None:
            return results
        others = apply(GramVjp, ctx.shared, ctx.wanted, *inputs[:2], gt, *inputs[2:])
        return tuple(a + b for a, b in zip(results, others))

    @staticmethod
    def vmap(info: Any, in_dims: Any, shared: Shared, wanted: Any, x: Any, y: Any, g: Any, *values: Any) -> Any:
        _, _, dx, dy, dg, *dvalues = in_dims
        args, dims = [x, y, g, *values], [dx, dy, dg, *dvalues]
        inner = (*shared.inner[:2], 2, *shared.inner[2:])
        moved = to_front(args, dims, inner, info.batch_size, True)
        results = GramVjp.apply(shared, wanted, *moved)
        all_shapes = shapes([x, y, *values], [dx, dy, *dvalues], info.batch_size)
        results = shaped_as(results, [s for s, want in zip(all_shapes, wanted) if want])
        return results, (0,) * len(results)


class Tangent(Function):
    """apply(shared, x, y or None, *values, and a direction or None of each) -> dK along the direction"""

    @staticmethod
    def forward(shared: Shared, *args: Any) -> Tensor:
        return _calls.tangent(shared, *_halves(args))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _save(ctx, *inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        inputs, directions = _halves(_saved(ctx))
        needs, needs_directions = _halves(ctx.needs_input_grad[1:])
        first: list[Any] = [None] * len(needs)
        second: list[Any] = [None] * len(needs)
        if any(needs):
            first = spread(apply(TangentVjp, ctx.shared, needs, g, *inputs, *directions), needs)
        if any(needs_directions):
            # Directions may have a batch where the point does not, and the other way round: each has a gradient of its own.
            wide = [
                torch.broadcast_tensors(i, d)[0] if needed else i
                for i, d, needed in zip(inputs, directions, needs_directions)
            ]
            results = apply(GramVjp, ctx.shared, needs_directions, *wide[:2], g, *wide[2:])
            second = spread(results, needs_directions)
            second = [s if s is None else s.sum_to_size(d.shape) for s, d in zip(second, directions)]
        return None, *first, *second

    @staticmethod
    def jvp(ctx: Any, *_: Any) -> Any:
        raise NotImplementedError(_THIRD)

    @staticmethod
    def vmap(info: Any, in_dims: Any, shared: Shared, *args: Any) -> Any:
        moved = to_front(args, in_dims[1:], (*shared.inner, *shared.inner), info.batch_size, False)
        return Tangent.apply(shared, *moved), 0


class TangentVjp(Function):
    """apply(shared, wanted, g, x, y or None, *values, directions) -> the gradients of sum(g dK) that are wanted"""

    @staticmethod
    def forward(shared: Shared, wanted: Any, g: Tensor, *args: Any) -> Any:
        return _calls.tangent_vjp(shared, wanted, g, *_halves(args))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise NotImplementedError(_THIRD)

    @staticmethod
    def jvp(ctx: Any, *_: Any) -> Any:
        raise NotImplementedError(_THIRD)

    @staticmethod
    def vmap(info: Any, in_dims: Any, shared: Shared, wanted: Any, g: Any, *args: Any) -> Any:
        _, _, *dims = in_dims
        inner = (2, *shared.inner, *shared.inner)
        moved = to_front([g, *args], dims, inner, info.batch_size, True)
        results = TangentVjp.apply(shared, wanted, *moved)
        half = len(args) // 2
        all_shapes = shapes(args[:half], dims[1 : 1 + half], info.batch_size)
        results = shaped_as(results, [s for s, want in zip(all_shapes, wanted) if want])
        return results, (0,) * len(results)


def _halves(args: Sequence[Any]) -> tuple[Inputs, Inputs]:
    half = len(args) // 2
    return tuple(args[:half]), tuple(args[half:])


def _save(ctx: Any, shared: Shared, *inputs: Any, more: Tensor | None = None) -> None:
    """Tensors where autograd looks after them, `more` as the last; the rest beside them."""
    tensors = [i if isinstance(i, Tensor) else None for i in inputs]
    ctx.shared = shared
    ctx.others = [None if isinstance(i, Tensor) else i for i in inputs]
    ctx.save_for_backward(*tensors, more)
    ctx.save_for_forward(*tensors, more)


def _saved(ctx: Any) -> Inputs:
    return tuple(o if t is None else t for t, o in zip(ctx.saved_tensors, ctx.others))
