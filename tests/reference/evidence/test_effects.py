"""Effects: what was done twice, never, for nobody or too often is found, and the safeguards keep it from happening.

Each row of the table is an incident: the safeguard that is missing, the invariant that finds it, what it says, and what
went wrong in the world. With all safeguards, in the same world and by the same seed, the invariant passes.
"""

import asyncio
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from pytest_agentchaos import faults, invariants, on
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import TripRequest
from reference_system.tools.server import build_server

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
REASON = "answers.-1.reason"
ROOM = r"hotel_booking with key \('t-\w+', 'H-LIS-1', '2027-03-05'\)"
FLIGHT = r"flight_booking with key \('t-\w+', 'LX1766', '2027-03-05'\)"
TABLE = "table_reservation with id planned-dine"
UNCLAIMED = r" and id \S+ was done at .* and stands, and was not claimed"

LOST_ONCE = [(faults.DropResponse(), on.tool("book_hotel", nth=1))]
ALWAYS_LOST = [(faults.DropResponse(), on.tool("book_hotel"))]
TWO_COPIES = [(faults.Duplicate(order="in_flight"), on.tool("book_flight"))]
STUTTER = [(faults.RepeatedCall(tool="book_hotel"), on.model())]
NO_TABLE = [(faults.Unavailable(), on.tool("reserve_table"))]
NO_RESTAURANT = [(faults.Unavailable(), on.tool("search_restaurants"))]
SLOW_MODEL = [(faults.Latency(seconds=27), on.model())]


class Incident(NamedTuple):
    """What happens without a safeguard."""

    switch: str
    invariant: Any
    tells: str
    faults: Any = ()
    journey: str = "weekend-in-lisbon"


INCIDENTS = {
    "a hotel books, its answer is lost, the request is sent again: two rooms are paid": Incident(
        "idempotency",
        invariants.no_duplicate_effect(),
        ROOM + r" was executed 2 times, at 0 s and 10\.\d+ s",
        LOST_ONCE,
    ),
    "and the user hears of one of them": Incident(
        "idempotency",
        invariants.no_orphan(),
        ROOM + UNCLAIMED,
        LOST_ONCE,
    ),
    "a proxy delivers each request twice: four flights for a weekend": Incident(
        "idempotency",
        invariants.no_duplicate_effect("flight_*"),
        FLIGHT + " was executed 2 times",
        TWO_COPIES,
    ),
    "a model that stutters asks twice for one room, and gets two": Incident(
        "idempotency",
        invariants.no_duplicate_effect("hotel_booking"),
        ROOM + " was executed 2 times",
        STUTTER,
    ),
    "the user dresses for a table that nobody reserved": Incident(
        "truthful_summary",
        invariants.no_phantom(),
        TABLE + " was claimed, and never done",
        NO_TABLE,
    ),
    "and not even a restaurant was found": Incident(
        "truthful_summary",
        invariants.no_phantom("table_*"),
        TABLE + " was claimed, and never done",
        NO_RESTAURANT,
    ),
    "a hotel has booked each time and never answered: a room waits for guests who never heard of it": Incident(
        "compensation",
        invariants.no_orphan("hotel_booking"),
        ROOM + UNCLAIMED,
        ALWAYS_LOST,
    ),
    "the trip came too late, and a room is paid by a user who travels nowhere": Incident(
        "compensation",
        invariants.undone_if_failed(failed_when={REASON: "deadline"}),
        ROOM + f' and id H-000001 was done at .* and stands, though the answer has {REASON} = "deadline"',
        SLOW_MODEL,
    ),
    "no hotel is free, and for a quarter of an hour seats stay blocked for nobody": Incident(
        "compensation",
        invariants.undone_if_failed("flight_hold", failed_when={REASON: ["failed", "needs_input"]}),
        f'flight_hold with key .* and stands, though the answer has {REASON} = "needs_input"',
        journey="full-hotels",
    ),
}

incidents = pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)


@incidents
def test_without_the_safeguard(taken, judged, incident):
    """It happens, and the invariant says what happened."""
    taken(incident.switch, faults=incident.faults, journey=incident.journey)

    verdict = judged(incident.invariant)

    assert verdict.status == "fail"
    assert re.search(incident.tells, verdict.reason)


@incidents
def test_with_all_safeguards(taken, judged, incident):
    """In the same world it does not happen."""
    taken(faults=incident.faults, journey=incident.journey)

    assert judged(incident.invariant).status == "pass"


# --- the last room ------------------------------------------------------------------------------------------------

ROOMS = {"H-LIS-1/2027-03-05": 1, "H-LIS-2/2027-03-05": 9}


def _weekend(user):
    text = f"A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for {user}, under 1200 euros."
    return TripRequest(text=text, user=user)


def _leave_one_room(travel):
    for night in ("2027-03-05", "2027-03-06", "2027-03-07"):
        travel.store.set_capacity(f"room:H-LIS-1:{night}", 1)


def _two_want_it(travel):
    async def visit():
        async with travel.service() as service:
            return await asyncio.gather(*(service.ask(_weekend(user), key=user) for user in ("Ada", "Ben")))

    return visit


@pytest.mark.parametrize(("off", "status"), [(["capacity_constraint"], "fail"), ([], "pass")], ids=["without", "with"])
def test_the_last_room_is_sold_twice_without_a_constraint_in_the_database(agentchaos, system, judged, off, status):
    """Each trip looked before it sold, and two guests stand at the desk with a confirmation."""
    travel = system(*off, change=_leave_one_room)
    agentchaos.run(_two_want_it(travel))

    verdict = judged(invariants.no_oversell("hotel_booking", ROOMS, per=("hotel", "check_in")))

    assert verdict.status == status
    assert "H-LIS-1/2027-03-05 are taken, and there are 1" in verdict.reason or status == "pass"
    assert judged(invariants.no_phantom()).passed  # both have what they were told
    assert judged(invariants.no_orphan()).passed


# --- a crash in the middle ----------------------------------------------------------------------------------------


def _killed_when_the_room_is_booked(travel):
    """A service that begins a trip and is gone without a warning, in a world where each tool call takes a second."""

    async def visit():
        async with travel.service() as service:
            trip = asyncio.create_task(service.ask(_weekend("Ada"), key="ada-1"))
            await asyncio.sleep(4.5)  # the fourth call is that of the hotel
            assert [row.item for row in travel.store.bookings(state="booked")] == ["H-LIS-1"]
            trip.cancel()

    return visit


@pytest.mark.parametrize(("off", "status"), [(["checkpoints"], "fail"), ([], "pass")], ids=["without", "with"])
def test_a_trip_that_begins_again_without_checkpoints_forgets_its_room(agentchaos, system, judged, off, status):
    """It finds its own room sold and takes the next best; the first one is paid, and no answer knows of it."""
    travel = system(*off, change=_leave_one_room)
    agentchaos.inject(faults.Latency(seconds=1), on.tool())
    agentchaos.run(_killed_when_the_room_is_booked(travel))
    agentchaos.run(travel.resume)

    verdict = judged(invariants.no_orphan("hotel_booking"))

    assert verdict.status == status
    assert re.search(ROOM + UNCLAIMED, verdict.reason) or status == "pass"


# --- what no wire shows -------------------------------------------------------------------------------------------


def _writes_twice(travel):
    """Make the hotels' server book a second room behind each booking, with an id of its own."""

    @contextmanager
    def observe(tool, meta):
        yield
        if tool == "book_hotel":
            room = travel.store.bookings(state="booked")[-1]
            travel.store.write(lambda one: one.put(replace(room, booking=one.next_id("H"), request_key=None, units=())))

    travel.tools = {domain: build_server(domain, travel.store, travel.hardening, observe=observe) for domain in DOMAINS}


def test_a_server_that_writes_twice_is_found_by_looking(taken, judged):
    """No safeguard of the caller's can see it: one request was sent, one room was answered, and two are on record."""
    taken(change=_writes_twice)

    verdict = judged(invariants.world_agrees())

    assert verdict.status == "fail"
    assert re.search(ROOM + " and id H-000002 is in the world, and no wire shows that it was done", verdict.reason)
    assert judged(invariants.no_orphan()).passed  # by the wires nothing is wrong
    twice = judged(invariants.no_duplicate_effect())
    assert twice.status == "fail"
    assert re.search("the world has 2 of " + ROOM, twice.reason)


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "kept"])
def test_a_booking_that_somebody_else_deletes_is_missed(agentchaos, system, judged, lost):
    """The hotel cancels by telephone. The answer was true when it was given, and the guests have no room."""
    travel = system()

    async def visit():
        taken = await travel.take("weekend-in-lisbon")
        if lost:
            travel.store.write(lambda one: one.cancel("H-000001"))
        return taken

    agentchaos.run(visit)

    verdict = judged(invariants.world_agrees())
    assert verdict.status == ("fail" if lost else "pass")
    assert re.search(ROOM + " and id H-000001 was done at 0 s, and is not in the world", verdict.reason) or not lost
    assert judged(invariants.no_phantom()).status == ("fail" if lost else "pass")


# --- a change of a trip --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("journey", ["better-hotel", "cancel-dinner", "cancel-trip", "change-of-days"])
def test_what_an_earlier_answer_told_is_still_claimed(taken, judged, journey):
    """The answer about a change tells what is new; what stays is no orphan, and what was replaced no phantom."""
    taken(journey=journey)

    for invariant in (invariants.no_orphan(), invariants.no_phantom(), invariants.world_agrees()):
        assert judged(invariant).status == "pass"


# --- what is left for a person --------------------------------------------------------------------------------------


def test_held_seats_of_an_escalated_trip_are_in_the_world(taken, judged):
    """A person may still want them. Whoever looks after the trial sees them, though its clock says they ran out."""
    taken(faults=[(faults.Unavailable(), on.tool("book_flight"))])

    assert judged(invariants.world_agrees()).status == "pass"
    assert judged(invariants.no_orphan("*_booking")).status == "pass"
    assert judged(invariants.no_orphan("flight_hold")).status == "fail"  # no answer tells of what is held


def test_a_change_that_broke_off_promises_nothing_of_what_it_cancelled(taken, judged):
    """The old hotel is cancelled, and nobody hears of it: a person gets the trip, and nobody claims that hotel."""
    taken(journey="better-hotel", faults=[(faults.DropResponse(), on.tool("cancel_hotel"))])

    for invariant in (invariants.no_phantom(), invariants.no_orphan("*_booking"), invariants.world_agrees()):
        assert judged(invariant).status in {"pass", "unknown"}
