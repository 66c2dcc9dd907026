"""Properties of the travel system: whatever is drawn, it keeps its promises; without a safeguard it does not."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from pytest_agentchaos import faults, on, strategies
from reference_system import travel
from reference_system.contracts.trip import TripAnswer
from reference_system.journeys import find

MENU = (
    faults.DropResponse(),
    faults.DropRequest(),
    faults.Duplicate(),
    faults.Latency(seconds=20),
    faults.Unavailable(),
)
CHEAP = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.unmeasured
@CHEAP
@given(strategies.schedules(MENU, rate=0.2), strategies.journeys("reference_system:travel"))
def test_the_hardened_system_keeps_its_promises(schedule, journey):
    """The usual invariants, in any journey that it knows."""
    strategies.check("reference_system:travel", journey, schedule=schedule)


@pytest.mark.unmeasured
def test_without_idempotency_a_write_happens_twice_and_one_fault_suffices():
    """Of all that was drawn, one fault at one write is left, even where Hypothesis does not shrink."""

    @settings(CHEAP, max_examples=30, phases=[Phase.generate])
    @given(strategies.schedules(MENU, on=on.write()))
    def books_once(schedule):
        strategies.check('reference_system:travel("idempotency")', schedule=schedule)

    with pytest.raises(AssertionError, match=r"no_duplicate_effect: .*was executed 2 times") as caught:
        books_once()
    assert "under 1 fault; without it the trial holds" in str(caught.value)
    assert 'system: reference_system:travel("idempotency")' in str(caught.value)


class Agency:
    """The travel system with one service that stays, asked by several travellers at a time."""

    journeys = ("weekend-in-lisbon",)

    def __init__(self, chaos, *off):
        self.system = travel(*off)
        self.system.introduce(chaos)
        self._service = None

    async def _open(self, ready):
        async with self.system.service() as service:
            ready.set_result(service)
            await asyncio.Event().wait()

    async def _running(self):
        if self._service is None:
            self._service = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._open(self._service))
        return await asyncio.shield(self._service)

    async def take(self, name):
        """The first turn of a journey."""
        service = await self._running()
        return await service.ask(find(name).turns[0].request(None), key=name)

    async def resume(self):
        """A new service, which goes on with what the old one has left."""
        self._service = None
        await (await self._running()).rest()
        return tuple(TripAnswer.model_validate(row.answer) for row in self.system.store.trips() if row.answer)

    def close(self):
        """Let go of the records."""
        self.system.close()


STEPS = {
    "journeys": ["weekend-in-lisbon"],
    "edges": [("*", "flights*")],
    "faults": [(faults.Duplicate(), on.tool("book_*")), (faults.Latency(seconds=20), on.tool("book_*"))],
}
"""Trips take no time by themselves: something has to be slow, for a crash to come in between."""


def test_a_running_service_survives_what_happens_around_it():
    """Crashes, restarts, cut edges, duplicates, slow calls, the passing of time."""
    machine = strategies.machine(Agency, **STEPS)
    run_state_machine_as_test(machine, settings=settings(CHEAP, max_examples=8, stateful_step_count=8))
