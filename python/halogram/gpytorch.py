"""Kernels for GPyTorch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from typing import Any

import gpytorch
import torch
from torch import Tensor

from ._kernel import Kernel
from ._sources import whole_number
from ._tensors import tensor_of

__all__ = ["HalogramKernel"]

_ARGUMENTS = ("constraints", "fixed", "batch_shape", "active_dims", "kernel")


class HalogramKernel(gpytorch.kernels.Kernel):
    """A halogram kernel in a Gaussian process, its parameters positive and trained.

    >>> covariance = gpytorch.kernels.ScaleKernel(HalogramKernel("matern52", lengthscale=1.0))

    Each parameter is an attribute: ``kernel.gamma`` is its value, of shape (*batch_shape,), of those with one number per
    feature (*batch_shape, features); ``kernel.gamma = 0.5`` and ``kernel.initialize(gamma=0.5)`` set it.

    >>> HalogramKernel("rbf_ard", lengthscale=[1.0, 1.0, 1.0])   # for 3 features

    Args:
        kernel: a formula, a name of the catalogue or a ``halogram.Kernel``.
        constraints: a GPyTorch constraint by parameter name; ``gpytorch.constraints.Positive()`` where none is given.
            None for a parameter that may be any real number.
        fixed: names of parameters that are not trained, a tuple: buffers of the module, as whole numbers always are.
        active_dims: the features that the kernel sees, as of GPyTorch's own.
        batch_shape: of a batch of Gaussian processes: each has parameters of its own.
        parameters: initial values, all that the kernel has not bound: numbers, or one number per feature; with a batch
            (*batch_shape,) or (*batch_shape, features) where they differ.

    Raises:
        TypeError: for missing and unknown parameters, values that are no numbers. ValueError: for values whose shape does
        not fit, that a constraint does not contain, and for parameters that are called as something else of the module.
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
        if not isinstance(batch_shape, tuple):
            raise TypeError(f"batch_shape is {batch_shape!r}: it is a tuple")
        super().__init__(batch_shape=torch.Size(batch_shape), active_dims=active_dims)
        if not isinstance(kernel, Kernel):
            kernel = Kernel(kernel)
        kinds = dict(kernel._source.parameters)
        self._expect_free_names(kinds)
        values = {name: value for name, value in kernel.parameters.items() if value is not None} | parameters
        kernel._source.values(values)  # complains about missing and unknown ones
        constraints = {} if constraints is None else constraints
        if not isinstance(constraints, dict) or isinstance(fixed, str) or not isinstance(fixed, Collection):
            raise TypeError("constraints is a dictionary by the names of parameters, fixed a tuple of them")
        for name in (*fixed, *constraints):
            if name not in values:
                raise TypeError(f"there is no parameter {name}; there are {', '.join(values)}")
        self.kernel = kernel._unbound()
        self._kinds = kinds
        for name, value in values.items():
            initial = self._initial(name, value)
            if kinds[name] == "integer" or name in fixed:
                self.register_buffer(f"fixed_{name}", initial)
                continue
            # A copy: a constraint's initial_value is written into it.
            self.register_parameter(f"raw_{name}", torch.nn.Parameter(initial.clone()))
            constraint = constraints.get(name, gpytorch.constraints.Positive())
            if constraint is not None:
                if not isinstance(constraint, gpytorch.constraints.Interval):
                    raise TypeError(f"constraints[{name!r}] is {constraint!r}: it is one of GPyTorch's, or None")
                self.register_constraint(f"raw_{name}", constraint)
                self._begin(name, initial)

    def _expect_free_names(self, kinds: dict[str, str]) -> None:
        """A parameter is an attribute, so that it cannot be called as one that is there."""
        kept = {f"{place}_{name}" for name in kinds for place in ("raw", "fixed")}
        kept |= {f"raw_{name}_constraint" for name in kinds} | {*_ARGUMENTS, *self.__dict__, *dir(type(self))}
        for name in kinds:
            if name in kept - {"lengthscale"}:
                raise ValueError(f"{name} is an attribute of this module already, the parameter needs another name")

    def _initial(self, name: str, value: Any) -> Tensor:
        if self._kinds[name] == "integer":
            return self._whole(name, value)
        initial = tensor_of(name, value, torch.empty(0)).detach()  # of the default type
        if self._kinds[name] == "vector" and initial.dim() == 0:
            raise ValueError(f"{name} begins with one number for each feature, not with {value!r} alone")
        own = initial.shape[initial.dim() - 1 :] if self._kinds[name] == "vector" else ()
        return self._expanded(name, initial, self.batch_shape + own).clone()

    def _whole(self, name: str, value: Any) -> Tensor:
        # GPyTorch's initialize makes floats of whole numbers.
        value = int(value) if isinstance(value, float) and value.is_integer() else whole_number(name, value)
        return torch.full(self.batch_shape, value)

    @staticmethod
    def _one_for_all(name: str, values: Tensor) -> int:
        one = int(values.flatten()[0])
        if (values != one).any():
            raise ValueError(f"{name} is a whole number, one for the whole batch, not {values.tolist()}")
        return one

    @staticmethod
    def _expanded(name: str, value: Tensor, shape: torch.Size) -> Tensor:
        try:
            return value.expand(shape)
        except RuntimeError:
            raise ValueError(f"{name} has shape {tuple(value.shape)}, which is not {tuple(shape)}") from None

    def _begin(self, name: str, value: Tensor) -> None:
        """Gives a trained parameter its value."""
        constraint = getattr(self, f"raw_{name}_constraint", None)
        beginning = value if constraint is None else constraint.inverse_transform(value)
        if not torch.isfinite(beginning).all():
            raise ValueError(
                f"{name} cannot begin at {value.tolist()}, not inside of {constraint}, whence it could not be trained: "
                f"begin elsewhere, or give constraints={{{name!r}: ...}}, None for any real number"
            )
        self.initialize(**{f"raw_{name}": beginning})

    def _set(self, name: str, value: Any) -> None:
        if self._kinds[name] == "integer":
            self._buffers[f"fixed_{name}"] = self._whole(name, value)
            return
        like = self._stored(name)
        given = tensor_of(name, value, like)
        if f"fixed_{name}" in self._buffers:
            self._buffers[f"fixed_{name}"] = self._expanded(name, given.detach(), like.shape).clone()
        elif self._strict_init:
            self._begin(name, self._expanded(name, given, like.shape))
        else:  # GPyTorch loads samples of a posterior, which make a batch of the module
            self._begin(name, given)

    # A batch has other sizes of every parameter. The base class changes those of active_dims too, and finds the new batch
    # by the parameters, of which there may be none.

    def _stored(self, name: str) -> Tensor:
        fixed = self._buffers.get(f"fixed_{name}")
        return getattr(self, f"raw_{name}") if fixed is None else fixed

    def _expand(self, batch_shape: torch.Size) -> None:
        self._resize(batch_shape, lambda value, own: value.expand(batch_shape + value.shape[value.dim() - own :]))

    def _resize(self, batch_shape: torch.Size, change: Callable[[Tensor, int], Tensor]) -> None:
        """Of each parameter, given with how many of its dimensions are no batch's."""
        for name, kind in self._kinds.items():
            stored = self._stored(name)
            stored.data = change(stored.data, int(kind == "vector")).clone()
        self.batch_shape = batch_shape

    def __getitem__(self, index: Any) -> HalogramKernel:
        """Of a batch of kernels some."""
        if not self.batch_shape:
            return self
        index = index if isinstance(index, tuple) else (index,)
        some = copy.deepcopy(self)
        some._resize(
            torch.empty(self.batch_shape)[index].shape,
            lambda value, own: value[(*index, slice(None)) if own and Ellipsis in index else index],
        )
        return some

    def expand_batch(self, *sizes: Any) -> HalogramKernel:
        """The same kernel for each of a batch of sizes."""
        shape = torch.Size(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
        if shape == self.batch_shape:
            return self
        some = copy.deepcopy(self)
        some._expand(shape)
        return some

    def local_load_samples(self, samples_dict: dict[str, Tensor], memo: set[Any], prefix: str) -> None:
        """What GPyTorch loads samples of a posterior with: the values that have no samples join the batch too."""
        super().local_load_samples(samples_dict, memo, prefix)
        self._expand(self.batch_shape)

    def __getattr__(self, name: str) -> Any:
        return self.value_of(name) if name in self.__dict__.get("_kinds", ()) else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("_kinds", ()):
            self._set(name, value)
        else:
            super().__setattr__(name, value)

    @property
    def lengthscale(self) -> Any:
        """Of the kernels that have one. The base class's property would hide it."""
        return self.value_of("lengthscale") if "lengthscale" in self._kinds else None

    @lengthscale.setter
    def lengthscale(self, value: Any) -> None:
        names = ", ".join(self._kinds) or "none"
        raise AttributeError(f"{self.kernel._source.text} has no parameter lengthscale; there are {names}")

    def extra_repr(self) -> str:
        """What print shows beside the constraints."""
        return self.kernel._source.text

    def value_of(self, name: str) -> Any:
        """The parameter as the formula sees it."""
        stored = self._stored(name)
        if self._kinds[name] == "integer":
            return self._one_for_all(name, stored)
        constraint = getattr(self, f"raw_{name}_constraint", None)
        return stored if constraint is None else constraint.transform(stored)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, last_dim_is_batch: bool = False, **_: Any) -> Tensor:
        of_itself = x1 is x2
        values = {name: self.value_of(name) for name in self._kinds}
        batch: tuple[int, ...] = self.batch_shape
        if last_dim_is_batch:  # each feature is a point of its own
            x1, x2 = x1.transpose(-1, -2).unsqueeze(-1), x2.transpose(-1, -2).unsqueeze(-1)
            values = {name: _with_dimension(value, 0) for name, value in values.items()}
            batch = (*batch, 1) if batch else batch
        if diag:  # point by point: a batch of pairs
            values = {name: _with_dimension(v, int(self._kinds[name] == "vector")) for name, v in values.items()}
            k = self.kernel(x1.unsqueeze(-2), x2.unsqueeze(-2), **values)[..., 0, 0]
        else:
            k = self.kernel(x1, None if of_itself else x2, **values)
        own = 1 if diag else 2
        return k.expand(torch.broadcast_shapes(k.shape[:-own], batch) + k.shape[-own:]) if batch else k


def _with_dimension(value: Any, own: int) -> Any:
    """A batch dimension more, before the last `own`, for a parameter that has a batch."""
    return value.unsqueeze(-1 - own) if isinstance(value, Tensor) and value.dim() > own else value
