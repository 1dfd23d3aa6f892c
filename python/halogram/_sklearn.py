"""Kernels for scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._dispatch import detached
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
        self._values = {name: detached(value) for name, value in {**self._kernel._bound, **parameters}.items()}
        self._kernel._source.values(self._values)  # complains now, not inside fit

    def __call__(self, x: Any, y: Any = None) -> Any:
        x = np.asarray(detached(x))
        y = None if y is None else np.asarray(detached(y))
        if x.ndim == 1:  # one pair of points
            y = x if y is None else y
            return float(self._kernel(x[None, :], y[None, :], **self._values)[0, 0])
        return self._kernel(x, y, **self._values)

    def __reduce__(self) -> Any:
        return _made, (self.kernel, self.parameters)

    def __repr__(self) -> str:
        arguments = [repr(self.kernel), *(f"{name}={value!r}" for name, value in self.parameters.items())]
        return f"sklearn_kernel({', '.join(arguments)})"


def _made(kernel: str | Kernel, parameters: dict[str, Any]) -> sklearn_kernel:
    return sklearn_kernel(kernel, **parameters)
