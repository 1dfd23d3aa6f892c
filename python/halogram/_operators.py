"""Operators of PyTorch's dispatcher, through which ``torch.compile`` and fake tensors see the kernels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from . import _batching, _calls
from ._sources import Key, Source, in_order, key_of, source, whole_number
from ._tensors import (
    DTYPES,
    checked,
    computed,
    cotangent,
    expect_on_cpu,
    gradient_of,
    is_forward_mode,
    parameter_of,
    threads,
)


def source_of(key: str) -> Source:
    try:
        made = key_of(*json.loads(key))
    except (ValueError, TypeError):
        raise ValueError(f"the key {key!r} is not one that key_text made") from None
    return source(made)


def key_text(key: Key) -> str:
    return json.dumps(key)


def described(key: Key) -> str:
    """Names and kinds of the parameters, in one string."""
    return " ".join(f"{name}:{kind}" for name, kind in source(key).parameters)


# What torch.compiler.assume_constant_result sets: the tracer of torch.compile calls these instead of looking into them.
for _opaque in (key_text, described):
    _opaque._dynamo_marked_constant = True  # type: ignore[attr-defined]


def traced_gram(key: Key, x: Tensor, y: Tensor | None, parameters: dict[str, Any]) -> Tensor:
    """While torch.compile traces: nothing but tensors and strings."""
    pairs = _expected(key, x, y)
    return call(key, pairs, x, y, in_order(key[0], tuple(name for name, _ in pairs), parameters))


def traced_gram_vjp(
    key: Key, x: Tensor, y: Tensor | None, g: Tensor, parameters: dict[str, Any]
) -> dict[str, Tensor]:
    pairs = _expected(key, x, y)
    wide_x, wide_y = computed(x, y)
    values = in_order(key[0], tuple(name for name, _ in pairs), parameters)
    results = gram_vjp(wide_x, wide_y, *_split(pairs, wide_x, values), cotangent(g, wide_x), key_text(key))
    given = {"x": x} if y is None else {"x": x, "y": y}
    given |= {name: value for (name, kind), value in zip(pairs, values) if kind != "integer"}
    return {name: gradient_of(value, r) for (name, value), r in zip(given.items(), results)}


def _expected(key: Key, x: Tensor, y: Tensor | None) -> tuple[tuple[str, str], ...]:
    """The parameters' names and kinds, for points that can be traced."""
    checked(x, y)
    if is_forward_mode():
        # An operator has no forward mode of its own: its derivative would be 0.
        raise NotImplementedError("torch.compile of forward mode is not built: call it uncompiled")
    pairs = [pair.split(":") for pair in described(key).split()]
    return tuple((name, kind) for name, kind in pairs)


def _split(
    parameters: Sequence[tuple[str, str]], x: Tensor, values: Sequence[Any]
) -> tuple[list[Tensor], list[int]]:
    """Real parameters as tensors of x's type, and whole numbers."""
    tensors, integers = [], []
    for (name, kind), value in zip(parameters, values):
        if kind == "integer":
            integers.append(whole_number(name, value))
        else:
            tensors.append(parameter_of(name, kind, value, x))
    return tensors, integers


def call(key: Key, parameters: Sequence[tuple[str, str]], x: Tensor, y: Tensor | None, values: Sequence[Any]) -> Tensor:
    """Of points that are checked."""
    stored, (x, y) = x.dtype, computed(x, y)
    return gram(x, y, *_split(parameters, x, values), key_text(key)).to(stored)


def _values(of: Source, values: Sequence[Tensor], integers: Sequence[int]) -> tuple[Any, ...]:
    expected = len(of.kinds) - of.kinds.count("integer"), of.kinds.count("integer")
    if (len(values), len(integers)) != expected:
        raise TypeError(f"{of.text} takes {expected[0]} real parameters and {expected[1]} whole numbers")
    reals, whole = iter(values), iter(integers)
    return tuple(next(whole) if kind == "integer" else next(reals) for kind in of.kinds)


def _kernel(of: Source, x: Tensor) -> Any:
    expect_on_cpu("x", x)
    if x.dtype not in DTYPES:
        raise TypeError(f"x has dtype {x.dtype}; there are float32 and float64")
    return of.native(DTYPES[x.dtype], x.shape[-1])


def _batch(x: Tensor, y: Tensor | None, values: Sequence[Tensor], of: Source) -> list[int]:
    shapes = [x.shape[:-2]] + ([] if y is None else [y.shape[:-2]])
    kinds = [kind for kind in of.kinds if kind != "integer"]
    shapes += [v.shape[:-1] if kind == "vector" else v.shape for kind, v in zip(kinds, values)]
    return list(torch.broadcast_shapes(*shapes))


@torch.library.custom_op("halogram::gram", mutates_args=())
def gram(x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], key: str) -> Tensor:
    of = source_of(key)
    return _kernel(of, x).gram(x, y, _values(of, values, integers), x.new_empty, threads())


@gram.register_fake
def _(x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], key: str) -> Tensor:
    m = x.shape[-2] if y is None else y.shape[-2]
    return x.new_empty([*_batch(x, y, values, source_of(key)), x.shape[-2], m])


@torch.library.custom_op("halogram::gram_vjp", mutates_args=())
def gram_vjp(
    x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], g: Tensor, key: str
) -> list[Tensor]:
    """The gradients with respect to x, y (unless it is None) and the real parameters."""
    of = source_of(key)
    wanted = of.have_gradients(y)
    inputs = (x, y, *_values(of, values, integers))
    results = _kernel(of, x).gram_vjp(x, y, inputs[2:], g, wanted, x.new_empty, threads())
    return [r for r in _calls.reduced(results, inputs) if r is not None]


@gram_vjp.register_fake
def _(x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], g: Tensor, key: str) -> list[Tensor]:
    return [i.new_empty(i.shape) for i in ([x] if y is None else [x, y]) + values]


def _inner(of: Source) -> tuple[int, ...]:
    """As integers stand in a list of their own."""
    return _batching.inner_dimensions([kind for kind in of.kinds if kind != "integer"])


def _dims(of_values: Any, values: Sequence[Tensor]) -> list[Any]:
    return list(of_values) if isinstance(of_values, (list, tuple)) else [None] * len(values)


@gram.register_vmap
def _(info: Any, in_dims: Any, x: Any, y: Any, values: Any, integers: Any, key: str) -> Any:
    dx, dy, dvalues, *_ = in_dims
    dims = [dx, dy, *_dims(dvalues, values)]
    x, y, *values = _batching.to_front([x, y, *values], dims, _inner(source_of(key)), info.batch_size, False)
    return gram(x, y, values, integers, key), 0


@gram_vjp.register_vmap
def _(info: Any, in_dims: Any, x: Any, y: Any, values: Any, integers: Any, g: Any, key: str) -> Any:
    dx, dy, dvalues, _, dg, _ = in_dims
    inputs, dims = [x, y, *values], [dx, dy, *_dims(dvalues, values)]
    inner = _inner(source_of(key))
    g, x, y, *values = _batching.to_front([g, *inputs], [dg, *dims], (2, *inner), info.batch_size, True)
    results = gram_vjp(x, y, values, integers, g, key)
    shapes = [shape for shape in _batching.shapes(inputs, dims, info.batch_size) if shape is not None]
    return list(_batching.shaped_as(results, shapes)), [0] * len(results)


def _setup(ctx: Any, inputs: Any, output: Any) -> None:
    x, y, values, ctx.integers, ctx.key = inputs
    ctx.save_for_backward(x, y, *values)


def _backward(ctx: Any, g: Tensor) -> Any:
    x, y, *values = ctx.saved_tensors
    gx, *rest = gram_vjp(x, y, values, ctx.integers, g, ctx.key)
    gy = None if y is None else rest.pop(0)
    return gx, gy, rest, None if ctx.integers else [], None


gram.register_autograd(_backward, setup_context=_setup)


def _setup_vjp(ctx: Any, inputs: Any, output: Any) -> None:
    x, y, values, ctx.integers, g, ctx.key = inputs
    ctx.save_for_backward(x, y, g, *values)


@torch.library.custom_op("halogram::tangent", mutates_args=())
def tangent(
    x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], directions: list[Tensor], key: str
) -> Tensor:
    """dK along the directions of x, y (unless it is None) and the real parameters."""
    shared, inputs, moves, _ = _directed(x, y, values, integers, directions, key)
    return _calls.native_tangent(shared, inputs, moves)


@tangent.register_fake
def _(
    x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], directions: list[Tensor], key: str
) -> Tensor:
    m = x.shape[-2] if y is None else y.shape[-2]
    return x.new_empty([*_batch(x, y, values, source_of(key)), x.shape[-2], m])


@torch.library.custom_op("halogram::tangent_vjp", mutates_args=())
def tangent_vjp(
    x: Tensor,
    y: Tensor | None,
    values: list[Tensor],
    integers: list[int],
    directions: list[Tensor],
    g: Tensor,
    key: str,
) -> list[Tensor]:
    """The gradients of sum(g tangent(...)) with respect to x, y (unless it is None) and the real parameters."""
    shared, inputs, moves, wanted = _directed(x, y, values, integers, directions, key)
    return list(_calls.native_tangent_vjp(shared, wanted, g, inputs, moves))


@tangent_vjp.register_fake
def _(
    x: Tensor,
    y: Tensor | None,
    values: list[Tensor],
    integers: list[int],
    directions: list[Tensor],
    g: Tensor,
    key: str,
) -> list[Tensor]:
    return [i.new_empty(i.shape) for i in ([x] if y is None else [x, y]) + values]


def _directed(
    x: Tensor, y: Tensor | None, values: list[Tensor], integers: list[int], directions: list[Tensor], key: str
) -> tuple[_calls.Shared, tuple[Any, ...], list[Any], tuple[bool, ...]]:
    of = source_of(key)
    _kernel(of, x)  # checks the device and the type
    wanted = of.have_gradients(y)
    moves = _calls.spread(directions, wanted)
    return _calls.Shared(of, DTYPES[x.dtype]), (x, y, *_values(of, values, integers)), moves, wanted


def _backward_vjp(ctx: Any, cotangents: Any) -> Any:
    x, y, g, *values = ctx.saved_tensors
    directions = list(cotangents)
    by_g = tangent(x, y, values, ctx.integers, directions, ctx.key)
    gx, *rest = tangent_vjp(x, y, values, ctx.integers, directions, g, ctx.key)
    gy = None if y is None else rest.pop(0)
    return gx, gy, rest, None if ctx.integers else [], by_g, None


gram_vjp.register_autograd(_backward_vjp, setup_context=_setup_vjp)
