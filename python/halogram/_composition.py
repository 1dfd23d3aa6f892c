"""Formulas put together from formulas: names that would clash are told apart, parentheses stand where they are needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._sources import CATALOGUE, Source

#: How strongly the outermost operation of a text binds.
UNKNOWN, SUM, PRODUCT, POWER, PRIMARY = range(5)

# Numbers and indices first: the e of 1e5 and the d of w[d] are no names.
_TOKEN = re.compile(r"\[[^\]]*\]|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Part:
    """A formula's text, how strongly it binds, and the values that are bound to its parameters."""

    text: str
    binds: int
    parameters: tuple[str, ...] = ()
    bound: Mapping[str, Any] = field(default_factory=dict)

    def at_least(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"

    def renamed(self, names: Mapping[str, str]) -> Part:
        if not names:
            return self
        return Part(
            _replaced(self.text, names),
            self.binds,
            tuple(names.get(name, name) for name in self.parameters),
            {names.get(name, name): value for name, value in self.bound.items()},
        )


def part_of(source: Source, bound: Mapping[str, Any], binds: int) -> Part:
    """Of a kernel. A whole number has to be bound: in a formula it is a number.

    Raises TypeError for one that is not.
    """
    whole = {name for name, kind in source.parameters if kind == "integer"}
    for name in whole - bound.keys():
        raise TypeError(f"{source.text} needs {name}, a whole number, before it combines with other kernels")
    real = tuple(name for name in source.names if name not in whole)
    rest = {name: value for name, value in bound.items() if name not in whole}
    if not source.kernel:
        return Part(source.formula, binds, real, rest)
    arguments = ["x", "y"]
    for name, kind in source.parameters:
        given = str(int(bound[name])) if kind == "integer" else name + "[d]" * (kind == "vector")
        arguments.append(f"{name}={given}")
    return Part(f"{source.kernel}({', '.join(arguments)})", PRIMARY, real, rest)


def combined(a: Part, operator: str, b: Part) -> Part:
    """a + b, a - b, a * b or a / b."""
    b = b.renamed(_clashes(a, b))
    binds = SUM if operator in "+-" else PRODUCT
    right = binds if operator in "+*" else binds + 1
    text = f"{a.at_least(binds)} {operator} {b.at_least(right)}"
    return Part(text, binds, a.parameters + b.parameters, {**a.bound, **b.bound})


def _clashes(a: Part, b: Part) -> dict[str, str]:
    """New names for what b calls as a calls something else: its parameters, and what its `let` defines."""
    taken = _names(a.text) | _names(b.text) | CATALOGUE.keys()
    own = set(b.parameters) | set(re.findall(r"\blet\s+([A-Za-z_][A-Za-z0-9_]*)", b.text))
    renamed = {}
    for name in sorted(own & (set(a.parameters) | _names(a.text))):
        free, count = name, 1
        while free in taken:
            count += 1
            free = f"{name}{count}"
        taken.add(free)
        renamed[name] = free
    return renamed


def _is_name(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"


def _names(text: str) -> set[str]:
    return {token for token in _TOKEN.findall(text) if _is_name(token)}


def _replaced(text: str, names: Mapping[str, str]) -> str:
    def new(token: re.Match[str]) -> str:
        # A name before a single = is the name of an argument, unless `let` stands before it.
        is_argument = re.match(r"\s*=(?!=)", text[token.end() :]) and not re.search(r"\blet\s+$", text[: token.start()])
        return token[0] if is_argument or not _is_name(token[0]) else names.get(token[0], token[0])

    return _TOKEN.sub(new, text)
