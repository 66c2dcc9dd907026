"""A process that is killed, at every point at which it can be: the next one goes on, and repeats no effect."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.contracts.trip import Reason
from reference_system.store.interface import BookingRow

TRIP = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, no dinner"
TOO_DEAR = f"{TRIP}, under 320 euros"


class KilledError(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Killer:
    """Kills the process at one of the calls that it makes to the world: before, or after it was executed."""

    at: int
    after: bool
    seen: int = 0
    where: str = ""

    def pass_by(self, where: str, *, after: bool) -> None:
        """One of its calls."""
        if after is self.after:
            self.seen += 1
            if self.seen == self.at:
                self.where = where
                raise KilledError(where)

    def wrap(self, scene) -> None:
        """Stand in front of everything that the process calls."""
        scene.wrap_model = lambda model: _Model(model, self)
        scene.wrap_tools = lambda tools: _Tools(tools, self)
        scene.wrap_store = lambda store: _Store(store, self)


@dataclass
class _Model:
    inner: object
    killer: Killer

    async def ask(self, question, allowance):
        self.killer.pass_by(f"model {question.role}", after=False)
        reply = await self.inner.ask(question, allowance)
        self.killer.pass_by(f"model {question.role}", after=True)
        return reply


@dataclass
class _Tools:
    inner: object
    killer: Killer

    async def call(self, request, allowance):
        self.killer.pass_by(f"tool {request.tool}", after=False)
        reply = await self.inner.call(request, allowance)
        self.killer.pass_by(f"tool {request.tool}", after=True)
        return reply


class _Store:
    """For the orchestrator and for the gateway: also between the two halves of a write."""

    def __init__(self, inner, killer: Killer) -> None:
        self._inner = inner
        self._killer = killer

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def run(self, work, *args):
        self._killer.pass_by(f"store {work.__name__}", after=False)
        result = await self._inner.run(work, *args)
        self._killer.pass_by(f"store {work.__name__}", after=True)
        return result


def kept(scene) -> list[tuple]:
    """What was ever booked for this trip and how it stands, as far as it matters: not under which id."""
    return sorted(_essence(row) for row in scene.store.bookings() if row.state in {"booked", "cancelled"})


def _essence(row: BookingRow) -> tuple:
    return row.kind, row.item, row.amount_minor, row.state, len(row.units)


def told(answer) -> tuple:
    """What the user is told, as far as it matters."""
    bookings = [(row.item, row.first, row.last, row.names, row.amount_minor) for row in answer.bookings]
    return answer.reason, bookings, answer.total_minor, answer.missing, answer.weather, answer.itinerary


def killed_everywhere(world, text: str, *, after: bool, **parts):
    """For each point: where it was, the scene, and the answer of the second process."""
    at = 0
    while True:
        at += 1
        scene, killer = world(**parts), Killer(at, after)
        killer.wrap(scene)
        row = scene.row(text)
        try:
            scene.run(row)
        except KilledError:
            yield killer.where, scene, scene.run(row)
        else:
            return


@pytest.mark.unmeasured
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_killed_trip_is_finished_by_the_next_process_with_every_effect_once(world, truthful, after):
    """Whatever call it was killed at: the same bookings at the same prices, one of each, and the same answer."""
    undisturbed = world()
    expected = undisturbed.run(TRIP)
    points = 0

    for where, scene, answer in killed_everywhere(world, TRIP, after=after):
        points += 1
        assert kept(scene) == kept(undisturbed), where
        assert told(answer) == told(expected), where
        truthful(scene, answer)

    assert points > 40


@pytest.mark.unmeasured
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_killed_compensation_is_finished_by_the_next_process(world, truthful, after):
    """Killed while holds are released: in the end nothing is held, and the question is the same."""
    expected = world().run(TOO_DEAR)

    for where, scene, answer in killed_everywhere(world, TOO_DEAR, after=after):
        assert (answer.reason, answer.problem, answer.question) == (
            expected.reason,
            expected.problem,
            expected.question,
        ), where
        assert not scene.bookings("held", "booked"), where
        truthful(scene, answer)


@pytest.mark.unmeasured
def test_a_killed_trip_that_goes_to_a_person_goes_there_once(world):
    """One escalation, wherever the process was killed."""
    down = (rule(faults.ErrorStatus(status=503), on.tool("book_flight")),)

    for where, scene, answer in killed_everywhere(world, TRIP, after=True, schedule=down):
        assert answer.reason is Reason.ESCALATED, where
        (escalation,) = scene.store.escalations()
        assert escalation.escalation == answer.escalation


def test_a_trip_survives_being_killed_again_and_again(world, truthful):
    """No process lives longer than eight calls."""
    scene = world()
    row = scene.row(TRIP)
    answer = None
    for _ in range(60):
        Killer(at=8, after=True).wrap(scene)
        try:
            answer = scene.run(row)
        except KilledError:
            continue
        break

    assert answer is not None
    assert answer.reason is Reason.COMPLETED
    assert len(answer.bookings) == 3
    truthful(scene, answer)


def last_room(scene) -> None:
    """The cheapest hotel has one room left, so that the own booking changes what a search finds."""
    for night in ("2027-03-05", "2027-03-06"):
        scene.store.set_capacity(f"room:H-LIS-1:{night}", 1)


def killed_after_booking_the_hotel(scene):
    """The hotel is booked, and the orchestrator dies before it hears of it."""
    row = scene.row(TRIP)
    killer = Killer(at=1, after=True)
    killer.wrap(scene)
    killer.pass_by = _kill_after_the_hotel
    with pytest.raises(KilledError):
        scene.run(row)
    killer.pass_by = lambda where, *, after: None
    return scene.run(row)


def _kill_after_the_hotel(where: str, *, after: bool) -> None:
    if after and where == "tool book_hotel":
        raise KilledError(where)


def test_a_changed_inventory_does_not_lead_a_resumed_trip_to_a_second_hotel(world, truthful):
    """The room that was booked was the last one; the next process adopts it and does not search for another."""
    scene = world()
    last_room(scene)

    answer = killed_after_booking_the_hotel(scene)

    assert answer.reason is Reason.COMPLETED
    assert [row.item for row in scene.bookings("booked") if row.kind == "room"] == ["H-LIS-1"]
    truthful(scene, answer)


def test_without_checkpoints_a_resumed_trip_begins_again_and_books_a_second_hotel(world, off):
    """It finds its own room sold, takes the next best, and its answer knows nothing of the first."""
    scene = world(hardening=off("checkpoints"))
    last_room(scene)

    answer = killed_after_booking_the_hotel(scene)

    rooms = [row.item for row in scene.bookings("booked") if row.kind == "room"]
    assert len(rooms) == 2
    assert [row.item for row in answer.bookings if row.domain == "hotels"] == rooms[1:]


def test_without_idempotency_a_resumed_trip_books_twice(world, off):
    """There are no records of what was begun."""
    scene = world(hardening=off("idempotency"))

    killed_after_booking_the_hotel(scene)

    assert len([row for row in scene.bookings("booked") if row.kind == "room"]) == 2
