"""Kernels as objects: with some or all parameters bound, to be called, added, multiplied, compiled."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from . import _dispatch, _native
from ._sources import CATALOGUE, dtype_name, key_of, operations, source

_PRIMARY = re.compile(r"[A-Za-z0-9_.]+|\([^()]*\)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Kernel:
    """A kernel k(x, y): a formula or a name of the catalogue, with parameters that may be bound.

    >>> k = hg.Kernel("rbf", gamma=0.5) + 0.1 * hg.Kernel("linear")
    >>> K = k(x, y)

    Kernels add, subtract, multiply and scale; the result is one formula, computed in one pass. Bound parameters may be
    numbers, arrays or tensors (these keep their gradients); those that are not bound are given at the call.

    Args:
        formula: a formula, e.g. ``"exp(-gamma * l1(x, y))"``, or a name of ``hg.catalogue()``.
        form: how squared distances are computed: ``"direct"`` (from differences, exact), ``"expanded"`` (from matrix
            products: faster for many features, cancels for close points), ``"auto"`` (expanded where its error bound
            is within ``tolerance``).
        tolerance: the largest error bound of an entry for which ``form="auto"`` takes the expanded form.
        math: ``"exact"`` (1 ulp) or ``"fast"`` (exp in float32: 4 ulp).
        parameters: values of parameters.

    Raises:
        FormulaError: with line, column and a caret under what is wrong.
        TypeError: for a parameter that the formula does not have.
    """

    def __init__(
        self,
        formula: str,
        *,
        form: str = "direct",
        tolerance: float | None = None,
        math: str = "exact",
        **parameters: Any,
    ) -> None:
        self._source = source(key_of(formula, form, tolerance, math))
        self._bound = parameters
        for name in parameters:
            if name not in self._source.names:
                self._source.values(dict.fromkeys(self._source.names) | parameters)  # raises

    @property
    def formula(self) -> str:
        """The formula, as it was written or as the catalogue has it."""
        return CATALOGUE[self._source.kernel]["formula"] if self._source.kernel else self._source.formula

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters in order: their bound values, or None where they are given at the call."""
        return {name: self._bound.get(name) for name in self._source.names}

    def __call__(self, x: Any, y: Any = None, **parameters: Any) -> Any:
        """The Gram matrix K of shape (..., n, m), K[i, j] = k(x_i, y_j).

        Args:
            x: (..., n, features), a NumPy array, torch tensor or DLPack array; its library is that of the result.
            y: (..., m, features); None means x.
            parameters: a number each (or an array over the batch), one number per feature for those written name[d].
        """
        return _dispatch.gram(self._source.key, x, y, self._bound | parameters if parameters else self._bound)

    gram = __call__

    def vjp(self, x: Any, y: Any, g: Any, **parameters: Any) -> dict[str, Any]:
        """From g = dL/dK the gradients of L: {"x": (..., n, features), "y": ..., parameter: ...}.

        With y = None, "x" holds the whole gradient of K(x, x).
        """
        return _dispatch.gram_vjp(self._source.key, x, y, g, self._bound | parameters)

    def error_bound(self, x: Any, y: Any = None, **parameters: Any) -> float:
        """How far an entry of the expanded form can be off for these points; ``form`` must not be ``"direct"``."""
        if self._source.form == "direct":
            raise ValueError("the direct form has no error bound at run time: it does not cancel")
        return _dispatch.error_bound(self._source.key, x, y, self._bound | parameters)

    def compile(self, features: int, dtype: Any = "float32", ops: Iterable[str] = ("gram", "gram_vjp")) -> Kernel:
        """Compiles for this number of features now, instead of at the first call. Returns self."""
        wanted = operations(list(ops))
        native = self._source.specialize(dtype_name(dtype), features)
        for operation in wanted:
            native.compile(operation)
        return self

    def explain(self, features: int | str = "any", dtype: Any = "float32") -> str:
        """Structure, derivatives, operations per pair, strategy and loops, as ``halogram explain`` prints them."""
        return _native.explain(self._source.arguments(features, dtype_name(dtype)))

    def build(
        self,
        directory: str | os.PathLike[str],
        name: str,
        *,
        features: int | str = "any",
        dtype: Any = "float32",
        ops: Iterable[str] = ("gram", "gram_vjp"),
        target: str = "host",
        cc: str = "",
    ) -> None:
        """Writes lib<name>.a, <name>.h and <name>.json: the static library for C. Needs a C compiler."""
        arguments = self._source.arguments(features, dtype_name(dtype), name)
        _native.build(arguments, operations(list(ops)), target, cc, os.fspath(directory))

    def __repr__(self) -> str:
        bound = "".join(f", {name}={value!r}" for name, value in self._bound.items())
        return f"halogram.Kernel({self._source.text!r}{bound})"

    # ---- composition: formulas of the parts, whose parameters are told apart ----

    def __add__(self, other: Any) -> Kernel:
        return self._combined("+", other)

    def __radd__(self, other: Any) -> Kernel:
        return _number(other, self)._combined("+", self)

    def __sub__(self, other: Any) -> Kernel:
        return self._combined("-", other)

    def __rsub__(self, other: Any) -> Kernel:
        return _number(other, self)._combined("-", self)

    def __mul__(self, other: Any) -> Kernel:
        return self._combined("*", other)

    def __rmul__(self, other: Any) -> Kernel:
        return _number(other, self)._combined("*", self)

    def __pow__(self, exponent: int) -> Kernel:
        if not isinstance(exponent, int) or exponent < 1:
            return NotImplemented
        return self._made(f"{self._part()}^{exponent}", self._bound)

    def _combined(self, operator: str, other: Any) -> Kernel:
        if not isinstance(other, Kernel):
            other = _number(other, self)
        if self._options() != other._options():
            raise ValueError(f"kernels of different form or math do not combine: {self!r} and {other!r}")
        taken = set(self._source.names) | set(_IDENTIFIER.findall(self._written()))
        renamed = {name: _free(name, taken) for name in other._source.names}
        bound = self._bound | {renamed[name]: value for name, value in other._bound.items()}
        return self._made(f"{self._part()} {operator} {other._part(renamed)}", bound)

    def _made(self, formula: str, bound: dict[str, Any]) -> Kernel:
        form, tolerance, math = self._options()
        return Kernel(formula, form=form, tolerance=tolerance, math=math, **bound)

    def _options(self) -> tuple[str, float | None, str]:
        _, form, tolerance, math = self._source.key
        return form, tolerance, math

    def _part(self, renamed: dict[str, str] | None = None) -> str:
        text = self._written(renamed)
        return text if self._source.kernel or _PRIMARY.fullmatch(text) else f"({text})"

    def _written(self, renamed: dict[str, str] | None = None) -> str:
        """As part of a formula."""
        renamed = renamed or {name: name for name in self._source.names}
        if self._source.kernel:
            arguments = []
            for name, kind in self._source.parameters:
                arguments.append(f"{name}={renamed[name]}" + "[d]" * (kind == "vector"))
            return f"{self._source.kernel}({', '.join(['x', 'y', *arguments])})"
        # A name before a single = is the name of an argument, not a parameter.
        return _IDENTIFIER.sub(
            lambda found: found[0]
            if re.match(r"\s*=(?!=)", self._source.formula[found.end() :])
            and not re.search(r"\blet\s+$", self._source.formula[: found.start()])
            else renamed.get(found[0], found[0]),
            self._source.formula,
        )


def _free(name: str, taken: set[str]) -> str:
    free, count = name, 1
    while free in taken or free in CATALOGUE:
        count += 1
        free = f"{name}{count}"
    taken.add(free)
    return free


def _number(value: Any, like: Kernel) -> Kernel:
    """A constant kernel: a number, or a scalar tensor that keeps its gradient."""
    if isinstance(value, (int, float)):
        return like._made(repr(value) if value >= 0 else f"({value!r})", {})
    if getattr(value, "ndim", None) == 0:
        return like._made("scale", {"scale": value})
    raise TypeError(f"a kernel combines with kernels and numbers, not with {type(value).__name__}")
