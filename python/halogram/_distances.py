"""Distances by SciPy's names."""

from __future__ import annotations

import numbers
from contextlib import nullcontext
from typing import Any

import numpy as np

from ._arrays import in_library_of, is_tensor, real_array, result_type
from ._dispatch import gram
from ._sources import CATALOGUE, key_of

#: SciPy's metrics that it also calls otherwise, or that the catalogue does: the catalogue's name, then the others.
_NAMES = {
    "chebyshev": ("chebychev", "cheby", "cheb", "ch"),
    "cityblock": ("cblock", "cb", "c", "manhattan"),
    "correlation_distance": ("correlation", "co"),
    "cosine_distance": ("cosine", "cos"),
    "euclidean": ("euclid", "eu", "e"),
    "hamming": ("matching", "hamm", "ha", "h"),
    "jaccard": ("jacc", "ja", "j"),
    "jensenshannon_distance": ("jensenshannon", "js"),
    "mahalanobis": ("mahal", "mah"),
    "minkowski": ("mi", "m", "pnorm"),
    "seuclidean": ("se", "s"),
    "sqeuclidean": ("sqe", "sqeuclid"),
}
_CALLED = {other: name for name, others in _NAMES.items() for other in others}

#: The one of SciPy's metrics that is no entry of the catalogue: a matrix is no parameter of a formula. Its square is the
#: sum of these over the rows of the matrix, with `unit` selecting the row's own feature.
_MAHALANOBIS = "mahalanobis"
_ROW = "sum(where(unit[d] == 0, 0, x - y)) * sum(row[d] * (x - y))"
# With 1 as x. At 0 the distance has a kink, where its derivatives count as 0, as those of euclidean do.
_ROOT = "where(dot(x, y) == 0, 0, sqrt(dot(x, y)))"


def cdist(x: Any, y: Any, metric: str = "euclidean", *, p: float | None = None, V: Any = None, VI: Any = None) -> Any:
    """Distances between all points of x and y, as ``scipy.spatial.distance.cdist``; differentiable for torch tensors.

    Args:
        x: (..., n, features); y: (..., m, features); None means x. NumPy arrays, torch tensors or DLPack arrays, as of
            ``halogram.gram``.
        metric: any of SciPy's names, or any other distance of the catalogue.
        p: the order of minkowski, 2 unless given.
        V: the variances of seuclidean, (features,).
        VI: the inverse of the covariance matrix of mahalanobis, (..., features, features).
            V and VI default, for x and y without batch dimensions, as in SciPy: to those of all points, n - 1 in the
            denominator.

    Returns:
        (..., n, m), in x's library and type. Where SciPy divides 0 by 0 the value is the one of docs/edges.md, not NaN,
        but for seuclidean with a variance of 0. mahalanobis is computed from differences, as SciPy does: each distance
        depends on its two points alone, and is NaN where VI makes its square negative. It compiles at its first call for
        each number of features, as a formula does; it and seuclidean are computed in float64. jensenshannon is in natural logarithms;
        SciPy's base is a division by sqrt(log(base)). dice takes any number but 0 for true, as the other distances of true
        and false do; SciPy's alone does not. SciPy's weights w are a formula here: ``hg.gram("sqrt(sum(w[d] * (x - y)^2))", x, y, w=w)``.

    Raises:
        ValueError: for a metric that does not exist, too few points for mahalanobis without VI; TypeError: for p, V or
        VI with a metric that has none, and as ``halogram.gram`` for points.
    """
    if not isinstance(metric, str):
        raise TypeError(f"metric is {metric!r}: it is a name")
    name = _CALLED.get(metric.lower(), metric.lower())
    entry = CATALOGUE.get(name)
    if name != _MAHALANOBIS and (entry is None or entry["kind"] != "distance"):
        known = sorted({n for n, e in CATALOGUE.items() if e["kind"] == "distance"} | _CALLED.keys() | {_MAHALANOBIS})
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(known)}")
    described = [] if entry is None else entry["parameters"]
    kinds = {parameter["kind"] for parameter in described}
    options = (("p", p, "scalar" in kinds), ("V", V, "vector" in kinds), ("VI", VI, name == _MAHALANOBIS))
    for option, value, has in options:
        if value is not None and not has:
            raise TypeError(f"{metric} has no {option}")
    if isinstance(p, numbers.Real) and not p > 0:
        raise ValueError(f"p is {p!r}: {metric} has an order above 0")
    if name == _MAHALANOBIS:
        return _mahalanobis(x, y, VI)
    if "vector" in kinds:  # variances are squares: the points' type may not hold them
        points = _points(x, y)
        variances = _variances(*points) if V is None else V
        return _stored(gram(key_of(name), *points, _by_name(described, variances)), x, y)
    return gram(key_of(name), x, y, _by_name(described, 2.0 if p is None else p))


def _by_name(described: list[dict[str, Any]], value: Any) -> dict[str, Any]:
    """A distance of the catalogue has one parameter at the most."""
    return {parameter["name"]: value for parameter in described}


def _library(x: Any) -> Any:
    """torch or NumPy, of which what stands below uses the same names."""
    if is_tensor(x):
        import torch

        return torch
    return np


def _points(x: Any, y: Any) -> tuple[Any, Any]:
    """In float64. Raises TypeError, ValueError, NotImplementedError as a kernel would."""
    if is_tensor(x) or is_tensor(y):
        from ._tensors import checked

        checked(x, y)
        x, y = x.double(), None if y is None else y.double()
    else:
        x, y = (None if a is None else real_array(a, name).astype(float) for a, name in ((x, "x"), (y, "y")))
    other = x if y is None else y
    if min(x.ndim, other.ndim) < 2 or x.shape[-1] != other.shape[-1] or x.shape[-1] == 0:
        shapes = f"x has shape {tuple(x.shape)} and y {tuple(other.shape)}"
        raise ValueError(f"{shapes}: they need as many features, (..., n, features)")
    return x, y


def _stored(distances: Any, x: Any, y: Any) -> Any:
    """Of float64, in the library and the type that the distances of x and y have."""
    if is_tensor(distances):
        return distances.to(x.dtype)
    return in_library_of(x, distances.astype(result_type(x, y), copy=False))


def _centered(x: Any, y: Any, needs: str) -> Any:
    """All points, their mean at 0."""
    y = x if y is None else y
    if x.ndim > 2 or y.ndim > 2:
        raise ValueError(f"{needs} where x or y has batch dimensions")
    points = _library(x).concatenate([x, y])
    return points - points.mean(0)


def _variances(x: Any, y: Any) -> Any:
    points = _centered(x, y, "seuclidean needs V, the variances,")
    return (points**2).sum(0) / (len(points) - 1)


def _inverse_covariance(x: Any, y: Any) -> Any:
    points = _centered(x, y, "mahalanobis needs VI, the inverse of the covariance matrix,")
    library = _library(x)
    count, features = points.shape
    if count <= features:
        raise ValueError(f"mahalanobis needs VI: {count} points of {features} features have a singular covariance matrix")
    try:
        return library.linalg.inv(points.T @ points / (count - 1))
    except library.linalg.LinAlgError:
        raise ValueError("mahalanobis needs VI: the covariance matrix of all points is singular") from None


def _mahalanobis(x: Any, y: Any, inverse: Any) -> Any:
    """In float64, as SciPy: an inverse that is rounded to the type of the points can have another sign."""
    given_x, given_y = x, y
    x, y = _points(x, y)
    if inverse is None:
        inverse = _inverse_covariance(x, y)
    features = x.shape[-1]
    units: Any
    if is_tensor(x):
        import torch

        from ._tensors import tensor_of

        inverse = tensor_of("VI", inverse, x)
        units = torch.eye(features, dtype=x.dtype, device=x.device)
    else:
        inverse, units = real_array(inverse, "VI"), np.eye(features)
    if tuple(inverse.shape[-2:]) != (features, features):
        raise ValueError(f"VI has shape {tuple(inverse.shape)}: it needs (features, features), x has {features}")
    others = [] if y is None else [y.shape[:-2]]
    try:
        _library(x).broadcast_shapes(x.shape[:-2], inverse.shape[:-2], *others)
    except (RuntimeError, ValueError):
        shapes = ", ".join(str(tuple(a.shape)) for a in (x, y, inverse) if a is not None)
        raise ValueError(f"the batch dimensions of x, y and VI cannot be broadcast: {shapes}") from None
    square: Any = 0
    # Infinities may meet, which NumPy would warn of.
    with nullcontext() if is_tensor(x) else np.errstate(invalid="ignore", over="ignore"):
        for row in range(features):
            square = square + gram(key_of(_ROW), x, y, {"unit": units[row], "row": inverse[..., row, :]})
    # The square root is a kernel's too: torch's rounds otherwise, and has no derivative at 0.
    distances = gram(key_of(_ROOT), units[:1, :1], square.reshape(-1, 1), {}).reshape(square.shape)
    return _stored(distances, given_x, given_y)
