"""NumPy arrays, and those of other libraries that NumPy can read, as native calls take them."""

from __future__ import annotations

import numbers
import reprlib
import sys
from typing import Any

import numpy as np

from ._sources import Source, real_number, whole_number

_DTYPES = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}

#: torch.Tensor, once torch is seen.
_tensor: Any = ()


def is_tensor(array: Any) -> bool:
    """Of torch, if the program has imported it: importing it here would take seconds."""
    global _tensor
    if array is None or isinstance(array, np.ndarray):
        return False
    if not _tensor:
        _tensor = getattr(sys.modules.get("torch"), "Tensor", ())
    return isinstance(array, _tensor)


def detached(value: Any, what: str) -> Any:
    """A tensor's numbers, and those of a sequence of tensors, as NumPy's. Raises as a kernel would for what has none."""
    if isinstance(value, (list, tuple)):
        return [detached(v, what) for v in value]
    if not is_tensor(value):
        return value
    from ._tensors import expect_dense

    expect_dense(what, value)
    value = value.detach().resolve_neg()
    return (value.float() if value.dtype.itemsize == 2 and value.is_floating_point() else value).numpy()


def numpy_array(array: Any, what: str) -> np.ndarray:
    if isinstance(array, np.ndarray):
        if type(array) is np.ndarray:
            return array
        # Asked of subclasses alone: numpy.ma is imported at its first use, in 8 ms.
        if isinstance(array, np.ma.MaskedArray):
            raise TypeError(f"{what} is a masked array, whose mask has no meaning here: fill it first")
        return np.asarray(array)  # of a matrix even a row has two dimensions
    if is_tensor(array):
        raise TypeError(f"{what} is a torch.Tensor, but x and y are not")
    if hasattr(array, "__dlpack__") and not isinstance(array, np.generic):
        try:
            return np.from_dlpack(array)
        except (BufferError, RuntimeError, TypeError) as error:
            raise NotImplementedError(f"{what} is not in memory that NumPy can read ({error})") from error
    try:
        return np.asarray(array)
    except (TypeError, ValueError, RuntimeError):  # rows of unequal lengths, tensors that have gradients
        hint = " (torch.stack makes a tensor of tensors)" * has_tensors(array)
        raise TypeError(f"{what} is {reprlib.repr(array)}: it needs real numbers{hint}") from None


def has_tensors(sequence: Any) -> bool:
    return isinstance(sequence, (list, tuple)) and any(is_tensor(v) or has_tensors(v) for v in sequence)


def real_array(array: Any, what: str) -> np.ndarray:
    """Raises TypeError for what has no real numbers."""
    result = numpy_array(array, what)
    if result.dtype.kind not in "fiub":
        found = f"has elements of type {result.dtype}" if hasattr(array, "dtype") else f"is {reprlib.repr(array)}"
        raise TypeError(f"{what} {found}: it needs real numbers")
    return result


def in_memory(array: np.ndarray, dtype: Any) -> np.ndarray:
    """Of this type, and where native code can step through it: fields of packed records lie between whole numbers."""
    array = np.asarray(array, dtype)
    return array if all(stride % array.itemsize == 0 for stride in array.strides) else array.copy()


def in_library_of(like: Any, array: np.ndarray) -> Any:
    if isinstance(like, np.ndarray) or not hasattr(like, "__dlpack__") or isinstance(like, np.generic):
        return array
    namespace = getattr(like, "__array_namespace__", None)
    return array if namespace is None else namespace().from_dlpack(array)


def sum_to(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sums over what broadcasting repeated."""
    if array.shape == shape:
        return array
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    repeated = tuple(k for k, extent in enumerate(shape) if extent == 1 and array.shape[k] != 1)
    return array.sum(axis=repeated, keepdims=True) if repeated else array


def result_type(x: Any, y: Any) -> np.dtype:
    """Of K. Whole numbers become float64, as in SciPy; float16 is a type to store alone. Raises TypeError."""
    types = [real_array(a, name).dtype for a, name in ((x, "x"), (y, "y")) if a is not None]
    found = np.result_type(*types).newbyteorder("=")
    if found.itemsize > 8:
        raise TypeError(f"x and y have elements of type {found}; there are float32, float64 and float16")
    return found if found in (np.float16, np.float32) else np.dtype(np.float64)


class Arrays:
    """x, y and the parameters as NumPy arrays of one type, and the way back to the caller's library."""

    def __init__(self, of: Source, x: Any, y: Any, values: tuple[Any, ...]) -> None:
        self._like = x
        x = real_array(x, "x")
        y = None if y is None else real_array(y, "y")
        self.result = result_type(x, y)
        #: The type of the arithmetic, and of parameters.
        self.dtype = np.dtype(np.float32) if self.result == np.float16 else self.result
        self.x = in_memory(x, self.dtype)
        self.y = None if y is None else in_memory(y, self.dtype)
        if self.x.ndim < 2:
            raise ValueError(f"x has shape {self.x.shape}: it needs points in rows, (..., n, features)")
        given = [self._parameter(name, kind, value) for (name, kind), value in zip(of.parameters, values)]
        #: Their shapes as they were given: a number may stand for one number per feature.
        self.shapes = [np.shape(value) for value in given]
        features = self.x.shape[-1:]
        self.values = tuple(
            np.broadcast_to(value, features) if kind == "vector" and value.ndim == 0 else value
            for kind, value in zip(of.kinds, given)
        )
        self.native = of.native(_DTYPES[self.dtype], self.x.shape[-1])

    def _parameter(self, name: str, kind: str, value: Any) -> Any:
        if kind == "integer":
            return whole_number(name, value)
        if kind == "scalar" and type(value) in (int, float):
            return value
        if isinstance(value, numbers.Real):
            value = real_number(name, value)
        return in_memory(real_array(value, name), self.dtype)

    def allocate(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.empty(shape, self.dtype)

    def of_parameter(self, given: Any, gradient: np.ndarray) -> Any:
        """A parameter's gradient in its own type; of what has none that of the arithmetic, which 16 bits may not hold."""
        is_real = isinstance(given, np.ndarray) and given.dtype.kind == "f"
        return in_library_of(self._like, gradient.astype(given.dtype, copy=False) if is_real else gradient)

    def back(self, array: np.ndarray) -> Any:
        return in_library_of(self._like, array.astype(self.result, copy=False))
