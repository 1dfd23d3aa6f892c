"""The cells of the comparison: what is computed, on which points, and how a result is judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SAMPLED_ENTRIES = 20_000  # of K, against float64


@dataclass(frozen=True)
class Work:
    """One cell: `kind` on n x m points of D features in float32, with gamma = 1 / D.

    kind: "rbf" exp(-gamma |x - y|^2), "l1" exp(-gamma |x - y|_1), "product" x . y, "rbf_vjp" the Gram matrix of rbf and
    the gradients of sum(G * K) with respect to x, y and gamma, "rbf_apply" K v for one vector v.
    """

    kind: str
    n: int
    d: int

    @property
    def name(self) -> str:
        titles = {
            "rbf": "RBF",
            "l1": "L1 exp",
            "product": "product",
            "rbf_vjp": "RBF forward + backward",
            "rbf_apply": "RBF K v",
        }
        return f"{titles[self.kind]} {self.n}² × {self.d}"

    @property
    def kernel(self) -> str:
        """What is built for it: "rbf", "l1" or "product"."""
        return self.kind.removesuffix("_vjp").removesuffix("_apply")

    @property
    def forms(self) -> list[str]:
        """The expanded form too, where a peer's matrix product is what compares."""
        expands = self.kernel == "rbf" and (self.d >= 64 or self.kind == "rbf_vjp")
        return ["direct", "expanded"] if expands else ["direct"]

    @property
    def gamma(self) -> float:
        return 1.0 / self.d

    @cached_property
    def inputs(self) -> dict[str, np.ndarray]:
        """x and y of shape (n, D), the cotangent g of shape (n, n), v of shape (n, 1); float32, C order."""
        random = np.random.default_rng(self.n * 1000 + self.d)
        points = {name: random.standard_normal((self.n, self.d), dtype=np.float32) for name in "xy"}
        if self.kind == "rbf_vjp":
            points["g"] = random.standard_normal((self.n, self.n), dtype=np.float32)
        if self.kind == "rbf_apply":
            points["v"] = random.standard_normal((self.n, 1), dtype=np.float32)
        return points

    def _value(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The kernel of matching points, in float64: shapes (..., D) to (...)."""
        x, y = x.astype(np.float64), y.astype(np.float64)
        if self.kind == "product":
            return np.sum(x * y, axis=-1)
        difference = x - y
        gamma = float(np.float32(self.gamma))
        distance = np.abs(difference).sum(-1) if self.kind == "l1" else np.square(difference).sum(-1)
        return np.exp(-gamma * distance)

    @cached_property
    def _sample(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        random = np.random.default_rng(1)
        i = random.integers(0, self.n, SAMPLED_ENTRIES)
        j = random.integers(0, self.n, SAMPLED_ENTRIES)
        return i, j, self._value(self.inputs["x"][i], self.inputs["y"][j])

    @cached_property
    def _gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the first points: gx, or K v, in float64 and the sum of its terms' magnitudes."""
        few = slice(0, 16)
        x, y = self.inputs["x"][few].astype(np.float64), self.inputs["y"].astype(np.float64)
        value = self._value(x[:, None], y[None])
        if self.kind == "rbf_apply":
            terms = value[..., None] * self.inputs["v"][None]
        else:
            weight = self.inputs["g"][few] * value * -2 * float(np.float32(self.gamma))
            terms = weight[..., None] * (x[:, None] - y[None])
        return terms.sum(1), np.abs(terms).sum(1)

    def error(self, result: np.ndarray) -> float:
        """The largest error of the sampled entries of `result`: absolute of a kernel with values up to 1, and as a share of
        the sum of the magnitudes of what is added for a product, a gradient (gx) or K v.
        """
        if self.kind in ("rbf_vjp", "rbf_apply"):
            exact, magnitude = self._gradient
            return float(np.max(np.abs(result[: len(exact)] - exact) / magnitude))
        i, j, exact = self._sample
        error = np.abs(result[i, j].astype(np.float64) - exact)
        if self.kind == "product":
            error /= np.sum(np.abs(self.inputs["x"][i] * self.inputs["y"][j]), axis=-1)
        return float(np.max(error))

    def subnormal(self, k: np.ndarray) -> int:
        """Entries of K that are subnormal in float32: they slow some programs several times, and would flatter others."""
        return int(np.count_nonzero((np.abs(k) < np.finfo(np.float32).tiny) & (k != 0)))


ALL = [
    Work("rbf", 128, 5),
    Work("rbf", 2048, 5),
    Work("rbf", 2048, 64),
    Work("rbf", 2048, 512),
    Work("l1", 2048, 5),
    Work("l1", 2048, 64),
    Work("l1", 2048, 512),
    Work("product", 2048, 512),
    Work("rbf_vjp", 2048, 5),
    Work("rbf_vjp", 2048, 64),
    Work("rbf_apply", 4096, 3),
]
