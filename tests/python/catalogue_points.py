"""Points and parameters for every entry of the catalogue, drawn from what the catalogue says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np

import halogram as hg

NAMES = sorted(hg.catalogue())


def is_smooth_at_coincident_points(name: str) -> bool:
    return hg.catalogue()[name]["boundary_gradient"].startswith("smooth")


def points(name: str, shape: tuple[int, ...], seed: int = 0, dtype: Any = np.float64) -> np.ndarray:
    random = np.random.default_rng(seed)
    domain = hg.catalogue()[name]["domain"]
    if domain == "categorical":
        return random.integers(0, 3, shape).astype(dtype)
    if domain == "real":
        return random.standard_normal(shape).astype(dtype)
    positive = random.uniform(0.1, 1.0, shape)
    if domain == "probability":
        positive /= positive.sum(-1, keepdims=True)
    return positive.astype(dtype)


def parameters(name: str, features: int) -> dict[str, Any]:
    """The middle of each parameter's interval."""
    result: dict[str, Any] = {}
    for p in hg.catalogue()[name]["parameters"]:
        middle = (p["minimum"] + p["maximum"]) / 2
        if p["kind"] == "integer":
            result[p["name"]] = int(middle)
        elif p["kind"] == "vector":
            result[p["name"]] = np.full(features, middle)
        else:
            result[p["name"]] = middle
    return result
