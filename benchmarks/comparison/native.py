"""Libraries that halogram builds, called through their C interface with ctypes."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .work import Work

FORMULAS = {
    "rbf": ["--kernel", "rbf"],
    "l1": ["--formula", "exp(-gamma * sum(abs(x - y)))"],
    "product": ["--formula", "dot(x, y)"],
}


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """An argument that keeps its array alive."""
    return array.ctypes.data_as(ctypes.c_void_p)


class Native:
    """One kernel in one form, as a shared object made of its static library."""

    def __init__(self, program: Path, directory: Path, kernel: str, features: int, form: str) -> None:
        self.name = f"{kernel}_{features}_{form}"
        operations = "gram,gram_vjp" if kernel == "rbf" else "gram"
        library = directory / f"lib{self.name}.so"
        if not library.exists():
            subprocess.run(
                [program, "build", *FORMULAS[kernel], "--features", str(features), "--name", self.name, "--form", form]
                + ["--ops", operations, "-o", directory, "--quiet"],
                check=True,
            )
            archive = directory / f"lib{self.name}.a"
            subprocess.run(
                [os.environ.get("CC", "cc"), "-shared", "-pthread", "-o", library]
                + ["-Wl,--whole-archive", archive, "-Wl,--no-whole-archive"],
                check=True,
            )
        self.library = ctypes.CDLL(str(library))

    def _call(self, operation: str, arguments: list[object]) -> Callable[[], None]:
        function = getattr(self.library, f"{self.name}_{operation}")

        def call() -> None:
            status = function(*arguments)
            if status != 0:
                raise RuntimeError(f"{self.name}_{operation} returns the status {status}")

        return call

    def program(self, work: Work, threads: int) -> tuple[Callable[[], object], np.ndarray, np.ndarray]:
        """What computes `work`, where its result lies (K, gx or K v), and K."""
        n, d, inputs = ctypes.c_int64(work.n), ctypes.c_int64(work.d), work.inputs
        self.library.hg1_set_num_threads(threads)  # what hg.h calls hg_set_num_threads
        x, y = pointer(inputs["x"]), pointer(inputs["y"])
        gamma = [] if work.kind == "product" else [ctypes.c_float(work.gamma)]
        k = np.ones((work.n, work.n), np.float32)
        points = [n, n, x, d, y, d, *gamma]
        gram = self._call("gram", [*points, pointer(k), n])
        if work.kind == "rbf_apply":
            v, result = inputs["v"], np.ones((work.n, 1), np.float32)

            def apply() -> None:
                gram()
                np.matmul(k, v, out=result)

            return apply, result, k
        if work.kind != "rbf_vjp":
            return gram, k, k
        gx, gy, ggamma = np.ones_like(inputs["x"]), np.ones_like(inputs["y"]), np.ones(1, np.float32)
        vjp = self._call(
            "gram_vjp", [*points, pointer(inputs["g"]), n, pointer(gx), d, pointer(gy), d, pointer(ggamma)]
        )

        def forward_and_backward() -> None:
            gram()
            vjp()

        return forward_and_backward, gx, k
