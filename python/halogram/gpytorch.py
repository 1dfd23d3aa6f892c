"""Kernels for GPyTorch."""

from __future__ import annotations

from typing import Any

import gpytorch
import torch
from torch import Tensor

from ._kernel import Kernel

__all__ = ["HalogramKernel"]


class HalogramKernel(gpytorch.kernels.Kernel):
    """A halogram kernel in a Gaussian process, its parameters positive and trained.

    >>> covariance = gpytorch.kernels.ScaleKernel(HalogramKernel("matern52", lengthscale=1.0))

    Args:
        kernel: a formula, a name of the catalogue or a ``halogram.Kernel``.
        constraints: a GPyTorch constraint by parameter name; ``gpytorch.constraints.Positive()`` where none is given.
            None for a parameter that may be any real number.
        fixed: names of parameters that are not trained, a tuple; whole numbers never are.
        batch_shape: of a batch of Gaussian processes: each has parameters of its own.
        parameters: initial values, all that the kernel has not bound: numbers, or one number per feature.
    """

    has_lengthscale = False

    def __init__(
        self,
        kernel: str | Kernel,
        /,
        *,
        constraints: dict[str, Any] | None = None,
        fixed: tuple[str, ...] = (),
        batch_shape: torch.Size | tuple[int, ...] = (),
        active_dims: tuple[int, ...] | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(batch_shape=torch.Size(batch_shape), active_dims=active_dims)
        self.kernel = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
        kinds = dict(self.kernel._source.parameters)
        values = {name: value for name, value in self.kernel.parameters.items() if value is not None} | parameters
        self.kernel._source.values(values)  # complains about missing and unknown ones
        constraints = constraints or {}
        if isinstance(fixed, str):
            raise TypeError("fixed is a tuple of names")
        for name in (*fixed, *constraints):
            if name not in values:
                raise TypeError(f"there is no parameter {name}; there are {', '.join(values)}")
        self._trained: list[str] = []
        self._fixed: dict[str, Any] = {}
        for name, value in values.items():
            if kinds[name] == "integer" or name in fixed:
                self._fix(name, value)
                continue
            self._trained.append(name)
            initial = torch.as_tensor(value, dtype=torch.get_default_dtype())
            own = 1 if kinds[name] == "vector" else 0
            if initial.dim() == own:
                initial = initial.expand(self.batch_shape + initial.shape)
            elif initial.shape[: initial.dim() - own] != self.batch_shape:
                raise ValueError(f"{name} has shape {tuple(initial.shape)}, the batch {tuple(self.batch_shape)}")
            initial = initial.clone()
            constraint = constraints.get(name, gpytorch.constraints.Positive())
            self.register_parameter(f"raw_{name}", torch.nn.Parameter(initial))
            if constraint is not None:
                self.register_constraint(f"raw_{name}", constraint)
                self._begin(name, initial)

    def _fix(self, name: str, value: Any) -> None:
        """Gives a parameter that is not trained its value: an array is a buffer, which moves with the module."""
        if dict(self.kernel._source.parameters)[name] == "integer":
            # GPyTorch's initialize makes floats of whole numbers.
            self._fixed[name] = int(value) if isinstance(value, float) and value.is_integer() else value
        elif isinstance(value, (int, float)):
            self._fixed[name] = value
        else:
            self.register_buffer(f"fixed_{name}", torch.as_tensor(value, dtype=torch.get_default_dtype()))
            self._fixed[name] = None

    def _begin(self, name: str, value: Any) -> None:
        """Gives a trained parameter its value."""
        raw = getattr(self, f"raw_{name}")
        value = torch.as_tensor(value, dtype=raw.dtype, device=raw.device).expand_as(raw)
        constraint = getattr(self, f"raw_{name}_constraint", None)
        beginning = value if constraint is None else constraint.inverse_transform(value)
        if not torch.isfinite(beginning).all():
            raise ValueError(
                f"{name} cannot begin at {value.tolist()}, not inside of {constraint}, whence it could not be trained: "
                f"begin elsewhere, or give constraints={{{name!r}: ...}}, None for any real number"
            )
        self.initialize(**{f"raw_{name}": beginning})

    # As GPyTorch's own kernels: kernel.gamma is the value, kernel.initialize(gamma=0.5) and kernel.gamma = 0.5 set it.

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if name in own.get("_trained", ()) or name in own.get("_fixed", ()):
            return self.value_of(name)
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if name in own.get("_trained", ()) and name not in own:
            self._begin(name, value)
        elif name in own.get("_fixed", ()) and name not in own:
            self._fix(name, value)
        else:
            super().__setattr__(name, value)

    @property
    def lengthscale(self) -> Any:
        """Of the kernels that have one. The base class's property would hide it."""
        return self.value_of("lengthscale") if "lengthscale" in (*self._trained, *self._fixed) else None

    @lengthscale.setter
    def lengthscale(self, value: Any) -> None:
        (self._fix if "lengthscale" in self._fixed else self._begin)("lengthscale", value)

    def value_of(self, name: str) -> Any:
        """The parameter as the formula sees it."""
        if name in self._fixed:
            value = self._fixed[name]
            return getattr(self, f"fixed_{name}") if value is None else value
        raw = getattr(self, f"raw_{name}")
        constraint = getattr(self, f"raw_{name}_constraint", None)
        return raw if constraint is None else constraint.transform(raw)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, last_dim_is_batch: bool = False, **_: Any) -> Tensor:
        if last_dim_is_batch:
            x1, x2 = x1.transpose(-1, -2).unsqueeze(-1), x2.transpose(-1, -2).unsqueeze(-1)
        values = {name: self.value_of(name) for name in (*self._trained, *self._fixed)}
        if diag:  # point by point: a batch of pairs
            values = {
                name: v.unsqueeze(-1 if v.dim() == len(self.batch_shape) else -2)
                if isinstance(v, Tensor) and self.batch_shape
                else v
                for name, v in values.items()
            }
            return self.kernel(x1.unsqueeze(-2), x2.unsqueeze(-2), **values)[..., 0, 0]
        return self.kernel(x1, None if x1 is x2 else x2, **values)
