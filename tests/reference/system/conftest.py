"""The whole system in virtual time, and what has to hold whatever happens to it."""

import json
import logging
from collections import Counter

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.contracts.trip import Reason
from reference_system.system import travel

MAY_LEAVE_HOLDS = {Reason.ESCALATED, Reason.FAILED, Reason.DEADLINE, Reason.BUDGET_EXHAUSTED}
"""When a tool is down for good its holds end by themselves."""
MAY_LEAVE_BOOKINGS = {Reason.COMPLETED, Reason.DEGRADED, Reason.ESCALATED}


class Run:
    """One system, one journey, some faults."""

    def __init__(self, journey, *rules, off=(), seed=0):
        self.system = travel(*off)
        self.trial = Trial(rules, seed=seed)
        for url, thing in self.system.upstreams.items():
            self.trial.upstreams.declare(url, thing)
        taken = self.trial.run(self.system.take, journey)
        self.answers = None if taken is None else taken.answers
        for _ in range(20):
            if self.trial.outcome.ending != "crashed":
                break
            self.answers = self.trial.run(self.system.resume)
        self.trial.close()

    @property
    def fired(self):
        """Whether every fault did something."""
        return all(tally.fired for tally in self.trial.engine.tallies)

    @property
    def answer(self):
        """The last one."""
        return self.answers[-1]

    def wrong(self):
        """What must never be, in words."""
        store, answer = self.system.store, self.answer
        booked = store.bookings(state="booked")
        wishes = Counter((row.trip, row.kind, row.item, json.dumps(row.details, sort_keys=True)) for row in booked)
        yield from (f"booked {count} times: {wish}" for wish, count in wishes.items() if count > 1)
        # Read after the trial, by the real clock, a hold that was let go of is cancelled, and any other has expired.
        forgotten = [row.booking for row in store.bookings() if row.state in {"held", "expired"}]
        if answer.reason not in MAY_LEAVE_HOLDS:
            yield from (f"held for nobody: {booking}" for booking in forgotten)
        yield from (f"never ended: {row.trip}" for row in store.trips("running"))
        stands, told = {row.booking for row in booked}, {row.booking for row in answer.bookings}
        yield from (f"phantom: {booking} is told and does not stand" for booking in sorted(told - stands))
        yield from (f"orphan: {booking} stands and is not told" for booking in sorted(stands - told))
        if answer.reason not in MAY_LEAVE_BOOKINGS and stands:
            yield f"{answer.reason}, and {sorted(stands)} are left behind"
        cost_minor = sum(row.amount_minor for row in booked)
        if answer.total_minor != cost_minor:
            yield f"told to cost {answer.total_minor}, costs {cost_minor}"


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def run():
    """Take a journey: ``run("weekend-in-lisbon", rule(faults.Reset(), on.tool()), off=("breaker",))``."""
    return Run
