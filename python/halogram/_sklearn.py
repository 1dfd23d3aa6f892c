"""Kernels for scikit-learn."""

from __future__ import annotations

from typing import Any

from ._arrays import detached, numpy_array
from ._kernel import Kernel


class sklearn_kernel:  # noqa: N801 - called like a function
    """A kernel as scikit-learn takes it: ``SVC(kernel=hg.sklearn_kernel("rbf", gamma=0.1))``.

    It serves estimators that want the whole matrix (``SVC``, ``SVR``) and those that ask for one number per pair
    (``KernelRidge``, ``pairwise_kernels``), can be pickled and cloned.

    Args:
        kernel: a name of the catalogue, a formula, or a ``halogram.Kernel``.
        parameters: its parameters.
    """

    def __init__(self, kernel: str | Kernel, /, **parameters: Any) -> None:
        self.kernel = kernel
        self.parameters = parameters
        self._kernel = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
        # scikit-learn knows no tensors, so that theirs are numbers here.
        self._values = {name: detached(value, name) for name, value in {**self._kernel._bound, **parameters}.items()}
        self._kernel._source.values(self._values)  # complains now, not inside fit

    def __call__(self, x: Any, y: Any = None) -> Any:
        x = numpy_array(detached(x, "x"), "x")
        y = None if y is None else numpy_array(detached(y, "y"), "y")
        if x.ndim == 1:  # one pair of points
            y = x if y is None else y
            if y.ndim != 1:
                raise ValueError(f"x has shape {x.shape} and y {y.shape}: they are two points, or points in rows")
            x, y = x[None, :], y[None, :]
            return float(self._matrix(x, y)[0, 0])
        return self._matrix(x, y)

    def _matrix(self, x: Any, y: Any) -> Any:
        k = self._kernel(x, y, **self._values)
        if k.ndim != 2:
            raise ValueError(f"the kernel of scikit-learn is one matrix, here are some: {k.shape}")
        return k

    def __reduce__(self) -> Any:
        return _made, (self.kernel, self.parameters)

    def __repr__(self) -> str:
        arguments = [repr(self.kernel), *(f"{name}={value!r}" for name, value in self.parameters.items())]
        return f"sklearn_kernel({', '.join(arguments)})"


def _made(kernel: str | Kernel, parameters: dict[str, Any]) -> sklearn_kernel:
    return sklearn_kernel(kernel, **parameters)
