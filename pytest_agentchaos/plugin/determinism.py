"""The same test twice: are the two histories one?"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol

from pytest_agentchaos.evidence.history import History, first_difference
from pytest_agentchaos.plugin.fixture import AgentChaos

REHEARSED: pytest.StashKey[History] = pytest.StashKey()
_REHEARSING: pytest.StashKey[bool] = pytest.StashKey()


def rehearse(item: pytest.Item) -> None:
    """Run the test with fixtures of its own, unreported, and keep its history."""
    from pytest_agentchaos.plugin.hooks import ENABLED

    item.stash[_REHEARSING] = True
    try:
        runtestprotocol(item, log=False, nextitem=item)
    finally:
        del item.stash[_REHEARSING]
    chaos = item.stash.get(ENABLED, None)
    if chaos is not None:
        item.stash[REHEARSED] = chaos.history
        del item.stash[ENABLED]
    item._initrequest()  # type: ignore[attr-defined] - what pytest itself does to run an item anew


def compare(item: pytest.Item, chaos: AgentChaos) -> None:
    """Fail the test when this run differs from the rehearsal, naming the first op that does."""
    __tracebackhide__ = True
    before = item.stash.get(REHEARSED, None)
    if before is None or item.stash.get(_REHEARSING, False):
        return
    difference = first_difference(before, chaos.history)
    if difference is not None:
        index, first, second = difference
        pytest.fail(
            f"the same test, run twice, left two histories; they part at op {index}:\n"
            f"  first:  {first}\n  second: {second}\n"
            "Look there for what differs between runs: a set that is iterated, a clock or random source of its own,"
            " a thread, state that survives a test.",
            pytrace=False,
        )
