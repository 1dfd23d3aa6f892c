"""One function for each entry of the catalogue, made from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import _dispatch
from ._sources import CATALOGUE, Source, key_of, source

_OPTIONS = (("form", "direct"), ("tolerance", None), ("math", "exact"))


def _documentation(entry: dict[str, Any], of: Source) -> str:
    lines = [entry["summary"], "", f"    {entry['formula']}", "", "Args:"]
    lines.append(f"    x: (..., n, features), {_DOMAINS.get(entry['domain'], entry['domain'])}.")
    lines.append("    y: (..., m, features); None means x.")
    described = {p["name"]: p for p in entry["parameters"]}
    shapes = {"scalar": "a number", "integer": "a whole number, no gradient", "vector": "(features,)"}
    for name, kind in of.parameters:
        lines.append(f"    {name}: {described[name]['description']}; {shapes[kind]}.")
    lines.append("    form, tolerance, math: see ``halogram.Kernel``.")
    lines += ["", "Returns:", "    (..., n, m), of x's library and type; differentiable if x is a torch tensor.", ""]
    lines.append(f"Gradient at the boundary: {entry['boundary_gradient']}")
    lines.append(f"Value at 0/0: {entry['at_zero_by_zero']}")
    lines.append(f"Source: {entry['source']}")
    return "\n".join(lines)


_DOMAINS = {"real": "any real numbers"}


def function_of(name: str) -> Callable[..., Any]:
    entry = CATALOGUE[name]
    key = key_of(name)
    direct = source(key)

    def kernel(x: Any, y: Any = None, **parameters: Any) -> Any:
        of = key
        if not parameters.keys().isdisjoint(_OPTION_NAMES):
            options = {option: parameters.pop(option, default) for option, default in _OPTIONS}
            of = key_of(name, **options)
        return _dispatch.gram(of, x, y, parameters)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__module__ = "halogram"
    kernel.__doc__ = _documentation(entry, direct)
    keyword = inspect.Parameter.KEYWORD_ONLY
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    kernel.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("x", positional), inspect.Parameter("y", positional, default=None)]
        + [inspect.Parameter(parameter, keyword) for parameter in direct.names]
        + [inspect.Parameter(option, keyword, default=default) for option, default in _OPTIONS]
    )
    return kernel


_OPTION_NAMES = frozenset(option for option, _ in _OPTIONS)
