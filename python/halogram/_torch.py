"""PyTorch: the shortest way to the native kernel that the situation allows.

Without gradients the native call alone; with them an ``autograd.Function`` of the plain kind, whose overhead is a third of
the kind that ``torch.func`` needs; that kind where a transform or forward mode is active; an operator of the dispatcher
while ``torch.compile`` traces and for subclasses of tensors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function, forward_ad

from . import _calls, _transforms
from ._batching import apply
from ._sources import Source, whole_number
from ._tensors import (
    DTYPES,
    PLAIN,
    STORED,
    checked,
    computed,
    cotangent,
    dispatcher_is_watched,
    gradient_of,
    is_batched,
    is_forward_mode,
    parameter_of,
    threads,
    transform,
)

_is_grad_enabled = torch.is_grad_enabled
_strided = torch.strided


def gram(source: Source, x: Tensor, y: Tensor | None, values: tuple[Any, ...]) -> Tensor:
    dtype = DTYPES.get(x.dtype) if type(x) in PLAIN else None
    if dtype is None or x.dim() < 2 or not x.is_cpu or x.layout is not _strided or x.is_nested:
        return _unusual(source, x, y, values)
    if y is not None and (type(y) not in PLAIN or y.dtype is not x.dtype or not y.is_cpu or y.dim() < 2):
        return _unusual(source, x, y, values)
    needs = x.requires_grad or (y is not None and y.requires_grad)
    for value in values:
        if type(value) is not float or source.has_vectors:
            values, of_parameters, plain = _tensors(source, x, values)
            if not plain:
                return _unusual(source, x, y, values)
            needs = needs or of_parameters
            break
    kernel = source.native(dtype, x.shape[-1])
    if transform() is not None or forward_ad._current_level >= 0:
        return _transforms.Gram.apply(_calls.shared(source, dtype), x, y, *values)
    if dispatcher_is_watched():
        return _unusual(source, x, y, values)
    if x.is_neg() or (y is not None and y.is_neg()):
        x, y = x.resolve_neg(), None if y is None else y.resolve_neg()
    if needs and _is_grad_enabled():
        return _apply_gram(_calls.shared(source, dtype), kernel, x, y, *values)
    return kernel.gram(x, y, values, x.new_empty, threads())


def gram_into(source: Source, x: Tensor, y: Tensor | None, values: tuple[Any, ...], out: Any) -> Tensor:
    dtype = checked(x, y)
    if not isinstance(out, Tensor):
        raise TypeError(f"out is {type(out).__name__}, but the points are torch tensors")
    values, needs, plain = _tensors(source, x, values)
    tensors = [t for t in (x, y, out) if t is not None]
    if _is_grad_enabled() and (needs or any(t.requires_grad for t in tensors)):
        raise RuntimeError("out does not go with gradients: call under torch.no_grad()")
    watched = dispatcher_is_watched() or transform() is not None or is_forward_mode()
    if not plain or watched or any(type(t) not in PLAIN for t in tensors) or x.dtype in STORED or out.is_neg():
        raise NotImplementedError("out is built for plain tensors of float32 and float64 outside of transforms")
    native = source.native(dtype, x.shape[-1])
    x, y = x.resolve_neg(), None if y is None else y.resolve_neg()
    native.gram(x, y, values, lambda shape: out, threads())
    torch.autograd.graph.increment_version(out)
    return out


def gram_vjp(source: Source, x: Tensor, y: Tensor | None, g: Tensor, values: tuple[Any, ...]) -> dict[str, Tensor]:
    dtype = checked(x, y)
    wide_x, wide_y = computed(x, y)
    g = cotangent(g, wide_x)
    # Numbers too, which have gradients of their own here, also in each item of a batch of vmap.
    tensors = [
        whole_number(name, v) if kind == "integer" else parameter_of(name, kind, v, wide_x)
        for (name, kind), v in zip(source.parameters, values)
    ]
    wanted = source.have_gradients(y)
    gradients = _transforms.GramVjp.apply(_calls.shared(source, dtype), wanted, wide_x, wide_y, g, *tensors)
    inputs = [value for value, want in zip((x, y, *values), wanted) if want]
    names = [name for name, want in zip(("x", "y", *source.names), wanted) if want]
    return {name: gradient_of(given, r) for name, given, r in zip(names, inputs, gradients)}


class _Gram(Function):
    """The plain kind: forward and backward outside of transforms."""

    @staticmethod
    def forward(ctx: Any, shared: _calls.Shared, kernel: Any, x: Tensor, y: Tensor | None, *values: Any) -> Tensor:
        tensors = [v for v in values if type(v) is not float]
        # Nothing is broadcast: gradients have the shapes of the inputs.
        simple = not tensors and x.dim() == 2 and (y is None or y.dim() == 2)
        ctx.call = shared, kernel, values, simple
        ctx.save_for_backward(x, y, *[v for v in tensors if isinstance(v, Tensor)])
        return kernel.gram(x, y, values, x.new_empty, threads())

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Any, ...]:
        shared, kernel, values, simple = ctx.call
        x, y, *tensors = ctx.saved_tensors
        wanted = ctx.needs_input_grad[2:]
        if tensors:
            rest = iter(tensors)
            values = tuple([next(rest) if isinstance(v, Tensor) else v for v in values])
        plain = transform() is None and type(g) is Tensor and not is_batched(g) and not dispatcher_is_watched()
        if plain and not _is_grad_enabled():
            if g.is_neg() or g._is_zerotensor():
                g = _calls.in_memory(g)
            results = kernel.gram_vjp(x, y, values, g, wanted, x.new_empty, threads())
            return None, None, *(results if simple else _calls.reduced(results, (x, y, *values)))
        return None, None, *_calls.spread(apply(_transforms.GramVjp, shared, wanted, x, y, g, *values), wanted)


# Without the part of Function.apply that serves transforms, which are not active where this is called: 2 us.
_apply_gram = super(Function, _Gram).apply


def _tensors(source: Source, x: Tensor, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], bool, bool]:
    """Parameters that are not Python numbers as tensors of x's type; whether one of them needs a gradient, and whether all
    are plain tensors."""
    result: list[Any] = []
    needs, plain = False, True
    for (name, kind), value in zip(source.parameters, values):
        if kind == "integer":
            value = whole_number(name, value)
        elif kind == "vector" or type(value) not in (int, float):
            plain = plain and (not isinstance(value, Tensor) or type(value) in PLAIN)
            value = parameter_of(name, kind, value, x).resolve_neg()
            needs = needs or value.requires_grad
        result.append(value)
    return tuple(result), needs, plain


def _unusual(source: Source, x: Any, y: Any, values: tuple[Any, ...]) -> Tensor:
    """Half precision, subclasses of tensors, what is watched by a mode or a tracer, and everything that is wrong."""
    checked(x, y)
    if x.dtype in STORED:
        return gram(source, *computed(x, y), values).to(x.dtype)
    from . import _operators

    if is_forward_mode():
        # An operator has no forward mode of its own: its derivative would be 0.
        raise NotImplementedError("forward mode is not built for subclasses of tensors")
    return _operators.call(source.key, source.parameters, x, y, values)
