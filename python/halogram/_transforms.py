"""Gram matrices and their derivatives as differentiable functions, also under ``torch.func`` and forward mode.

Four functions, closed under differentiation up to the second order. With t for the kernel's derivative along a direction
(x', y', theta'), a kernel again:

    Gram        K(x, y; theta)
    GramVjp     the gradients of sum(G K) with respect to x, y and theta
    Tangent     the Gram matrix of t: how K changes along the direction
    TangentVjp  the gradients of sum(G t) with respect to x, y and theta: how GramVjp changes along the direction
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from . import _native
from ._sources import Source

_threads = torch.get_num_threads
_modes = torch._C._len_torch_dispatch_stack
_tracing = torch._C._get_tracing_state
_PLAIN = (Tensor, torch.nn.Parameter)
_THIRD = (
    "third derivatives of a halogram kernel are not built: there are first and second ones, in reverse and forward mode "
    "(but not forward over forward; torch.autograd.functional.hvp takes a third one, vhp does not)"
)


class Shared(NamedTuple):
    """What is no tensor: the kernel's source and element type."""

    source: Source
    dtype: str

    def kernel(self, x: Tensor) -> _native.Kernel:
        return self.source.native(self.dtype, x.shape[-1])

    def tangent(self, x: Tensor) -> _native.Kernel:
        return self.source.tangent(self.dtype, x.shape[-1])

    @property
    def inner(self) -> tuple[int, ...]:
        """Dimensions of x, y and the parameters that are no batch dimensions."""
        return (2, 2, *({"vector": 1}.get(kind, 0) for kind in self.source.kinds))

    def has_direction(self) -> list[bool]:
        return [True, True, *(kind != "integer" for kind in self.source.kinds)]


def shared(source: Source, dtype: str) -> Shared:
    found = _shared.get((source.key, dtype))
    if found is None:
        found = _shared[source.key, dtype] = Shared(source, dtype)
    return found


_shared: dict[Any, Shared] = {}

Inputs = tuple[Any, ...]  # x, y or None, values


def reduced(results: Sequence[Tensor | None], inputs: Inputs) -> list[Tensor | None]:
    """Sums over what broadcasting repeated."""
    return [
        r if r is None or not isinstance(i, Tensor) or r.shape == i.shape else r.sum_to_size(i.shape)
        for r, i in zip(results, inputs)
    ]


def _compact(results: Sequence[Tensor | None], wanted: Sequence[bool]) -> tuple[Tensor, ...]:
    return tuple(r for r, want in zip(results, wanted) if want and r is not None)


def _spread(compact: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    rest: Iterator[Any] = iter(compact)
    return [next(rest) if want else None for want in wanted]


def in_memory(tensor: Tensor) -> Tensor:
    """What native code may read: the zeros of forward mode have no memory, negated views another sign in it."""
    return torch.zeros_like(tensor) if tensor._is_zerotensor() else tensor.resolve_neg()


def _plain(inputs: Inputs) -> Inputs:
    return tuple(in_memory(i) if isinstance(i, Tensor) else i for i in inputs)


def _with_directions(shared: Shared, inputs: Inputs, directions: Inputs) -> tuple[Tensor, Tensor | None, Inputs]:
    """The arguments of the tangent's native calls: directions stand behind points and per-feature parameters, those of
    scalars come last."""
    x, y, *values = inputs
    xt, yt, *value_directions = directions

    def joined(value: Tensor, direction: Tensor | None) -> Tensor:
        if direction is None:
            direction = torch.zeros_like(value)
        if direction.shape != value.shape:
            shape = torch.broadcast_shapes(value.shape, direction.shape)
            value, direction = value.expand(shape), direction.expand(shape)
        return torch.cat([value, direction], -1)

    arguments, scalars = [], []
    for kind, value, direction in zip(shared.source.kinds, values, value_directions):
        if kind == "vector":
            arguments.append(joined(value, direction))
            continue
        arguments.append(value)
        if kind == "scalar":
            scalars.append(0.0 if direction is None else direction)
    return joined(x, xt), None if y is None else joined(y, yt), (*arguments, *scalars)


def _is_watched(args: Sequence[Any]) -> bool:
    """Whether a mode, a tracer or a subclass of tensors has to see an operator of the dispatcher."""
    return bool(_modes()) or _tracing() is not None or any(
        isinstance(a, Tensor) and type(a) not in _PLAIN for a in args
    )


def _operands(shared: Shared, inputs: Inputs) -> tuple[Any, ...]:
    """What the operators take: x, y, real parameters as tensors, integers; and the key."""
    x, y, *values = inputs
    kinds = shared.source.kinds
    reals = [
        v if isinstance(v, Tensor) else torch.as_tensor(v, dtype=x.dtype) for k, v in zip(kinds, values) if k != "integer"
    ]
    return x, y, reals, [v for k, v in zip(kinds, values) if k == "integer"]


def _given_directions(shared: Shared, inputs: Inputs, directions: Inputs) -> list[Tensor]:
    x, y, reals, _ = _operands(shared, inputs)
    points = [x] if y is None else [x, y]
    given = [d for d, has in zip(directions, [True, y is not None, *shared.has_direction()[2:]]) if has]
    return [torch.zeros_like(i) if d is None else d for i, d in zip([*points, *reals], given)]


def _wanted_of_all(results: Sequence[Tensor], y: Any, shared: Shared, wanted: Sequence[bool]) -> tuple[Tensor, ...]:
    """From the gradients of everything that has one, those that are wanted."""
    has = [True, y is not None, *shared.has_direction()[2:]]
    return _compact(_spread(results, has), wanted)


def _native_vjp(kernel: _native.Kernel, shared: Shared, wanted: Sequence[bool], inputs: Inputs, g: Tensor) -> Any:
    x, y, *values = inputs
    return kernel.gram_vjp(x, y, tuple(values), g, tuple(wanted), x.new_empty, _threads())


def native_tangent(shared: Shared, inputs: Inputs, directions: Sequence[Any]) -> Any:
    inputs, directions = _plain(inputs), _plain(tuple(directions))
    x, y, values = _with_directions(shared, inputs, directions)
    return shared.tangent(inputs[0]).gram(x, y, values, x.new_empty, _threads())


def native_tangent_vjp(
    shared: Shared, wanted: Sequence[bool], g: Tensor, inputs: Inputs, directions: Sequence[Any]
) -> tuple[Tensor, ...]:
    inputs, directions = _plain(inputs), _plain(tuple(directions))
    x, y, values = _with_directions(shared, inputs, directions)
    scalars = len(values) - len(inputs) + 2
    kernel = shared.tangent(inputs[0])
    results = kernel.gram_vjp(x, y, values, in_memory(g), (*wanted, *[False] * scalars), x.new_empty, _threads())
    return _compact(reduced(results[: len(inputs)], inputs), wanted)


# ---- vmap: batch dimensions come first, and all operands get as many as the one that has most ----


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


class Gram(Function):
    """apply(shared, x, y or None, *values) -> K"""

    @staticmethod
    def forward(shared: Shared, x: Tensor, y: Tensor | None, *values: Any) -> Tensor:
        if _is_watched((x, y, *values)):
            from . import _operators

            return _operators.gram(*_operands(shared, (x, y, *values)), _operators.key_text(shared.source.key))
        x, y, *numbers = _plain((x, y, *values))
        return shared.kernel(x).gram(x, y, tuple(numbers), x.new_empty, _threads())

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        shared, *rest = inputs
        _save(ctx, shared, rest)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        wanted = ctx.needs_input_grad[1:]
        return None, *_spread(GramVjp.apply(ctx.shared, wanted, *_saved(ctx)[:2], g, *_saved(ctx)[2:]), wanted)

    @staticmethod
    def jvp(ctx: Any, _: Any, *directions: Any) -> Tensor:
        return Tangent.apply(ctx.shared, *_saved(ctx), *directions)

    @staticmethod
    def vmap(info: Any, in_dims: Any, shared: Shared, *args: Any) -> Any:
        moved = to_front(args, in_dims[1:], shared.inner, info.batch_size, False)
        return Gram.apply(shared, *moved), 0


class GramVjp(Function):
    """apply(shared, wanted, x, y or None, g, *values) -> the gradients that are wanted, of x, y, *values"""

    @staticmethod
    def forward(shared: Shared, wanted: Any, x: Tensor, y: Tensor | None, g: Tensor, *values: Any) -> Any:
        if _is_watched((x, y, g, *values)):
            from . import _operators

            operands = _operands(shared, (x, y, *values))
            results = _operators.gram_vjp(*operands, g, _operators.key_text(shared.source.key))
            return _wanted_of_all(results, y, shared, wanted)
        inputs = _plain((x, y, *values))
        results = _native_vjp(shared.kernel(x), shared, wanted, inputs, in_memory(g))
        return _compact(reduced(results, inputs), wanted)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        shared, wanted, x, y, g, *values = inputs
        ctx.wanted = wanted
        _save(ctx, shared, [x, y, *values], g)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        inputs, g = _saved(ctx), ctx.saved_tensors[-1]
        directions = _spread(cotangents, ctx.wanted)
        needs_x, needs_y, needs_g, *needs_values = ctx.needs_input_grad[2:]
        by_g = Tangent.apply(ctx.shared, *inputs, *directions) if needs_g else None
        wanted = (needs_x, needs_y, *needs_values)
        gradients: list[Any] = [None] * len(wanted)
        if any(wanted):
            gradients = _spread(TangentVjp.apply(ctx.shared, wanted, g, *inputs, *directions), wanted)
        return None, None, *gradients[:2], by_g, *gradients[2:]

    @staticmethod
    def jvp(ctx: Any, _: Any, __: Any, xt: Any, yt: Any, gt: Any, *value_directions: Any) -> Any:
        inputs, g = _saved(ctx), ctx.saved_tensors[-1]
        results = TangentVjp.apply(ctx.shared, ctx.wanted, g, *inputs, xt, yt, *value_directions)
        if gt is None:
            return results
        others = GramVjp.apply(ctx.shared, ctx.wanted, *inputs[:2], gt, *inputs[2:])
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
        if _is_watched(args):
            from . import _operators

            inputs, directions = _halves(args)
            given = _given_directions(shared, inputs, directions)
            return _operators.tangent(*_operands(shared, inputs), given, _operators.key_text(shared.source.key))
        return native_tangent(shared, *_halves(args))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        shared, *rest = inputs
        _save(ctx, shared, rest)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        inputs, directions = _halves(_saved(ctx))
        needs, needs_directions = _halves(ctx.needs_input_grad[1:])
        first: list[Any] = [None] * len(needs)
        second: list[Any] = [None] * len(needs)
        if any(needs):
            first = _spread(TangentVjp.apply(ctx.shared, needs, g, *inputs, *directions), needs)
        if any(needs_directions):
            results = GramVjp.apply(ctx.shared, needs_directions, *inputs[:2], g, *inputs[2:])
            second = _spread(results, needs_directions)
            second = [
                s if s is None or s.shape == d.shape else s.expand(d.shape) for s, d in zip(second, directions)
            ]
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
        if _is_watched((g, *args)):
            from . import _operators

            inputs, directions = _halves(args)
            given = _given_directions(shared, inputs, directions)
            key = _operators.key_text(shared.source.key)
            results = _operators.tangent_vjp(*_operands(shared, inputs), given, g, key)
            return _wanted_of_all(results, inputs[1], shared, wanted)
        return native_tangent_vjp(shared, wanted, g, *_halves(args))

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


def _save(ctx: Any, shared: Shared, inputs: Sequence[Any], *more: Tensor) -> None:
    """Tensors where autograd looks after them, the rest beside them."""
    tensors = [i if isinstance(i, Tensor) else None for i in inputs]
    ctx.shared = shared
    ctx.others = [None if isinstance(i, Tensor) else i for i in inputs]
    ctx.save_for_backward(*tensors, *more)
    ctx.save_for_forward(*tensors, *more)


def _saved(ctx: Any) -> Inputs:
    return tuple(o if t is None else t for t, o in zip(ctx.saved_tensors, ctx.others))
