"""Of what a tool answers, only what keeps the contract and is about what was asked is made use of."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pytest
from mcp.types import CallToolResult, TextContent

from pytest_agentchaos import faults, on
from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.schedule import rule
from reference_system.contracts.tools import TOOLS, FlightOffers, Refusal
from reference_system.errors import InvalidResultError
from reference_system.gateway.arguments import understood
from reference_system.gateway.interface import ToolReply
from reference_system.gateway.relevance import mismatch
from reference_system.gateway.results import NoResultError, ToolFailedError, read, result_of
from reference_system.hardening import Hardening

OFFER = {
    "flight": "LX1766",
    "date": "2027-03-05",
    "origin": "Zurich",
    "destination": "Lisbon",
    "departs": "07:10",
    "arrives": "09:05",
    "price_minor": 10_000,
    "currency": "EUR",
    "seats_left": 3,
}
SEARCH = {"origin": "zurich", "destination": "Lisbon", "depart_on": "2027-03-05", "return_on": "2027-03-08"}


def answer(structured=None, text="", *, is_error=False):
    """As the SDK gives it."""
    content = [TextContent(type="text", text=text)]
    return CallToolResult(content=content, structured_content=structured, is_error=is_error)


def test_structured_content_is_the_result():
    """And a text with JSON is, for servers that know nothing else."""
    tool = TOOLS["search_flights"]
    offers = {"outbound": [OFFER], "inbound": []}
    found = read(tool, answer(offers), validate=True)
    assert isinstance(found, FlightOffers)
    assert found.outbound[0].date == date(2027, 3, 5)
    assert read(tool, answer(None, '{"outbound": []}'), validate=True) == FlightOffers(outbound=())


def test_a_refusal_is_told_from_a_failure():
    """Only the contract's own words mean that nothing happened."""
    tool = TOOLS["book_hotel"]
    refusal = Refusal(refused="sold_out", message="no room is left")
    assert read(tool, answer(text=refusal.model_dump_json(), is_error=True), validate=True) == refusal
    with pytest.raises(ToolFailedError, match="book_hotel failed: 'Error executing tool'"):
        read(tool, answer(text="Error executing tool", is_error=True), validate=True)


@pytest.mark.parametrize(
    "content", [None, {}, [], "booked", {"outbound": [{**OFFER, "price_minor": "100"}]}, {"outbound": [], "more": 1}]
)
def test_what_breaks_the_contract_is_no_result(content):
    """The error names the place."""
    with pytest.raises(NoResultError, match="the answer of search_flights breaks its contract at"):
        result_of(TOOLS["search_flights"], content, validate=True)


def test_with_the_switch_off_whatever_came_is_believed():
    """What is missing is None, what is wrong stays wrong, what is right is as ever."""
    tool = TOOLS["search_flights"]
    offers = result_of(tool, {"outbound": [{**OFFER, "price_minor": "cheap"}]}, validate=False)
    assert offers.outbound[0].price_minor == "cheap"
    assert offers.outbound[0].flight == "LX1766"
    assert result_of(tool, None, validate=False).outbound is None
    assert result_of(tool, {"outbound": [OFFER]}, validate=False).outbound[0].date == date(2027, 3, 5)


@pytest.mark.parametrize(
    ("tool", "arguments", "result"),
    [
        ("search_flights", SEARCH, {"outbound": [{**OFFER, "date": "2027-03-04"}]}),
        ("search_flights", SEARCH, {"outbound": [{**OFFER, "destination": "Porto"}]}),
        ("search_flights", SEARCH, {"outbound": [OFFER], "inbound": [OFFER]}),
        ("search_flights", {**SEARCH, "return_on": None}, {"outbound": [OFFER], "inbound": [OFFER]}),
        (
            "get_forecast",
            {"city": "Lisbon", "first": "2027-03-05", "last": "2027-03-05"},
            {"city": "Lisbon", "days": [{"date": "2027-03-06", "condition": "sunny", "high_c": 20, "low_c": 10}]},
        ),
        ("get_forecast", {"city": "Lisbon", "first": "2027-03-05", "last": "2027-03-05"}, {"city": "Oslo", "days": []}),
        (
            "cancel_hotel",
            {"booking": "H-1"},
            {"booking": "H-2", "state": "cancelled", "refunded_minor": 1, "currency": "EUR"},
        ),
        ("load_itinerary", {"trip": "t1"}, {"trip": "t2", "version": 1, "title": "T", "lines": []}),
        (
            "search_restaurants",
            {"city": "Lisbon", "date": "2027-03-05"},
            {
                "offers": [
                    {"restaurant": "R", "name": "N", "city": "Oslo", "cuisine": "C", "review": "", "tables_left": 1}
                ]
            },
        ),
        (
            "reserve_table",
            {"restaurant": "R1", "date": "2027-03-05", "guests": 2, "name": "Ada"},
            {
                "booking": "T1",
                "state": "booked",
                "restaurant": "R2",
                "name": "N",
                "city": "C",
                "date": "2027-03-05",
                "guests": 2,
            },
        ),
    ],
)
def test_an_answer_to_another_question_is_noticed(tool, arguments, result):
    """Well formed, and about something else."""
    asked = understood(tool, arguments, trip="t1", validate=True)
    assert "asked for" in mismatch(asked, result_of(TOOLS[tool], result, validate=True))


def test_an_answer_to_the_question_is_not_complained_about():
    """Names of cities may be written in other letters, a guest may have another name than the restaurant."""
    search = understood("search_flights", SEARCH, trip="t1", validate=True)
    back = {**OFFER, "origin": "Lisbon", "destination": "Zurich", "date": "2027-03-08"}
    offers = result_of(search.tool, {"outbound": [OFFER], "inbound": [back]}, validate=True)
    assert mismatch(search, offers) is None
    table = understood(
        "reserve_table",
        {"restaurant": "R1", "date": "2027-03-05", "guests": 2, "name": "Ada"},
        trip="t1",
        validate=True,
    )
    reserved = {"booking": "T1", "state": "booked", "restaurant": "R1", "name": "Da Pietro", "city": "Lisbon"}
    assert (
        mismatch(table, result_of(table.tool, {**reserved, "date": "2027-03-05", "guests": 2}, validate=True)) is None
    )


@pytest.mark.parametrize(
    "fault", [faults.SchemaDrift(), faults.Empty(), faults.Stale(), faults.CorruptedValue(field="amount_minor")]
)
def test_with_the_switch_off_garbage_reaches_the_trip(world, fault):
    """Switch validate_results off: the first answer is taken for the truth, and is not what was booked."""
    schedule = (rule(fault, on.tool("book_hotel", nth=1)),)
    trip = world(schedule, hardening=Hardening().without("validate_results"))
    reply = trip.run(lambda agent: agent.book_hotel())
    (booked,) = trip.bookings()
    believed = (
        reply.result.booking,
        reply.result.amount_minor,
        str(reply.result.check_in),
        list(reply.result.guests or ()),
    )
    truth = (booked.booking, booked.amount_minor, booked.details["check_in"], booked.details["guests"])
    assert believed != truth
    assert trip.calls("book_hotel") == 1


def test_with_the_switch_off_a_clean_answer_is_as_ever(world):
    """It is a missing check, not another system."""
    careful, trusting = world(), world(hardening=Hardening().without("validate_results"))
    replies = [trip.run(lambda agent: agent.book_hotel()) for trip in (careful, trusting)]
    assert isinstance(replies[0], ToolReply)
    assert replies[0] == replies[1]


# --- the id of another booking --------------------------------------------------------------------------------------


class AnotherBooking(ResultFault):
    """An index is off by one: the answer has the id of a booking that is somebody else's."""

    name: ClassVar[str] = "another_booking"
    booking: str

    def change(self, value, draw):
        """Only the id."""
        return {**value, "booking": self.booking}


def _two_rooms(**where):
    """The second booking is answered with the id of the first, which another trip has made."""
    return (rule(AnotherBooking(booking="H-000001"), on.tool("book_hotel", **where)),)


async def _book_twice(agent):
    first = await agent.book_hotel(trip="earlier")
    return first, await agent.book_hotel(trip="t1")


def test_the_id_of_another_booking_is_no_result(world):
    """It is asked for again, and the records of the hotel say which one it is."""
    trip = world(_two_rooms(nth=2))
    first, second = trip.run(_book_twice)
    assert [reply.result.booking for reply in (first, second)] == ["H-000001", "H-000002"]
    assert len(trip.bookings("booked")) == 2
    assert trip.calls("book_hotel") == 3


def test_if_it_is_always_that_of_another_booking_nobody_takes_it_for_his(world):
    """The call has failed, it may have happened, and it is undone by the key of its request."""
    trip = world((rule(AnotherBooking(booking="H-000001"), on.tool("book_hotel")),))

    async def scenario(agent):
        await agent.book_hotel(trip="earlier")
        with pytest.raises(InvalidResultError, match="H-000001, which is another booking") as failed:
            await agent.book_hotel()
        (intent,) = trip.store.intents("t1")
        cancelled = await agent.call(
            "cancel_hotel", {"request_key": intent.key}, agent="compensation", step="compensation"
        )
        return failed.value, cancelled.result

    error, cancelled = trip.run(scenario)
    assert error.in_doubt
    assert cancelled.booking == "H-000002"
    assert [row.booking for row in trip.bookings("booked")] == ["H-000001"]


def test_an_id_that_is_nobodys_is_taken(world):
    """Whether it is garbled only the audit can tell, which looks for what the request has made."""
    trip = world((rule(AnotherBooking(booking="H-999999"), on.tool("book_hotel")),))
    assert trip.run(lambda agent: agent.book_hotel()).result.booking == "H-999999"


@pytest.mark.parametrize("switch", ["validate_results", "idempotency"])
def test_without_validation_or_keys_another_booking_is_taken_for_ones_own(world, switch):
    """Whoever cancels the one has cancelled the other."""
    trip = world(_two_rooms(nth=2), hardening=Hardening().without(switch))
    _, second = trip.run(_book_twice)
    assert second.result.booking == "H-000001"
