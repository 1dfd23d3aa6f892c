"""Two programs timed in turn, on a machine that others use too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAST_SAMPLE = 2e-3  # seconds: a sample repeats its program until it lasts so long
LEAST_ROUNDS = 5
RESAMPLES = 4000


@dataclass(frozen=True)
class Comparison:
    """Medians in seconds a call; ratio = time of b / time of a, the median of the rounds with its 95 % interval."""

    a: float
    b: float
    ratio: float
    low: float
    high: float
    rounds: int


def sample(program: Callable[[], object], calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        program()
    return (time.perf_counter() - begin) / calls


def calls_of(program: Callable[[], object]) -> int:
    program()
    return max(1, round(LEAST_SAMPLE / max(min(sample(program, 1) for _ in range(3)), 1e-7)))


def compare(a: Callable[[], object], b: Callable[[], object], seconds: float) -> Comparison:
    """Rounds of A B B A for `seconds`, but at least five of them. Both ran before, so that nothing is touched for the first
    time."""
    calls_a, calls_b = calls_of(a), calls_of(b)
    rounds: list[tuple[float, float]] = []
    begin = time.perf_counter()
    while len(rounds) < LEAST_ROUNDS or time.perf_counter() - begin < seconds:
        first, second = sample(a, calls_a), sample(b, calls_b)
        third, fourth = sample(b, calls_b), sample(a, calls_a)
        rounds.append(((first + fourth) / 2, (second + third) / 2))
    times = np.array(rounds)
    ratios = times[:, 1] / times[:, 0]
    random = np.random.default_rng(0)
    medians = np.median(random.choice(ratios, (RESAMPLES, len(ratios))), axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return Comparison(*np.median(times, axis=0), float(np.median(ratios)), float(low), float(high), len(rounds))
