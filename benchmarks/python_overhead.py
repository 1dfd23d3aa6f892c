#!/usr/bin/env python3
"""What the Python package adds to a kernel, and what it saves against eager PyTorch, one thread.

Each line compares two programs in rounds of A B B A: medians, the median of the rounds' ratios and its 95 % interval. The
C interface is called through ctypes, whose own 3 to 4 us count at 128 points only; there the time of the kernel itself
comes from `halogram bench`. Memory that is freed stays with the process, as in compare.py: else every result of 16 MB is
touched for the first time. Needs the environment of `make python-package`; writes Markdown.

    build/python-venv/bin/python benchmarks/python_overhead.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

from compare import MALLOC, PASSIVE, THREAD_VARIABLES  # noqa: E402

if __name__ == "__main__" and "MALLOC_TOP_PAD_" not in os.environ:
    # Read when a process begins: one thread, and memory that is freed stays with the process.
    environment = os.environ | MALLOC | PASSIVE | {name: "1" for name in THREAD_VARIABLES}
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)

import torch  # noqa: E402

import halogram as hg  # noqa: E402
from comparison.native import Native  # noqa: E402
from comparison.timing import compare  # noqa: E402
from comparison.work import Work  # noqa: E402

EAGER = {
    "broadcast": lambda x, y, gamma: torch.exp(-gamma * ((x[:, None] - y[None]) ** 2).sum(-1)),
    "cdist": lambda x, y, gamma: torch.exp(-gamma * torch.cdist(x, y) ** 2),
    "norms and product": lambda x, y, gamma: torch.exp(
        -gamma * ((x * x).sum(-1)[:, None] + (y * y).sum(-1)[None] - 2 * x @ y.T)
    ),
}


def mine(x, y, gamma):
    return hg.rbf(x, y, gamma=gamma)


def kernel_time(program: Path) -> float:
    """Of the library for 5 features, called from C, in seconds."""
    command = [program, "bench", "--kernel", "rbf", "--features", "5", "--size", "128", "--json", "--quiet"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["results"][0]["seconds"]


def row(what: str, ours: str, theirs: str, result) -> None:
    print(
        f"| {what} | {ours} | {result.a * 1e6:.1f} | {theirs} | {result.b * 1e6:.1f} | "
        f"{result.ratio:.2f} ({result.low:.2f} to {result.high:.2f}) |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each comparison (default: %(default)s)")
    parser.add_argument("--program", type=Path, default=ROOT / "build/bin/halogram")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, halogram {hg.__version__}, one thread; the kernel of 128 x 128 x 5 itself, from C: "
          f"{kernel_time(options.program) * 1e6:.1f} us\n")
    print("| work | A | us | B | us | B / A (95 % interval) |\n|---|---|---:|---|---:|---:|")

    x, y = torch.softmax(torch.randn(128, 5), -1), torch.softmax(torch.randn(128, 5), -1)
    leaf, g = x.clone().requires_grad_(), torch.randn(128, 128)
    small = "128 x 128 x 5"
    row(f"{small}, forward", "halogram", "halogram again", compare(lambda: mine(x, y, 0.5), lambda: mine(x, y, 0.5), options.seconds))
    for name, eager in EAGER.items():
        row(f"{small}, forward", "halogram", name,
            compare(lambda: mine(x, y, 0.5), lambda e=eager: e(x, y, 0.5), options.seconds))
    for name, eager in EAGER.items():
        row(f"{small}, forward and backward", "halogram", name,
            compare(lambda: torch.autograd.grad(mine(leaf, y, 0.5), leaf, g),
                    lambda e=eager: torch.autograd.grad(e(leaf, y, 0.5), leaf, g), options.seconds))
    with tempfile.TemporaryDirectory() as directory:
        for d in (5, 64):
            cell = Work("rbf", 2048, d)
            program, _, _ = Native(options.program, Path(directory), "rbf", d, "direct").program(cell, 1)
            x, y = (torch.from_numpy(cell.inputs[name]) for name in "xy")
            row(cell.name, "C interface", "halogram from torch",
                compare(program, lambda x=x, y=y, cell=cell: mine(x, y, cell.gamma), options.seconds))
            out = torch.ones(2048, 2048)
            row(cell.name, "C interface", "halogram from torch, out=",
                compare(program, lambda x=x, y=y, cell=cell, out=out: hg.rbf(x, y, gamma=cell.gamma, out=out),
                        options.seconds))
            for name in ("cdist", "norms and product"):
                row(cell.name, "halogram from torch", name,
                    compare(lambda x=x, y=y, cell=cell: mine(x, y, cell.gamma),
                            lambda x=x, y=y, cell=cell, e=EAGER[name]: e(x, y, cell.gamma), options.seconds))


if __name__ == "__main__":
    main()
