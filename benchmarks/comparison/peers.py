"""What users would pick instead, each as fast as its interface allows: results in buffers that were touched before
where it can write into one, operations in place. Every peer is a function of a Work that gives the program to time and
where its result lies, or None where it has no way to do that work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import faiss
import numkong
import numpy as np
import scipy.spatial.distance
import sklearn.metrics.pairwise
import torch

from .work import Work

LARGEST_BROADCAST = 2**30  # numbers of n x n x D that a broadcast keeps


class Program(NamedTuple):
    run: Callable[[], object]  # returns the result, an array, where it has no fixed place
    result: np.ndarray | None = None


Peer = Callable[[Work], Program | None]


def tensors(work: Work) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in work.inputs.items()}


def backward_of(forward: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor], work: Work) -> Program:
    """Forward and backward by autograd, gradients with respect to x, y and gamma."""
    t = tensors(work)
    x, y = t["x"].requires_grad_(), t["y"].requires_grad_()
    gamma = torch.tensor(work.gamma, requires_grad=True)
    return Program(lambda: torch.autograd.grad(forward(x, y, gamma), (x, y, gamma), t["g"])[0].numpy())


def in_place(fill: Callable[[torch.Tensor], object], work: Work, t: dict[str, torch.Tensor]) -> Program:
    """`fill` writes the kernel matrix into a buffer; K v follows where that is the work."""
    k, result = torch.ones(work.n, work.n), torch.ones(work.n, 1)
    if work.kind != "rbf_apply":
        return Program(lambda: fill(k), k.numpy())

    def run() -> None:
        fill(k)
        torch.mm(k, t["v"], out=result)

    return Program(run, result.numpy())


def torch_broadcast(work: Work) -> Program | None:
    if work.n * work.n * work.d > LARGEST_BROADCAST or work.kind == "product":
        return None
    t = tensors(work)
    if work.kind == "rbf_vjp":
        return backward_of(lambda x, y, gamma: torch.exp(-gamma * (x[:, None] - y[None]).square().sum(-1)), work)
    x, y = t["x"][:, None], t["y"][None]
    difference = torch.ones(work.n, work.n, work.d)

    def fill(k: torch.Tensor) -> None:
        torch.sub(x, y, out=difference)
        difference.abs_() if work.kind == "l1" else difference.square_()
        torch.sum(difference, -1, out=k)
        k.mul_(-work.gamma).exp_()

    return in_place(fill, work, t)


def torch_cdist(work: Work) -> Program | None:
    if work.kind == "product":
        return None
    t = tensors(work)
    if work.kind == "rbf_vjp":
        return backward_of(lambda x, y, gamma: torch.exp(-gamma * torch.cdist(x, y).square()), work)
    p = 1.0 if work.kind == "l1" else 2.0

    def run() -> np.ndarray:
        k = torch.cdist(t["x"], t["y"], p)
        if p == 2.0:
            k.square_()
        k.mul_(-work.gamma).exp_()
        return (k @ t["v"] if work.kind == "rbf_apply" else k).numpy()

    return Program(run)


def torch_matmul(work: Work) -> Program | None:
    """|x|^2 + |y|^2 - 2 x . y, factors and norms of y folded into the product."""
    if work.kind == "l1":
        return None
    t = tensors(work)
    if work.kind == "rbf_vjp":

        def forward(x: torch.Tensor, y: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
            distance = torch.addmm(y.square().sum(1)[None], x, y.T, alpha=-2) + x.square().sum(1, keepdim=True)
            return torch.exp(-gamma * distance)

        return backward_of(forward, work)

    def fill(k: torch.Tensor) -> None:
        x, y = t["x"], t["y"]
        if work.kind == "product":
            torch.mm(x, y.T, out=k)
            return
        torch.addmm(-work.gamma * y.square().sum(1)[None], x, y.T, alpha=2 * work.gamma, out=k)
        k.sub_(work.gamma * x.square().sum(1, keepdim=True)).exp_()

    return in_place(fill, work, t)


def scikit_learn(work: Work) -> Program | None:
    pairwise = sklearn.metrics.pairwise
    kernels = {"rbf": pairwise.rbf_kernel, "l1": pairwise.laplacian_kernel}
    if work.kind not in kernels:
        return None
    x, y = work.inputs["x"], work.inputs["y"]
    return Program(lambda: kernels[work.kind](x, y, gamma=work.gamma))


def scipy_cdist(work: Work) -> Program | None:
    """In float64: it has no other."""
    metrics = {"rbf": "sqeuclidean", "l1": "cityblock"}
    if work.kind not in metrics:
        return None
    x, y = work.inputs["x"].astype(np.float64), work.inputs["y"].astype(np.float64)
    k = np.ones((work.n, work.n))

    def run() -> None:
        scipy.spatial.distance.cdist(x, y, metrics[work.kind], out=k)
        np.multiply(k, -work.gamma, out=k)
        np.exp(k, out=k)

    return Program(run, k)


def faiss_distances(work: Work) -> Program | None:
    if work.kind not in ("rbf", "l1"):
        return None
    x, y = work.inputs["x"], work.inputs["y"]
    k = np.ones((work.n, work.n), np.float32)
    px, py, pk = faiss.swig_ptr(x), faiss.swig_ptr(y), faiss.swig_ptr(k)

    def run() -> None:
        if work.kind == "l1":
            faiss.pairwise_extra_distances(work.d, work.n, px, work.n, py, faiss.METRIC_L1, 0.0, pk)
        else:
            faiss.pairwise_L2sqr(work.d, work.n, px, work.n, py, pk)
        np.multiply(k, np.float32(-work.gamma), out=k)
        np.exp(k, out=k)

    return Program(run, k)


def numkong_cdist(work: Work) -> Program | None:
    """Its distances are float64; the exponential is taken in place."""
    if work.kind != "rbf":
        return None
    x, y = work.inputs["x"], work.inputs["y"]

    def run() -> np.ndarray:
        k = np.asarray(numkong.cdist(x, y, metric="sqeuclidean", threads=torch.get_num_threads()))
        np.multiply(k, -work.gamma, out=k)
        return np.exp(k, out=k)

    return Program(run)


def keops(work: Work) -> Program | None:
    """It never holds K, so that only K v compares."""
    if work.kind != "rbf_apply":
        return None
    from pykeops.torch import LazyTensor  # compiles at its first use

    t = tensors(work)

    def run() -> np.ndarray:
        x, y = LazyTensor(t["x"][:, None]), LazyTensor(t["y"][None])
        return ((-work.gamma * ((x - y) ** 2).sum(-1)).exp() @ t["v"]).numpy()

    return Program(run)


PEERS: dict[str, Peer] = {
    "torch broadcast": torch_broadcast,
    "torch cdist": torch_cdist,
    "torch norms + matmul": torch_matmul,
    "scikit-learn": scikit_learn,
    "SciPy": scipy_cdist,
    "FAISS": faiss_distances,
    "NumKong": numkong_cdist,
    "KeOps": keops,
}


def set_threads(threads: int) -> None:
    """For what takes its number from a call; the environment of the process does the rest."""
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
