"""All journeys in sim mode, twice under each of three hash seeds: is each of them the same every time?"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.core.processes import run
from benchmarks.measure import Measurement
from benchmarks.reference.sim_trip import take
from reference_system.journeys import shipped

HASH_SEEDS: Final = ("0", "1", "4242")
JOURNEYS_AT_LEAST: Final = 30

Digests = dict[str, list[str]]
"""Journey -> the digest of its history, and of what is in the store after it."""


def measurements() -> Iterator[Measurement]:
    """Six processes, what they found compared."""
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(_digests, HASH_SEEDS * 2))
    names = list(runs[0])
    assert len(names) >= JOURNEYS_AT_LEAST, names
    different = {name: len({tuple(found[name]) for found in runs}) for name in names}
    varying = [name for name, count in different.items() if count > 1]
    hash_seeds = ", ".join(HASH_SEEDS)
    detail = f"{len(names)} journeys, history and store, each PYTHONHASHSEED of {hash_seeds} twice"
    detail += f"; those that vary: {', '.join(varying)}" if varying else ""
    yield Measurement("digests of a journey", max(different.values()), "different", 1, "at_most", detail)


def tell() -> None:
    """What one process finds, as JSON."""
    logging.disable(logging.WARNING)
    found: Digests = {}
    for journey in shipped():
        system, trial = take(journey)
        found[journey.name] = [trial.history.digest(), system.state_digest()]
        system.close()
    print(json.dumps(found))


def _digests(hash_seed: str) -> Digests:
    code = f"from {__name__} import tell; tell()"
    found: Digests = json.loads(run([sys.executable, "-c", code], Path.cwd(), PYTHONHASHSEED=hash_seed))
    return found
