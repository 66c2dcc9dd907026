"""The same test twice: are the two histories one?"""

from __future__ import annotations

from typing import NamedTuple, cast

import pytest
from _pytest.runner import runtestprotocol

from pytest_agentchaos.evidence.history import History, first_difference
from pytest_agentchaos.plugin.fixture import AgentChaos


class Rehearsal(NamedTuple):
    """What the first of the two runs left."""

    history: History
    outcomes: str


_REHEARSED: pytest.StashKey[Rehearsal] = pytest.StashKey()
_REHEARSING: pytest.StashKey[list[AgentChaos]] = pytest.StashKey()


def rehearse(item: pytest.Item) -> None:
    """Run the test with fixtures of its own, unreported, and keep its history."""
    seen: list[AgentChaos] = []
    item.stash[_REHEARSING] = seen
    sections, properties = len(item._report_sections), len(item.user_properties)  # noqa: SLF001 - captured output
    try:
        # As if the next test were another one of the same place: only this test's own fixtures end.
        reports = runtestprotocol(item, log=False, nextitem=cast("pytest.Item", item.parent))
    finally:
        del item.stash[_REHEARSING]
        del item._report_sections[sections:], item.user_properties[properties:]  # noqa: SLF001
    if getattr(item, "cls", None) is not None:
        # Methods get a fresh instance for each test, and so for each run of it.
        for name in ("_instance", "_obj"):
            vars(item).pop(name, None)
    if seen:
        item.stash[_REHEARSED] = Rehearsal(seen[0].history, _outcomes(reports))


def rehearsing(item: pytest.Item, chaos: AgentChaos) -> bool:
    """Whether this run is not for the record; what it leaves is kept."""
    seen = item.stash.get(_REHEARSING, None)
    if seen is None:
        return False
    seen[:] = [chaos]
    return True


def is_rehearsal(item: pytest.Item) -> bool:
    """Whether this run is not for the record."""
    return _REHEARSING in item.stash


def difference(item: pytest.Item, chaos: AgentChaos) -> str | None:
    """In what this run differs from the rehearsal, naming the first op that does; None if it does not."""
    before = item.stash.get(_REHEARSED, None)
    if before is None or _REHEARSING in item.stash:
        return None
    parts = first_difference(before.history, chaos.history)
    if parts is None:
        return None
    index, first, second = parts
    return (
        f"the same test, run twice, left two histories; they part at op {index}:\n"
        f"  first:  {first}\n  second: {second}\n"
        "Look there for what differs between runs: a set that is iterated, a clock or random source of its own,"
        " a thread, state that survives a test."
    )


def compared(item: pytest.Item, chaos: AgentChaos) -> list[str]:
    """Lines to go under a failure: was it the same the first time?"""
    before = item.stash.get(_REHEARSED, None)
    if before is None:
        return []
    parts = difference(item, chaos)
    same = "the same history" if parts is None else "another history"
    return [f"run before, as a rehearsal: {before.outcomes}, {same}", *(parts or "").splitlines()]


def _outcomes(reports: list[pytest.TestReport]) -> str:
    return next((report.outcome for report in reports if not report.passed), "passed")
