"""Distances by SciPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._dispatch import gram, is_tensor, numpy_array
from ._sources import CATALOGUE, key_of

#: What SciPy calls otherwise than the catalogue.
_NAMES = {
    "cosine": "cosine_distance",
    "correlation": "correlation_distance",
    "jensenshannon": "jensenshannon_distance",
    "matching": "hamming",
    "manhattan": "cityblock",
}


def cdist(x: Any, y: Any, metric: str = "euclidean", *, p: float | None = None, V: Any = None, VI: Any = None) -> Any:
    """Distances between all points of x and y, as ``scipy.spatial.distance.cdist``; differentiable for torch tensors.

    Args:
        x: (..., n, features); y: (..., m, features).
        metric: any of SciPy's names, or any other distance of the catalogue.
        p: the order of minkowski, 2 unless given.
        V: the variances of seuclidean, (features,).
        VI: the inverse of the covariance matrix of mahalanobis, (features, features), positive definite.
            V and VI default, for x and y without batch dimensions, as in SciPy: to those of all points, n - 1 in the
            denominator.

    Returns:
        (..., n, m), in x's library and type. Where SciPy divides 0 by 0 the value is the one of docs/edges.md, not NaN.
        SciPy's weights w are a formula here: ``hg.gram("sqrt(sum(w[d] * (x - y)^2))", x, y, w=w)``.

    Raises:
        ValueError: for a metric that does not exist, a VI that is not positive definite; TypeError: for p, V or VI with a
        metric that has none.
    """
    if not isinstance(metric, str):
        raise TypeError(f"metric is {metric!r}: it is a name")
    of_a_matrix = metric == "mahalanobis"
    name = "euclidean" if of_a_matrix else _NAMES.get(metric, metric)
    entry = CATALOGUE.get(name)
    if entry is None or entry["kind"] != "distance":
        known = sorted({n for n, e in CATALOGUE.items() if e["kind"] == "distance"} | set(_NAMES) | {"mahalanobis"})
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(known)}")
    kinds = {described["kind"] for described in entry["parameters"]}
    for option, value, has in (("p", p, "scalar" in kinds), ("V", V, "vector" in kinds), ("VI", VI, of_a_matrix)):
        if value is not None and not has:
            raise TypeError(f"{metric} has no {option}")
    if of_a_matrix:
        return _of_type(gram(key_of(name), *_whitened(x, y, VI), {}), x, y)
    parameters: dict[str, Any] = {}
    for described in entry["parameters"]:
        if described["kind"] == "vector":
            parameters[described["name"]] = _variances(x, y) if V is None else V
        else:
            parameters[described["name"]] = 2.0 if p is None else p
    return gram(key_of(name), x, y, parameters)


def _library(x: Any) -> Any:
    """torch or NumPy, of which what stands below uses the same names."""
    if is_tensor(x):
        import torch

        return torch
    return np


def _of_type(distances: Any, x: Any, y: Any) -> Any:
    """In the type of the points, where that is one of floating point: 16-bit ones were computed in more."""
    if is_tensor(x):
        return distances.to(x.dtype)
    x, y = _points(x, y)
    given = np.result_type(x, y)
    return distances.astype(given, copy=False) if given.kind == "f" else distances


def _points(x: Any, y: Any) -> tuple[Any, Any]:
    """As arrays to compute with. Raises TypeError, ValueError, NotImplementedError as a kernel would."""
    y = x if y is None else y
    if is_tensor(x):
        from ._tensors import STORED, checked

        checked(x, y)
        if x.dtype in STORED:
            x, y = x.float(), y.float()
    else:
        x, y = numpy_array(x, "x"), numpy_array(y, "y")
        if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiub":
            raise TypeError(f"x and y have elements of type {x.dtype} and {y.dtype}: they need real numbers")
    if min(x.ndim, y.ndim) < 2 or x.shape[-1] != y.shape[-1]:
        shapes = f"x has shape {tuple(x.shape)} and y {tuple(y.shape)}"
        raise ValueError(f"{shapes}: they need as many features, (..., n, features)")
    return x, y


def _moved(x: Any, y: Any, needs: str) -> Any:
    """All points, their mean at 0."""
    if x.ndim > 2 or y.ndim > 2:
        raise ValueError(f"{needs} where x or y has batch dimensions")
    points = _library(x).concatenate([x, y])
    return points - points.mean(0)


def _variances(x: Any, y: Any) -> Any:
    points = _moved(*_points(x, y), "seuclidean needs V, the variances,")
    return (points**2).sum(0) / (len(points) - 1)


def _whitened(x: Any, y: Any, inverse: Any) -> tuple[Any, Any]:
    """Points whose Euclidean distances are those of Mahalanobis: times R where the inverse covariance is R R^T."""
    x, y = _points(x, y)
    library = _library(x)
    what = "the covariance matrix of all points" if inverse is None else "VI"
    try:
        if inverse is None:
            points = _moved(x, y, "mahalanobis needs VI, the inverse of the covariance matrix,")
            inverse = library.linalg.inv(points.T @ points / (len(points) - 1))
        elif is_tensor(x):
            from ._tensors import tensor_of

            inverse = tensor_of("VI", inverse, x)
        else:
            inverse = numpy_array(inverse, "VI")
            if inverse.dtype.kind not in "fiub":
                raise TypeError("VI needs real numbers")
        if inverse.shape != (x.shape[-1], x.shape[-1]):
            raise ValueError(f"VI has shape {tuple(inverse.shape)}: it needs (features, features), x has {x.shape[-1]}")
        root = library.linalg.cholesky((inverse + inverse.T) / 2)
    except library.linalg.LinAlgError:
        raise ValueError(f"mahalanobis: {what} is not positive definite") from None
    # Far from the origin the two products would cancel.
    center = x.mean(tuple(range(x.ndim - 1))) if 0 not in x.shape else 0
    return (x - center) @ root, (y - center) @ root
