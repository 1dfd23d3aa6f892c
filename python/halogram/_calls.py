"""Calls on tensors: what is no tensor, directions, and who has to see an operator instead of native code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from . import _native
from ._batching import inner_dimensions
from ._sources import Source
from ._tensors import PLAIN, dispatcher_is_watched, threads


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
        return inner_dimensions(self.source.kinds)


def shared(source: Source, dtype: str) -> Shared:
    found = source.shared.get(dtype)
    if found is None:
        found = source.shared[dtype] = Shared(source, dtype)
    return found


Inputs = tuple[Any, ...]  # x, y or None, values


def reduced(results: Sequence[Tensor | None], inputs: Inputs) -> list[Tensor | None]:
    """Sums over what broadcasting repeated."""
    return [
        r if r is None or not isinstance(i, Tensor) or r.shape == i.shape else r.sum_to_size(i.shape)
        for r, i in zip(results, inputs)
    ]


def _compact(results: Sequence[Tensor | None], wanted: Sequence[bool]) -> tuple[Tensor, ...]:
    return tuple(r for r, want in zip(results, wanted) if want and r is not None)


def spread(compact: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """Each at its place, None at the others."""
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
    return dispatcher_is_watched() or any(isinstance(a, Tensor) and type(a) not in PLAIN for a in args)


def _operands(shared: Shared, inputs: Inputs) -> tuple[Any, ...]:
    """What the operators take: x, y, real parameters as tensors, integers; and the key."""
    x, y, *values = inputs
    kinds = shared.source.kinds
    reals = [
        v if isinstance(v, Tensor) else torch.as_tensor(v, dtype=x.dtype, device=x.device)
        for k, v in zip(kinds, values)
        if k != "integer"
    ]
    return x, y, reals, [v for k, v in zip(kinds, values) if k == "integer"]


def _given_directions(shared: Shared, inputs: Inputs, directions: Inputs) -> list[Tensor]:
    x, y, reals, _ = _operands(shared, inputs)
    points = [x] if y is None else [x, y]
    given = [d for d, has in zip(directions, shared.source.have_gradients(y)) if has]
    return [torch.zeros_like(i) if d is None else d for i, d in zip([*points, *reals], given)]


def _wanted_of_all(results: Sequence[Tensor], y: Any, shared: Shared, wanted: Sequence[bool]) -> tuple[Tensor, ...]:
    """From the gradients of everything that has one, those that are wanted."""
    return _compact(spread(results, shared.source.have_gradients(y)), wanted)


def native_tangent(shared: Shared, inputs: Inputs, directions: Sequence[Any]) -> Any:
    inputs, directions = _plain(inputs), _plain(tuple(directions))
    x, y, values = _with_directions(shared, inputs, directions)
    return shared.tangent(inputs[0]).gram(x, y, values, x.new_empty, threads())


def native_tangent_vjp(
    shared: Shared, wanted: Sequence[bool], g: Tensor, inputs: Inputs, directions: Sequence[Any]
) -> tuple[Tensor, ...]:
    inputs, directions = _plain(inputs), _plain(tuple(directions))
    x, y, values = _with_directions(shared, inputs, directions)
    scalars = len(values) - len(inputs) + 2
    kernel = shared.tangent(inputs[0])
    results = kernel.gram_vjp(x, y, values, in_memory(g), (*wanted, *[False] * scalars), x.new_empty, threads())
    return _compact(reduced(results[: len(inputs)], inputs), wanted)


# ---- what the functions of _transforms compute: the native call, or an operator where something watches ----


def gram(shared: Shared, inputs: Inputs) -> Any:
    if _is_watched(inputs):
        from . import _operators

        return _operators.gram(*_operands(shared, inputs), _operators.key_text(shared.source.key))
    x, y, *numbers = _plain(inputs)
    return shared.kernel(x).gram(x, y, tuple(numbers), x.new_empty, threads())


def gram_vjp(shared: Shared, wanted: Sequence[bool], g: Tensor, inputs: Inputs) -> tuple[Tensor, ...]:
    if _is_watched((g, *inputs)):
        from . import _operators

        results = _operators.gram_vjp(*_operands(shared, inputs), g, _operators.key_text(shared.source.key))
        return _wanted_of_all(results, inputs[1], shared, wanted)
    inputs = _plain(inputs)
    x, y, *values = inputs
    results = shared.kernel(x).gram_vjp(x, y, tuple(values), in_memory(g), tuple(wanted), x.new_empty, threads())
    return _compact(reduced(results, inputs), wanted)


def tangent(shared: Shared, inputs: Inputs, directions: Inputs) -> Any:
    if _is_watched((*inputs, *directions)):
        from . import _operators

        given = _given_directions(shared, inputs, directions)
        return _operators.tangent(*_operands(shared, inputs), given, _operators.key_text(shared.source.key))
    return native_tangent(shared, inputs, directions)


def tangent_vjp(
    shared: Shared, wanted: Sequence[bool], g: Tensor, inputs: Inputs, directions: Inputs
) -> tuple[Tensor, ...]:
    if _is_watched((g, *inputs, *directions)):
        from . import _operators

        given = _given_directions(shared, inputs, directions)
        key = _operators.key_text(shared.source.key)
        results = _operators.tangent_vjp(*_operands(shared, inputs), given, g, key)
        return _wanted_of_all(results, inputs[1], shared, wanted)
    return native_tangent_vjp(shared, wanted, g, inputs, directions)
