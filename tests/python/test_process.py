"""Threads, fork, and what is compiled when."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

import halogram as hg
from halogram import _sources


def test_the_catalogue_comes_compiled():
    for name in hg.catalogue():
        for dtype in ("f32", "f64"):
            assert _sources.source(_sources.key_of(name)).native(dtype, 5).prebuilt


@pytest.mark.parametrize("isa", ["avx512", "avx2", "sse41"])
def test_instruction_sets_give_the_same_bits(isa):
    code = (
        "import numpy as np, halogram as hg, hashlib\n"
        "x = np.random.default_rng(0).random((40, 7)).astype(np.float32)\n"
        "k = np.concatenate([hg.matern52(x, lengthscale=0.5), hg.gram('exp(-a * l1(x, y))', x, a=0.5)])\n"
        "print(hashlib.sha256(k.tobytes()).hexdigest())"
    )

    def digest(**environment):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | environment
        )
        if "processor lacks" in done.stderr:
            pytest.skip(f"no {isa} here")
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert digest(HALOGRAM_ISA=isa) == digest()


def test_an_unknown_instruction_set_is_an_error():
    code = "import numpy as np, halogram as hg; hg.rbf(np.eye(3), gamma=1.0)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"HALOGRAM_ISA": "mmx"}
    )
    assert "RuntimeError" in done.stderr and "HALOGRAM_ISA" in done.stderr


INTERRUPTED = """
import os, signal, sys, threading
import numpy as np, halogram as hg
from halogram import _sources
kernel = hg.Kernel("2 * minkowski(x, y, p)", p=2.5)
x = np.random.default_rng(0).random((4, 3))
threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    WORK
except KeyboardInterrupt:
    pass
else:
    sys.exit("was not interrupted")
"""


def test_an_interruption_does_not_wait_for_the_compiler():
    """What was begun goes on: the next call has it."""
    code = INTERRUPTED.replace("WORK", "kernel.vjp(x, x, np.ones((4, 4)))") + (
        "native = _sources.source(_sources.key_of('2 * minkowski(x, y, p)')).native('f64', 3)\n"
        "assert not native.is_compiled('gram_vjp')\n"
        "assert all(np.isfinite(g).all() for g in kernel.vjp(x, x, np.ones((4, 4))).values())\n"
        "assert native.is_compiled('gram_vjp')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("work", ["kernel(x)", "kernel.build(directory, 'k', features=3)"])
def test_an_interrupted_program_ends(work, tmp_path):
    """Also while the compiler is still at work, and nothing is written then."""
    directory = tmp_path / "out"
    code = INTERRUPTED.replace("WORK", work).replace("import os,", f"directory = {str(directory)!r}\nimport os,")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not directory.exists() or not list(directory.iterdir())


def in_threads(count, work):
    errors = []

    def guarded(k):
        try:
            work(k)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


@pytest.mark.parametrize("variable", ["HL_DEBUG_CODEGEN=zz", "HL_LLVM_ARGS=zz", "HL_COMPILER_STACK_SIZE=1"])
def test_halides_environment_does_not_reach_it(variable):
    name, value = variable.split("=")
    code = (
        "import os, numpy as np, halogram as hg\n"
        "hg.gram('exp(-3 * sqdist(x, y))', np.ones((3, 2)))\n"
        f"import ctypes; assert ctypes.CDLL(None).getenv(b'{name}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, name: value}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_threads_compile_and_call():
    x = np.random.default_rng(0).random((50, 4))
    right = np.exp(-np.abs(x[:, None] - x[None]).sum(-1))

    def work(k):
        for j in range(3):
            value = hg.gram(f"exp(-l1(x, y)) + {(k + j) % 4}", x)  # some at the same time as others
            np.testing.assert_allclose(value, right + (k + j) % 4, atol=1e-14)
            t = torch.from_numpy(x).requires_grad_()
            hg.matern32(t, lengthscale=0.5).sum().backward()

    in_threads(8, work)


def in_child(work):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert status == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
def test_fork_in_the_middle():
    x = np.random.default_rng(0).random((1500, 8))
    right = hg.rbf(x, gamma=0.5)  # with threads of the pool

    def work():
        np.testing.assert_array_equal(hg.rbf(x, gamma=0.5), right)
        hg.gram("exp(-l1(x, y)) / 2", x[:5])  # a compilation

    in_child(work)
    stop = threading.Event()
    count = [0]

    def compiling():
        while not stop.is_set():
            hg.gram(f"dot(x, y) + {count[0]}", x[:5])
            count[0] += 1

    thread = threading.Thread(target=compiling)
    thread.start()
    for _ in range(3):
        in_child(work)
    stop.set()
    thread.join()


class Points(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        x = torch.full((3, 2), float(index)) + torch.eye(3, 2)
        return hg.gram("exp(-0.25 * l1(x, y))", x)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_data_loader(method):
    loader = torch.utils.data.DataLoader(Points(), batch_size=4, num_workers=2, multiprocessing_context=method)
    batches = torch.cat(list(loader))
    torch.testing.assert_close(batches, torch.stack([Points()[k] for k in range(8)]), rtol=0, atol=0)


def test_the_interpreter_runs_on_while_a_kernel_does():
    x = np.random.default_rng(0).random((3000, 64))
    steps = []
    done = threading.Event()

    def work():
        hg.rbf(x, gamma=0.1, form="direct")
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        steps.append(None)
    thread.join()
    assert len(steps) > 10


def test_threads_of_torch_change_no_bit():
    x = torch.rand(700, 6, dtype=torch.double, requires_grad=True)
    results = []
    threads = torch.get_num_threads()
    for count in (1, 2, 4):
        torch.set_num_threads(count)
        k = hg.rbf(x, gamma=0.5)
        results.append((k, *torch.autograd.grad(k.sin().sum(), x)))
    torch.set_num_threads(threads)
    for k, g in results[1:]:
        assert torch.equal(k, results[0][0])
    with pytest.raises(ValueError, match="threads"):
        hg.set_num_threads(-1)
