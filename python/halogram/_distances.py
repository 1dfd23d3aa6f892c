"""Distances by SciPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._dispatch import gram, in_library_of, is_tensor, real_array
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
_ROW = "sum(unit[d] * (x - y)) * sum(row[d] * (x - y))"
_ROOT = "sqrt(dot(x, y))"  # with 1 as x


def cdist(x: Any, y: Any, metric: str = "euclidean", *, p: float | None = None, V: Any = None, VI: Any = None) -> Any:
    """Distances between all points of x and y, as ``scipy.spatial.distance.cdist``; differentiable for torch tensors.

    Args:
        x: (..., n, features); y: (..., m, features).
        metric: any of SciPy's names, or any other distance of the catalogue.
        p: the order of minkowski, 2 unless given.
        V: the variances of seuclidean, (features,).
        VI: the inverse of the covariance matrix of mahalanobis, (..., features, features).
            V and VI default, for x and y without batch dimensions, as in SciPy: to those of all points, n - 1 in the
            denominator, computed in float64.

    Returns:
        (..., n, m), in x's library and type. Where SciPy divides 0 by 0 the value is the one of docs/edges.md, not NaN,
        but for seuclidean with a variance of 0. mahalanobis is computed from differences, as SciPy does: each distance
        depends on its two points alone, and is NaN where VI makes its square negative. It compiles at its first call for
        each number of features, as a formula does. dice takes any number but 0 for true, as the other distances of true
        and false do; SciPy's alone does not. SciPy's weights w are a formula here: ``hg.gram("sqrt(sum(w[d] * (x - y)^2))", x, y, w=w)``.

    Raises:
        ValueError: for a metric that does not exist, too few points for mahalanobis without VI; TypeError: for p, V or
        VI with a metric that has none.
    """
    if not isinstance(metric, str):
        raise TypeError(f"metric is {metric!r}: it is a name")
    name = _CALLED.get(metric, metric)
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
    if name == _MAHALANOBIS:
        return _mahalanobis(x, y, VI)
    parameters: dict[str, Any] = {}
    for parameter in described:
        if parameter["kind"] == "vector":
            parameters[parameter["name"]] = _variances(x, y) if V is None else V
        else:
            parameters[parameter["name"]] = 2.0 if p is None else p
    return gram(key_of(name), x, y, parameters)


def _library(x: Any) -> Any:
    """torch or NumPy, of which what stands below uses the same names."""
    if is_tensor(x):
        import torch

        return torch
    return np


def _points(x: Any, y: Any) -> tuple[Any, Any]:
    """As arrays to compute with: 16-bit ones in 32. Raises TypeError, ValueError, NotImplementedError as a kernel would."""
    if is_tensor(x) or is_tensor(y):
        from ._tensors import checked, computed

        checked(x, y)
        x, y = computed(x, y)
    else:
        x, y = real_array(x, "x"), None if y is None else real_array(y, "y")
        if _are_half(x, y):
            x, y = x.astype(np.float32), None if y is None else y.astype(np.float32)
    other = x if y is None else y
    if min(x.ndim, other.ndim) < 2 or x.shape[-1] != other.shape[-1] or x.shape[-1] == 0:
        shapes = f"x has shape {tuple(x.shape)} and y {tuple(other.shape)}"
        raise ValueError(f"{shapes}: they need as many features, (..., n, features)")
    return x, y


def _are_half(x: np.ndarray, y: np.ndarray | None) -> bool:
    given = x.dtype if y is None else np.result_type(x, y)
    return given.kind == "f" and given.itemsize == 2


def _centered(x: Any, y: Any, needs: str) -> Any:
    """All points in float64, their mean at 0."""
    y = x if y is None else y
    if x.ndim > 2 or y.ndim > 2:
        raise ValueError(f"{needs} where x or y has batch dimensions")
    points = _library(x).concatenate([x, y])
    points = points.double() if is_tensor(points) else points.astype(np.float64)
    return points - points.mean(0)


def _variances(x: Any, y: Any) -> Any:
    points = _centered(*_points(x, y), "seuclidean needs V, the variances,")
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
        inverse, units = real_array(inverse, "VI"), np.eye(features, dtype=np.float32)
    if tuple(inverse.shape[-2:]) != (features, features):
        raise ValueError(f"VI has shape {tuple(inverse.shape)}: it needs (features, features), x has {features}")
    square: Any = 0
    for row in range(features):
        square = square + gram(key_of(_ROW), x, y, {"unit": units[row], "row": inverse[..., row, :]})
    # The square root is a kernel's too: torch's rounds otherwise, and has no derivative at 0.
    distances = gram(key_of(_ROOT), units[:1, :1], square.reshape(-1, 1), {}).reshape(square.shape)
    if is_tensor(distances):
        return distances.to(given_x.dtype)
    half = _are_half(real_array(given_x, "x"), None if given_y is None else real_array(given_y, "y"))
    return in_library_of(given_x, distances.astype(np.float16) if half else distances)
