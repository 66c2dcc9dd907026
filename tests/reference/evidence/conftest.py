"""The whole travel system in a trial that knows what it does to the world: what every test of the invariants needs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_agentchaos import History, Verdict
from reference_system.system import QUIET, TravelSystem, travel


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A system in trouble has much to log, and here trouble is what is wanted."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def system(agentchaos) -> Iterator[Callable[..., TravelSystem]]:
    """Make the system of this trial, with these safeguards switched off, and introduce it.

    ``model``: the temperament of the model. ``change``: is given the system before it is introduced.
    """
    made: list[TravelSystem] = []

    def make(*off: str, model: str = QUIET.model, change: Callable[[TravelSystem], None] | None = None) -> TravelSystem:
        one = travel(*off, settings=replace(QUIET, model=model))
        made.append(one)
        if change is not None:
            change(one)
        one.introduce(agentchaos)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def taken(agentchaos, system) -> Callable[..., TravelSystem]:
    """Take a journey without these safeguards, in a world with these faults: ``taken("breaker", faults=[...])``."""

    def take(*off: str, faults=(), journey: str = "weekend-in-lisbon", **made) -> TravelSystem:
        one = system(*off, **made)
        for fault, where in faults:
            agentchaos.inject(fault, where)
        agentchaos.run(one.take, journey)
        return one

    return take


@pytest.fixture
def judged(agentchaos) -> Callable[..., Verdict]:
    """The verdict of an invariant on this trial; the same on the history as it is saved."""

    def judge(invariant) -> Verdict:
        verdict = invariant.check(agentchaos.history)
        assert invariant.check(History.from_jsonl(agentchaos.history.to_jsonl())) == verdict
        return verdict

    return judge
