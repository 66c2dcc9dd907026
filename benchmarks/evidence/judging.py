"""All invariants together on a history of 1,000 ops, and how that grows to 100,000."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.evidence.trips import trips
from benchmarks.measure import Measurement, garbage_waits
from pytest_agentchaos import invariants
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.invariants.registry import registered

SMALL, LARGE = 1_000, 100_000
ROUNDS = 15


def every() -> dict[str, Invariant]:
    """One of each, so that all of them have something to do on these histories."""
    return {
        "at_most": invariants.at_most("steps", 1_000_000),
        "backs_off": invariants.backs_off(),
        "breaker_opens": invariants.breaker_opens(),
        "complete_trace": invariants.complete_trace(),
        "correlated": invariants.correlated(by="travel.correlation"),
        "deadline_respected": invariants.deadline_respected(900),
        "degrades_gracefully": invariants.degrades_gracefully({"bookings": ["search_flights"]}),
        "escalates_after": invariants.escalates_after(2, "escalate*"),
        "no_deadlock": invariants.no_deadlock(),
        "no_duplicate_effect": invariants.no_duplicate_effect(),
        "no_orphan": invariants.no_orphan(),
        "no_oversell": invariants.no_oversell("seat", 1_000_000),
        "no_phantom": invariants.no_phantom(),
        "no_progress_loop": invariants.no_progress_loop(),
        "no_secret_leaked": invariants.no_secret_leaked("a secret that is nowhere"),
        "no_unknown_tool": invariants.no_unknown_tool(),
        "obeys_policy": invariants.obeys_policy(allow={"*": ["search_*", "book_*"]}),
        "poisoned_content_ignored": invariants.poisoned_content_ignored(("a marker that is nowhere",)),
        "recovers_within": invariants.recovers_within(60),
        "respects_retry_after": invariants.respects_retry_after(),
        "terminates": invariants.terminates(),
        "undone_if_failed": invariants.undone_if_failed(),
        "valid_messages": invariants.valid_messages(),
        "world_agrees": invariants.world_agrees(),
    }


def judging_s(text: str) -> tuple[float, dict[str, float]]:
    """Seconds for all of them on a history that nobody has looked at yet, and for each."""
    history = History.from_jsonl(text)
    each: dict[str, float] = {}
    with garbage_waits():
        began_s = wall_s()
        for name, invariant in every().items():
            before_s = wall_s()
            judge(invariant, history)
            each[name] = wall_s() - before_s
        return wall_s() - began_s, each


def measurements() -> Iterator[Measurement]:
    """The median of several rounds; the growth is what each op of the large one costs against each of the small one."""
    assert set(every()) == set(registered()), set(every()) ^ set(registered())
    small, large = trips(SMALL), trips(LARGE)
    texts = small.to_jsonl(), large.to_jsonl()
    rounds = [judging_s(texts[0]) for _ in range(ROUNDS)]
    small_s = median(taken for taken, _ in rounds) * SMALL / len(small)
    longest = max(rounds[0][1], key=lambda name: median(each[name] for _, each in rounds))
    detail = f"{len(every())} invariants; the longest: {longest}"
    yield Measurement("judging 1,000 ops", small_s * 1e3, "ms", 20, "at_most", detail)
    large_s = min(judging_s(texts[1])[0] for _ in range(2)) * LARGE / len(large)
    growth = large_s / small_s / (LARGE / SMALL)
    detail = f"{large_s:.2f} s for 100,000; linear would be 1, and what no longer fits the caches costs more"
    yield Measurement("growth to 100,000 ops", growth, "x linear", 1.5, "at_most", detail)
