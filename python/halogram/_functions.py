"""One function for each entry of the catalogue, made from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import _dispatch
from ._sources import CATALOGUE, Source, key_of, source


def _documentation(entry: dict[str, Any], of: Source) -> str:
    lines = [entry["summary"], "", f"    {entry['formula']}", "", "Args:"]
    domain = _DOMAINS.get(entry["domain"], entry["domain"])
    lines.append(f"    x: (..., n, features), {domain}; a NumPy array, torch tensor or DLPack array of float32 or float64")
    lines.append("        (16-bit floats are stored in 16 bits and computed in 32).")
    lines.append("    y: (..., m, features); None means x.")
    described = {p["name"]: p for p in entry["parameters"]}
    shapes = {
        "scalar": "a number, or one for each item of a batch; of a tensor with a gradient",
        "integer": "a whole number, no gradient",
        "vector": "(..., features), or a number for all of them; of a tensor with a gradient",
    }
    for name, kind in of.parameters:
        lines.append(f"    {name}: {described[name]['description']}; {shapes[kind]}.")
    lines.append("    form, tolerance, math: see ``halogram.Kernel``; out: see ``halogram.gram``.")
    lines += ["", "Returns:", "    (..., n, m), of x's library and type; differentiable if x is a torch tensor.", ""]
    lines += ["Raises:", "    TypeError, ValueError, NotImplementedError, RuntimeError: see ``halogram.gram``.", ""]
    lines.append(f"Gradient at the boundary: {entry['boundary_gradient']}")
    lines.append(f"Value at 0/0: {entry['at_zero_by_zero']}")
    lines.append(f"Source: {entry['source']}")
    return "\n".join(lines)


_DOMAINS = {"real": "any real numbers", "categorical": "numbers that are compared with each other or with 0 alone"}


def function_of(name: str) -> Callable[..., Any]:
    entry = CATALOGUE[name]
    direct = source(key_of(name))

    def kernel(
        x: Any,
        y: Any = None,
        *,
        form: str = "direct",
        tolerance: float | None = None,
        math: str = "exact",
        out: Any = None,
        **parameters: Any,
    ) -> Any:
        return _dispatch.gram((name, form, tolerance, math, None), x, y, parameters, out)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__module__ = "halogram"
    kernel.__doc__ = _documentation(entry, direct)
    # What help() and editors show: the parameters by their names.
    *points_and_options, _ = inspect.signature(kernel).parameters.values()
    named = [inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY) for parameter in direct.names]
    shown = [*points_and_options[:2], *named, *points_and_options[2:]]
    kernel.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return kernel
