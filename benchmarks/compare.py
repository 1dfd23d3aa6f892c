#!/usr/bin/env python3
"""Time libraries that halogram builds against torch, scikit-learn, SciPy, FAISS, NumKong and KeOps.

Every cell is measured in rounds of A B B A with buffers that were touched before; the figure is the median of the rounds'
ratios with a bootstrap interval, beside the error of both results of that very run. Writes compare.json, compare.md and
compare.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

# Memory that a peer frees stays with the process, so that it does not touch new pages in every call.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(64 << 20)}
# Threads that have nothing to do sleep: else those of one peer would spin while the next program runs.
PASSIVE = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0", "GOMP_SPINCOUNT": "0"}
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PACKAGES = ("torch", "scikit-learn", "scipy", "numpy", "faiss-cpu", "numkong", "pykeops")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, the same for everyone (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each comparison (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help='works whose name contains this, e.g. "RBF 2048"')
    parser.add_argument("--program", type=Path, default=Path(__file__).resolve().parents[1] / "build/bin/halogram",
                        help="the halogram to build with (default: build/bin/halogram)")
    parser.add_argument("--output", type=Path, default=Path("build/compare"), help="directory (default: %(default)s)")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--libraries", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(options: argparse.Namespace, threads: int) -> list[dict]:
    """All cells with `threads` threads; runs in a process of its own, whose environment says the same to every library."""
    from comparison import peers, work
    from comparison.native import Native
    from comparison.report import CONTROL
    from comparison.timing import compare

    peers.set_threads(threads)
    rows = []
    for cell in work.ALL:
        if options.only.lower() not in cell.name.lower():
            continue
        for form in cell.forms:
            native = Native(options.program, options.libraries, cell.kernel, cell.d, form)
            ours, result, k = native.program(cell, threads)
            opponents = {name: peer(cell) for name, peer in peers.PEERS.items()}
            for name, program in {CONTROL: peers.Program(ours, result), **opponents}.items():
                if program is None:
                    continue
                say(f"{cell.name}, {form}, {threads} thread(s): {name}")
                returned = program.run()
                theirs = program.result if program.result is not None else returned
                timing = compare(ours, program.run, options.seconds)
                subnormal = cell.subnormal(k)
                if subnormal != 0:
                    raise SystemExit(f"{cell.name}: {subnormal} entries of K are subnormal; choose other points")
                rows.append({
                    "work": cell.name, "threads": threads, "form": form, "seconds": timing.a, "error": cell.error(result),
                    "subnormal": subnormal, "peer": name, "peer_seconds": timing.b, "peer_error": cell.error(theirs),
                    "ratio": timing.ratio, "low": timing.low, "high": timing.high, "rounds": timing.rounds,
                })
    return rows


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main() -> None:
    options = arguments()
    if options.worker is not None:
        options.rows.write_text(json.dumps(measure(options, options.worker)))  # libraries write to stdout as they like
        return
    if not options.program.exists():
        raise SystemExit(f"{options.program} is not there: make build")
    try:
        numbers = [int(text) for text in options.threads.split(",")]
    except ValueError:
        raise SystemExit(f"--threads {options.threads}: numbers, separated by commas") from None
    from comparison import report

    variant = json.loads(
        subprocess.run([options.program, "bench", "--kernel", "rbf", "--features", "5", "--size", "64", "--json", "--quiet"],
                       check=True, capture_output=True, text=True).stdout
    )["results"][0]["variant"]
    record = {
        "machine": {"cpu": processor(), "variant": variant},
        "versions": {name: version(name) for name in PACKAGES},
        "rows": [],
    }
    with tempfile.TemporaryDirectory() as libraries:
        for threads in numbers:
            environment = os.environ | MALLOC | PASSIVE | {name: str(threads) for name in THREAD_VARIABLES}
            words = [sys.executable, __file__, "--worker", str(threads), "--libraries", libraries, "--only", options.only]
            rows = Path(libraries) / "rows.json"
            words += ["--rows", str(rows), "--seconds", str(options.seconds), "--program", str(options.program.resolve())]
            worker = subprocess.run(words, env=environment, stdout=subprocess.DEVNULL)
            if worker.returncode != 0:
                raise SystemExit(worker.returncode)
            record["rows"] += json.loads(rows.read_text())
    if not record["rows"]:
        raise SystemExit(f'--only "{options.only}": no work has this in its name')
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "compare.json").write_text(json.dumps(record, indent=1) + "\n")
    (options.output / "compare.md").write_text(report.table(record))
    report.plot(record, options.output / "compare.png")
    print(report.table(record))
    say(f"written: {options.output}/compare.json, compare.md, compare.png")


if __name__ == "__main__":
    main()
