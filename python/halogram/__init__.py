"""Halogram: pairwise kernels from one line of algebra - compiled, exact, differentiable.

>>> import halogram as hg
>>> K = hg.gram("exp(-gamma * l1(x, y))", p, gamma=1.0)   # p: (128, 5); K: (128, 128)
>>> K = hg.rbf(p, q, gamma=0.5)                            # every kernel and distance of the catalogue

NumPy arrays in, NumPy arrays out; torch tensors in, torch tensors out, with gradients of first and second order.
``hg.compile`` compiles ahead of the first call, ``hg.explain`` shows what is compiled, ``hg.build`` writes it for C;
``hg.gpytorch.HalogramKernel`` is a kernel of GPyTorch.
"""

from __future__ import annotations

import copy as _copy
import os as _os
from collections.abc import Iterable as _Iterable
from typing import Any as _Any

from . import _functions, _native, _sources
from ._distances import cdist
from ._kernel import Kernel
from ._native import FormulaError
from ._sklearn import sklearn_kernel

__version__: str = _native.version()
FormulaError.__module__ = "halogram"  # where users find it

if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_sources.reset_lock)


def gram(
    formula: str | Kernel,
    /,
    x: _Any,
    y: _Any = None,
    *,
    form: str = "direct",
    tolerance: float | None = None,
    math: str = "exact",
    budget: int | None = None,
    out: _Any = None,
    **parameters: _Any,
) -> _Any:
    """The Gram matrix K[i, j] = k(x_i, y_j) of a formula, a name of the catalogue or a ``Kernel``.

    Args:
        formula: e.g. ``"exp(-gamma * l1(x, y))"``; docs/formula-language.md has the language.
        x: (..., n, features): a NumPy array, torch tensor or DLPack array, float32 or float64 (16-bit floats are stored
            in 16 bits and computed in 32).
        y: (..., m, features); None means x, which takes half the work where the kernel is symmetric.
        form, tolerance, math, budget: see ``Kernel``.
        out: where K is written, contiguous, of its shape and type; without gradients. Saves touching new memory.
        parameters: the formula's parameters: numbers, tensors (with gradients), one number per feature for ``name[d]`` (a
            number is that of every feature). Batch dimensions of x, y and the parameters are broadcast as torch does.

    Returns:
        (..., n, m), in x's library and type. A formula compiles at its first call, in this process, once for each number
        of features and type; kernels of the catalogue come compiled.

    Raises:
        FormulaError: with line, column and a caret under what is wrong.
        TypeError, ValueError: for parameters, types and shapes that do not fit.
        NotImplementedError: for a tensor that is not in the memory of the CPU.
        RuntimeError: for out where gradients are asked for.
    """
    if isinstance(formula, Kernel):
        return _kernel(formula, form, tolerance, math, budget)(x, y, out=out, **parameters)
    return _dispatch_gram((formula, form, tolerance, math, budget), x, y, parameters, out)


def compile(
    formula: str | Kernel,
    /,
    features: int,
    dtype: _Any = "float32",
    ops: str | _Iterable[str] = ("gram", "gram_vjp"),
    *,
    form: str = "direct",
    tolerance: float | None = None,
    math: str = "exact",
    budget: int | None = None,
    **parameters: _Any,
) -> Kernel:
    """A ``Kernel`` whose operations are compiled now.

    Args:
        formula: a formula, a name of the catalogue or a ``Kernel``; form, tolerance, math, budget, parameters: see ``Kernel``.
        features, dtype, ops: see ``Kernel.compile``.

    Raises:
        FormulaError: with line, column and a caret under what is wrong. ValueError, TypeError: for options.
    """
    return _kernel(formula, form, tolerance, math, budget, **parameters).compile(features, dtype, ops)


def explain(
    formula: str | Kernel,
    /,
    features: int | str = "any",
    dtype: _Any = "float32",
    *,
    form: str = "direct",
    tolerance: float | None = None,
    math: str = "exact",
    budget: int | None = None,
) -> str:
    """What is made of a kernel, as text to print: structure, derivatives, operations per pair, strategy and loops.

    Args:
        formula: a formula, a name of the catalogue or a ``Kernel``; form, tolerance, math, budget: see ``Kernel``.
        features: their number, or "any"; dtype: float32 or float64.
    """
    return _kernel(formula, form, tolerance, math, budget).explain(features, dtype)


def build(
    formula: str | Kernel,
    /,
    directory: str | _os.PathLike[str],
    name: str,
    *,
    form: str = "direct",
    tolerance: float | None = None,
    math: str = "exact",
    budget: int | None = None,
    **options: _Any,
) -> None:
    """Writes the static library for C: lib<name>.a, <name>.h and <name>.json.

    Args:
        formula: a formula, a name of the catalogue or a ``Kernel``; form, tolerance, math, budget: see ``Kernel``.
        directory, name, options: see ``Kernel.build``.
    """
    _kernel(formula, form, tolerance, math, budget).build(directory, name, **options)


def _kernel(
    formula: str | Kernel, form: str, tolerance: float | None, math: str, budget: int | None, **parameters: _Any
) -> Kernel:
    if not isinstance(formula, Kernel):
        return Kernel(formula, form=form, tolerance=tolerance, math=math, budget=budget, **parameters)
    if parameters or _sources.options_of(_sources.key_of("", form, tolerance, math, budget)):
        raise TypeError("form, tolerance, math, budget and values of parameters are options of the Kernel itself")
    return formula


def catalogue() -> dict[str, dict[str, _Any]]:
    """The named kernels and distances: formula, parameters, domain, summary, source."""
    return _copy.deepcopy(_sources.CATALOGUE)


def set_num_threads(threads: int) -> None:
    """Threads of calls on NumPy arrays; 0: the CPUs that this process may use. torch tensors follow torch's setting."""
    threads = _sources.whole_number("threads", threads)
    _native.set_num_threads(max(-1, min(threads, 2**31 - 1)))  # says what is beyond


from ._dispatch import find_torch as _find_torch  # noqa: E402
from ._dispatch import gram as _dispatch_gram  # noqa: E402

if _find_torch():  # now rather than at the first call, 20 ms; also torch.ops.halogram, for programs that were exported
    from . import _operators  # noqa: F401

for _name in _sources.CATALOGUE:
    globals()[_name] = _functions.function_of(_name)
del _name

__all__ = [
    "FormulaError",
    "Kernel",
    "build",
    "catalogue",
    "cdist",
    "compile",
    "explain",
    "gram",
    "set_num_threads",
    "sklearn_kernel",
    *_sources.CATALOGUE,
]


def __dir__() -> list[str]:
    return sorted({*globals(), "gpytorch"})


def __getattr__(name: str) -> _Any:
    if name == "gpytorch":
        import importlib

        return importlib.import_module("halogram.gpytorch")
    raise AttributeError(f"module 'halogram' has no attribute {name!r}")
