"""Distances by SciPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _dispatch
from ._sources import CATALOGUE, key_of

#: What SciPy calls otherwise than the catalogue.
_NAMES = {
    "cosine": "cosine_distance",
    "correlation": "correlation_distance",
    "jensenshannon": "jensenshannon_distance",
    "matching": "hamming",
    "manhattan": "cityblock",
}


def cdist(x: Any, y: Any, metric: str = "euclidean", *, p: float | None = None, V: Any = None) -> Any:
    """Distances between all points of x and y, as ``scipy.spatial.distance.cdist``; differentiable for torch tensors.

    Args:
        x: (..., n, features); y: (..., m, features).
        metric: SciPy's names: braycurtis, canberra, chebyshev, cityblock, correlation, cosine, euclidean, hamming,
            jensenshannon, minkowski, seuclidean, sqeuclidean; or any other distance of the catalogue.
        p: the order of minkowski, 2 unless given.
        V: the variances of seuclidean, (features,); default for x and y without batch dimensions, as in SciPy: those of all
            points, n - 1 in the denominator.

    Returns:
        (..., n, m), in x's library and type. Where SciPy divides 0 by 0 the value is the one of docs/edges.md, not NaN.

    Raises:
        ValueError: for a metric that does not exist; TypeError: for p or V with a metric that has none.
    """
    name = _NAMES.get(metric, metric)
    entry = CATALOGUE.get(name)
    if entry is None or entry["kind"] != "distance":
        known = sorted({n for n, e in CATALOGUE.items() if e["kind"] == "distance"} | set(_NAMES))
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(known)}")
    kinds = {described["kind"] for described in entry["parameters"]}
    if (p is not None and "scalar" not in kinds) or (V is not None and "vector" not in kinds):
        raise TypeError(f"{metric} has no {'p' if p is not None and 'scalar' not in kinds else 'V'}")
    parameters: dict[str, Any] = {}
    for described in entry["parameters"]:
        if described["kind"] == "vector":
            parameters[described["name"]] = _variances(x, y) if V is None else V
        else:
            parameters[described["name"]] = 2.0 if p is None else p
    return _dispatch.gram(key_of(name), x, y, parameters)


def _variances(x: Any, y: Any) -> Any:
    if np.ndim(x) > 2 or np.ndim(y) > 2:
        raise ValueError("seuclidean needs V, the variances, where x or y has batch dimensions")
    if hasattr(x, "detach"):
        import torch

        return torch.cat([x, y], -2).var(-2)
    return np.concatenate([np.asarray(x), np.asarray(y)], -2).var(-2, ddof=1)
