"""1,000 trials of the bundled agent, under three hash seeds, twice: is each trial the same every time?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.core.processes import run
from benchmarks.measure import Measurement

TRIALS = 1_000
HASH_SEEDS = ("0", "1", "4242")


def measurements() -> Iterator[Measurement]:
    """Six processes, their lists of digests compared."""
    with ThreadPoolExecutor(2) as pool:
        lists = list(pool.map(_digests, HASH_SEEDS * 2))
    trials = [set(digests) for digests in zip(*lists, strict=True)]
    assert len(trials) == TRIALS
    varying = [number for number, digests in enumerate(trials) if len(digests) > 1]
    distinct = len(set().union(*trials))
    hash_seeds = ", ".join(HASH_SEEDS)
    detail = f"{len(lists)} processes, each PYTHONHASHSEED of {hash_seeds} twice; {distinct} digests in all"
    detail += f"; first that vary: {varying[:5]}" if varying else ""
    yield Measurement("digests of a trial", max(map(len, trials)), "different", 1, "at_most", detail)


def _digests(hash_seed: str) -> list[str]:
    code = f"from pytest_agentchaos.demo.trials import digests; print(*digests({TRIALS}), sep=chr(10))"
    return run([sys.executable, "-c", code], Path.cwd(), PYTHONHASHSEED=hash_seed).split()
