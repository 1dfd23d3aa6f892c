"""Formulas put together from formulas: names that would clash are told apart, parentheses stand where they are needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import _native
from ._sources import CATALOGUE, Source, whole_number

#: How strongly the outermost operation of a text binds.
UNKNOWN, SUM, PRODUCT, POWER, PRIMARY = range(5)


@dataclass(frozen=True)
class Part:
    """A formula's text, how strongly it binds, and the values that are bound to its parameters."""

    text: str
    binds: int
    bound: Mapping[str, Any] = field(default_factory=dict)

    def at_least(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"

    def renamed(self, names: Mapping[str, str]) -> Part:
        if not names:
            return self
        bound = {names.get(name, name): value for name, value in self.bound.items()}
        return Part(_written(self.text, names), self.binds, bound)


def part_of(source: Source, bound: Mapping[str, Any], binds: int) -> Part:
    """Of a kernel. A whole number has to be bound: in a formula it is a number.

    Raises TypeError for one that is not.
    """
    whole = {}
    for name, kind in source.parameters:
        if kind != "integer":
            continue
        if name not in bound:
            raise TypeError(f"{source.text} needs {name}, a whole number, before it combines with other kernels")
        number = whole_number(name, bound[name])
        whole[name] = str(number) if number >= 0 else f"({number})"
    text = f"{source.kernel}(x, y)" if source.kernel else source.formula
    rest = {name: value for name, value in bound.items() if name not in whole}
    return Part(_written(text, {}, whole), PRIMARY if source.kernel else binds, rest)


def combined(a: Part, operator: str, b: Part) -> Part:
    """a + b, a - b, a * b or a / b."""
    b = b.renamed(_clashes(a, b))
    binds = SUM if operator in "+-" else PRODUCT
    right = binds if operator in "+*" else binds + 1
    text = f"{a.at_least(binds)} {operator} {b.at_least(right)}"
    return Part(text, binds, {**a.bound, **b.bound})


def _clashes(a: Part, b: Part) -> dict[str, str]:
    """New names for what b calls as a calls something else: parameters, and what `let` defines."""
    taken = {*re.findall(r"[A-Za-z_]\w*", f"{a.text} {b.text}"), *CATALOGUE}
    renamed = {}
    for name in sorted(_names(a) & _names(b)):
        free, count = name, 1
        while free in taken:
            count += 1
            free = f"{name}{count}"
        taken.add(free)
        renamed[name] = free
    return renamed


def _names(part: Part) -> set[str]:
    return {name for _, _, name, _ in _native.name_uses(part.text)}


def _written(text: str, names: Mapping[str, str], numbers: Mapping[str, str] = {}) -> str:
    """The formula with other names for some, numbers for some parameters, and all parameters written out that its calls
    leave open."""
    parts, end = [], 0
    for offset, length, name, kind in _native.name_uses(text):
        new = numbers[name] if name in numbers and kind != "let" else names.get(name, name)
        if kind.startswith("open"):
            new = f", {name}={new}" + kind.removeprefix("open")
        parts += [text[end:offset], new]
        end = offset + length
    return "".join(parts) + text[end:]
