"""Kernels as objects: with some or all parameters bound, to be called, added, multiplied, compiled."""

from __future__ import annotations

import functools
import math
import numbers
import os
from collections.abc import Iterable
from typing import Any

from . import _dispatch, _native
from ._composition import POWER, PRIMARY, UNKNOWN, Part, combined, part_of
from ._sources import CATALOGUE, Key, dtype_name, key_of, operations, options_of, real_number, source, whole_number


class Kernel:
    """A kernel k(x, y): a formula or a name of the catalogue, with parameters that may be bound.

    >>> k = hg.Kernel("rbf", gamma=0.5) + 0.1 * hg.Kernel("linear")
    >>> K = k(x, y)

    Kernels add, subtract, multiply and scale; the result is one formula, computed in one pass. Bound parameters may be
    numbers, arrays or tensors (these keep their gradients); those that are not bound are given at the call. Where two
    kernels have parameters of the same name, that of the second is called name2; a tensor that a kernel is multiplied
    with is a parameter called scale: see ``parameters``.

    Args:
        formula: a formula, e.g. ``"exp(-gamma * l1(x, y))"``, or a name of ``hg.catalogue()``.
        form: how squared distances are computed: ``"direct"`` (from differences, exact), ``"expanded"`` (from matrix
            products: faster for many features, cancels for close points), ``"auto"`` (expanded where its error bound
            is within ``tolerance``).
        tolerance: the largest error bound of an entry for which ``form="auto"`` takes the expanded form.
        math: ``"exact"`` (1 ulp) or ``"fast"`` (exp in float32: 4 ulp).
        budget: operations that the kernel's code may take, with one feature; a formula that needs more is refused, so
            that no text takes the machine for minutes. None: as ``halogram build --budget`` has it.
        parameters: values of parameters.

    Raises:
        FormulaError: with line, column and a caret under what is wrong.
        TypeError: for a parameter that the formula does not have.
    """

    def __init__(
        self,
        formula: str,
        /,
        *,
        form: str = "direct",
        tolerance: float | None = None,
        math: str = "exact",
        budget: int | None = None,
        **parameters: Any,
    ) -> None:
        if isinstance(formula, Kernel):
            raise TypeError("this is a halogram.Kernel already")
        self._source = source(key_of(formula, form, tolerance, math, budget))
        self._bound = parameters
        self._binds = UNKNOWN
        self._source.expect_meant(parameters)
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

    def __call__(self, /, x: Any, y: Any = None, *, out: Any = None, **parameters: Any) -> Any:
        """The Gram matrix K of shape (..., n, m), K[i, j] = k(x_i, y_j).

        Args:
            x: (..., n, features), a NumPy array, torch tensor or DLPack array; its library is that of the result.
            y: (..., m, features); None means x.
            out: where K is written; see ``halogram.gram``.
            parameters: a number each (or an array over the batch), one number per feature for those written name[d].
        """
        return _dispatch.gram(self._source.key, x, y, self._bound | parameters if parameters else self._bound, out)

    gram = __call__

    def vjp(self, x: Any, y: Any, g: Any, /, **parameters: Any) -> dict[str, Any]:
        """From g = dL/dK the gradients of L, in x's library: {"x": ..., "y": ..., parameter: ...}.

        Args:
            x, y, parameters: as of a call.
            g: (..., n, m), real numbers of any type, in x's library.

        Returns:
            Of x and y in the type of K and the shape of the points. Of parameters in their shape, of tensors (for NumPy,
            arrays) in their type, of others in float64 or, for points of less, float32; none of whole numbers. With y = None, "x" holds the whole gradient of
            K(x, x).
        """
        return _dispatch.gram_vjp(self._source.key, x, y, g, self._bound | parameters)

    def error_bound(self, /, x: Any, y: Any = None, **parameters: Any) -> float:
        """How far an entry of the expanded form can be off for these points, infinity where nothing is known.

        Raises ValueError for ``form="direct"``, which does not cancel.
        """
        if self._source.form == "direct":
            raise ValueError("the direct form has no error bound at run time: it does not cancel")
        return _dispatch.error_bound(self._source.key, x, y, self._bound | parameters)

    def compile(self, features: int, dtype: Any = "float32", ops: str | Iterable[str] = ("gram", "gram_vjp")) -> Kernel:
        """Compiles now, instead of at the first call. Returns self.

        Args:
            features: their number.
            dtype: float32 or float64, by name or as a type of NumPy or torch.
            ops: "gram", "gram_vjp" or both.
        """
        wanted = operations(ops)
        features = whole_number("features", features)
        if features < 1:
            raise ValueError(f"features is {features}: a kernel is compiled for 1 or more")
        native = self._source.specialize(dtype_name(dtype), features)
        for operation in wanted:
            native.compile(operation)
        return self

    def explain(self, features: int | str = "any", dtype: Any = "float32") -> str:
        """Structure, derivatives, operations per pair, strategy and loops, as text to print.

        Args:
            features: their number, or "any"; dtype: float32 or float64.
        """
        return _explained(self._source.key, str(features), dtype_name(dtype))

    def build(
        self,
        directory: str | os.PathLike[str],
        name: str,
        *,
        features: int | str = "any",
        dtype: Any = "float32",
        ops: str | Iterable[str] = ("gram", "gram_vjp"),
        target: str = "host",
        cc: str = "",
    ) -> None:
        """Writes lib<name>.a, <name>.h and <name>.json: the static library for C. Needs a C compiler.

        Its parameters are arguments of the C functions, whatever is bound here.

        Args:
            directory: made if it is not there.
            name: of the kernel in C.
            features: their number, or "any": an argument of the C functions.
            dtype: float32 or float64.
            ops: "gram", "gram_vjp" or both.
            target: "host" (all variants for x86-64 with Linux), as ``--target`` of ``halogram build``.
            cc: the C compiler for the runtime; $CC or cc where none is given.

        Raises:
            ValueError: for options that do not fit, a compiler that is not there; OSError: for files.
        """
        for what, text in (("name", name), ("target", target), ("cc", cc)):
            if not isinstance(text, str):
                raise TypeError(f"{what} is {text!r}: it needs a string")
        arguments = self._source.arguments(features, dtype_name(dtype), name)
        _native.build(arguments, operations(ops), target, cc, os.fspath(directory))

    def __repr__(self) -> str:
        given = options_of(self._source.key) | self._bound
        return f"halogram.Kernel({self._source.text!r}{''.join(f', {name}={value!r}' for name, value in given.items())})"

    def __reduce__(self) -> Any:
        return _restored, (self._source.key, self._bound, self._binds)

    # ---- composition ----

    #: array * kernel is this class's to answer, not an array of kernels.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Kernel:
        return self._combined(self, "+", other)

    def __radd__(self, other: Any) -> Kernel:
        return self._combined(other, "+", self)

    def __sub__(self, other: Any) -> Kernel:
        return self._combined(self, "-", other)

    def __rsub__(self, other: Any) -> Kernel:
        return self._combined(other, "-", self)

    def __mul__(self, other: Any) -> Kernel:
        return self._combined(self, "*", other)

    def __rmul__(self, other: Any) -> Kernel:
        return self._combined(other, "*", self)

    def __truediv__(self, other: Any) -> Kernel:
        return self._combined(self, "/", other)

    def __rtruediv__(self, other: Any) -> Kernel:
        return self._combined(other, "/", self)

    def __pos__(self) -> Kernel:
        return self

    def __neg__(self) -> Kernel:
        return self._combined(-1, "*", self)

    def __pow__(self, exponent: int) -> Kernel:
        try:
            exponent = whole_number("the exponent", exponent)
        except TypeError:
            return NotImplemented
        if exponent < 1:
            raise ValueError(f"a kernel has no power {exponent}: the exponent is a whole number from 1 on")
        part = part_of(self._source, self._bound, self._binds)
        return self._made(Part(f"{part.at_least(PRIMARY)}^{exponent}", POWER, part.bound))

    def _unbound(self) -> Kernel:
        """Without the values of its parameters."""
        kernel = Kernel.__new__(Kernel)
        kernel._source, kernel._bound, kernel._binds = self._source, {}, self._binds
        return kernel

    def _combined(self, a: Any, operator: str, b: Any) -> Kernel:
        return self._made(combined(self._part(a), operator, self._part(b)))

    def _part(self, value: Any) -> Part:
        """Of a kernel of the same form, a number, or a scalar tensor, which keeps its gradient."""
        if isinstance(value, Kernel):
            if value._source.key[1:] != self._source.key[1:]:
                raise ValueError(f"kernels of different form, math or budget do not combine: {self!r} and {value!r}")
            return part_of(value._source, value._bound, value._binds)
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            number = real_number("the factor or summand", value)
            if not math.isfinite(number):
                raise ValueError(f"a kernel does not combine with {number}")
            return Part(repr(number) if number >= 0 else f"({number!r})", PRIMARY)
        if getattr(value, "ndim", None) == 0:
            return Part("scale", PRIMARY, {"scale": value})
        raise TypeError(f"a kernel combines with kernels and numbers, not with {type(value).__name__}")

    def _made(self, part: Part) -> Kernel:
        kernel = Kernel(part.text, **options_of(self._source.key), **part.bound)
        kernel._binds = part.binds
        return kernel


@functools.lru_cache(maxsize=64)
def _explained(key: Key, features: str, dtype: str) -> str:
    """What is explained twice is not derived twice."""
    return _native.explain(source(key).arguments(features, dtype))


def _restored(key: Key, bound: dict[str, Any], binds: int) -> Kernel:
    kernel = Kernel(key[0], **options_of(key), **bound)
    kernel._binds = binds
    return kernel
