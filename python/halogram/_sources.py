"""What a kernel is computed from: its formula or its name in the catalogue, and how."""

from __future__ import annotations

import difflib
import numbers
import operator
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from . import _native

#: The catalogue: one dictionary per entry, as ``halogram list --json`` prints them.
CATALOGUE: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in _native.catalogue()}

_FORMS = ("direct", "expanded", "auto")
_MATHS = ("exact", "fast")

#: What calls take by name beside the parameters.
_OPTIONS = ("form", "tolerance", "math", "budget", "out")

#: Formula or name of the catalogue, form, tolerance, math, budget: what tells sources apart.
Key = tuple[str, str, "float | None", str, "int | None"]

#: So many sources stay, with their compiled code, although no ``Kernel`` holds them; of each so many numbers of features.
KEPT_SOURCES, KEPT_SIZES = 256, 64


class Source:
    """A formula (or a catalogue kernel) with the options that decide how it is computed.

    Compiled kernels are kept here, one for each element type and number of features; those of the catalogue that need no
    other options come with the package and serve any number of features.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        text, self.form, self.tolerance, self.math, self.budget = key
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError("the formula has half of a surrogate pair, which is no character")
        self.kernel = text if text in CATALOGUE else ""
        self.formula = "" if self.kernel else text
        self.text = text
        if key != key_of(text):
            # A parameter that is called as an option was taken for it: that is said first.
            source(key_of(text))
        if self.form not in _FORMS:
            raise ValueError(f"form is {self.form!r}; there are {', '.join(map(repr, _FORMS))}")
        if self.math not in _MATHS:
            raise ValueError(f"math is {self.math!r}; there are {', '.join(map(repr, _MATHS))}")
        if self.tolerance is not None:
            if not isinstance(self.tolerance, numbers.Real):
                raise TypeError(f"tolerance is {self.tolerance!r}: it needs a number")
            real_number("tolerance", self.tolerance)
        if self.budget is not None and not 1 <= whole_number("budget", self.budget) < 10**9:
            raise ValueError(f"budget is {self.budget}: it is a number of operations from 1 to 999999999")
        described = self._parsed("any", "f64")  # takes every number that one of the types takes
        #: Names and kinds ("scalar", "integer", "vector") of the parameters, in the order of the formula.
        self.parameters: tuple[tuple[str, str], ...] = tuple(described.parameters)
        self.names: tuple[str, ...] = tuple(name for name, _ in self.parameters)
        self.kinds: tuple[str, ...] = tuple(kind for _, kind in self.parameters)
        self.has_vectors = "vector" in self.kinds
        for name in self.names:
            if name in _OPTIONS:
                raise ValueError(f"{text}: {name} is an option of every call, the parameter needs another name")
        self._any_features = bool(self.kernel) and key == key_of(text)
        self._kernels: dict[tuple[str, int], _native.Kernel] = {}
        self._tangents: dict[tuple[str, int], _native.Kernel] = {}
        self.shared: dict[str, Any] = {}  # by element type; _calls.Shared

    def arguments(self, features: int | str, dtype: str, name: str = "") -> _native.Arguments:
        return _native.Arguments(
            kernel=self.kernel,
            formula=self.formula,
            features=str(features),
            dtype=dtype,
            settings=[],
            form=self.form,
            tolerance="" if self.tolerance is None else repr(float(self.tolerance)),
            math=self.math,
            budget="" if self.budget is None else str(self.budget),
            name=name,
        )

    def _parsed(self, features: int | str, dtype: str) -> _native.Kernel:
        return _native.Kernel(self.arguments(features, dtype))

    def native(self, dtype: str, features: int) -> _native.Kernel:
        """The kernel for points of so many features, "f32" or "f64"; operations compile at their first call."""
        return self._kernels.get((dtype, features)) or _made_once(
            self._kernels, (dtype, features), lambda: self._make(dtype, features)
        )

    def _make(self, dtype: str, features: int) -> _native.Kernel:
        if not self._any_features:
            return self._parsed(features, dtype)
        return _made_once(self._kernels, (dtype, 0), lambda: self._parsed("any", dtype))

    def specialize(self, dtype: str, features: int) -> _native.Kernel:
        """Compiles for this number of features also what the package brings for any."""
        with _lock:
            kernel = self.native(dtype, features)
            if kernel.features != features:
                kernel = self._kernels[dtype, features] = self._parsed(features, dtype)
        return kernel

    def tangent(self, dtype: str, features: int) -> _native.Kernel:
        """The kernel's derivative along a direction, for second derivatives and forward mode."""
        return self._tangents.get((dtype, features)) or _made_once(
            self._tangents, (dtype, features), lambda: _native.Kernel(self.arguments(features, dtype), True)
        )

    def have_gradients(self, y: Any) -> tuple[bool, ...]:
        """Of x, y and the parameters: not y where it is None (then x has the whole), not whole numbers."""
        return (True, y is not None, *(kind != "integer" for kind in self.kinds))

    def expect_meant(self, parameters: Iterable[str]) -> None:
        """A parameter alone is a constant kernel, which is rarely meant where its value is not given."""
        if self.names != (self.text.strip(),) or self.names[0] in parameters:
            return
        near = difflib.get_close_matches(self.names[0].lower(), CATALOGUE, 1, 0.75)
        if near:
            raise ValueError(f"there is no kernel or distance {self.text!r} in the catalogue; did you mean {near[0]!r}?")

    def values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in order. Raises TypeError for a missing or an unknown one."""
        try:
            return in_order(self.text, self.names, parameters)
        except TypeError:
            self.expect_meant(parameters)
            raise


def _made_once(made: dict[Any, Any], key: Any, make: Callable[[], Any]) -> Any:
    """What `made` holds for the key, made at first, whichever threads ask."""
    with _lock:
        found = made.get(key)
        if found is None:
            found = made[key] = make()
            while len(made) > KEPT_SIZES:  # the oldest; who computes with it holds it
                del made[next(iter(made))]
    return found


def in_order(text: str, names: tuple[str, ...], parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of `parameters` in the order of `names`, those of the kernel `text`."""
    if len(parameters) == len(names):
        try:
            return tuple([parameters[name] for name in names])
        except KeyError:
            pass
    missing = [name for name in names if name not in parameters]
    unknown = [name for name in parameters if name not in names]
    if unknown:
        near = difflib.get_close_matches(unknown[0], missing or names, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(names) or 'none'}"
        if names == (text,):
            hint = ", a constant: the catalogue has no kernel or distance of that name"
        raise TypeError(f"{text} has no parameter {unknown[0]}{hint}")
    raise TypeError(f"{text} needs the parameter{'s' * (len(missing) > 1)} {', '.join(missing)}")


_lock = threading.RLock()
#: All that live: a kernel's own is found as long as there is the kernel.
_living: weakref.WeakValueDictionary[Key, Source] = weakref.WeakValueDictionary()
#: Those asked for last, which stay: KEPT_SOURCES of them.
known: OrderedDict[Key, Source] = OrderedDict()


def key_of(
    text: str, form: str = "direct", tolerance: float | None = None, math: str = "exact", budget: int | None = None
) -> Key:
    return (text, form, tolerance, math, budget)


def options_of(key: Key) -> dict[str, Any]:
    """Those that are not the defaults."""
    options = zip(_OPTIONS, key[1:], key_of("")[1:])
    return {name: value for name, value, default in options if value != default}


def source(key: Key) -> Source:
    """What was made for this key, or is made now. Raises FormulaError, ValueError."""
    if not isinstance(key[0], str):
        raise TypeError(f"a formula is a string or a halogram.Kernel, not {type(key[0]).__name__}")
    try:
        found = known.get(key)
        if found is not None:
            try:
                known.move_to_end(key)
            except KeyError:  # another thread's source took its place meanwhile
                pass
            return found
    except TypeError:  # unhashable
        source(key_of(key[0]))  # complains about what is wrong with the formula
        for name, option, expected in zip(_OPTIONS, key[1:], ("a string", "a number", "a string", "a whole number")):
            if not isinstance(option, Hashable):
                raise TypeError(f"{name} is {option!r}: it needs {expected}") from None
        raise
    if not key[0].strip():
        raise ValueError("the formula is empty")
    with _lock:
        found = _living.get(key)
    if found is None:
        made = Source(key)  # beside other threads: a long formula does not hold up the others
    with _lock:
        found = _living.setdefault(key, made) if found is None else found
        known[key] = found
        while len(known) > KEPT_SOURCES:
            known.popitem(last=False)
    return found


def dtype_name(dtype: object) -> str:
    """"f32" or "f64" of a NumPy or torch type, of "float32", "f32" and so on."""
    if dtype is float:  # Python's numbers are float64
        return "f64"
    text = getattr(dtype, "__name__", None) or str(dtype)
    text = text.removeprefix("torch.")
    names = {"f32": "f32", "float32": "f32", "float": "f32", "f64": "f64", "float64": "f64", "double": "f64"}
    if text not in names:
        raise ValueError(f"dtype {text} is not built; there are float32 and float64")
    return names[text]


def reset_lock() -> None:
    """In the child of a fork: another thread of the parent may have held it."""
    global _lock
    _lock = threading.RLock()


def operations(names: str | Iterable[str]) -> list[str]:
    if not isinstance(names, Iterable):
        raise TypeError(f"ops is {names!r}: it needs names of operations")
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    for name in names:
        if name not in ("gram", "gram_vjp"):
            raise ValueError(f"operation {name!r} is not built; there are gram and gram_vjp")
    return names


def real_number(name: str, value: numbers.Real) -> float:
    """Also of a fraction. Raises ValueError for what is beyond float64."""
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is beyond the numbers of float64") from None


def whole_number(name: str, value: Any) -> int:
    """An integer parameter's value. Raises TypeError for what is not whole."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number (an int), not {value!r}") from None
