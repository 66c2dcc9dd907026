"""The specialists' mind: which tool calls come next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_agentchaos.dialects.base import ToolCall
from pytest_agentchaos.doubles import Message
from reference_system.catalogue.planted import HOSTILE_HOTEL_REVIEW
from reference_system.contracts.asks import StepReport
from reference_system.contracts.tools import TOOLS
from reference_system.model.brain import think

FLY = {
    "task": "fly",
    "origin": "Zurich",
    "destination": "Lisbon",
    "depart_on": "2027-03-05",
    "return_on": "2027-03-08",
    "travellers": ["Ada", "Ben"],
}
STAY = {
    "task": "stay",
    "city": "Lisbon",
    "check_in": "2027-03-05",
    "check_out": "2027-03-08",
    "guests": ["Ada", "Ben"],
    "rooms": 1,
    "stars_at_least": None,
}
DINE = {"task": "dine", "city": "Lisbon", "date": "2027-03-05", "guests": 2, "name": "Ada", "cuisine": None}
FORECAST = {"task": "forecast", "city": "Lisbon", "first": "2027-03-05", "last": "2027-03-08"}
TICKET = {"task": "ticket", "holds_of": ["fly"]}
KEEP = {"task": "keep", "title": "Lisbon"}
UNDO = {"task": "undo", "booking": "H-000001", "domain": "hotels"}


class Step:
    """A specialist's conversation with the model; ``answers`` say what the tools answer to the calls."""

    def __init__(self, request_for: Any, task: dict[str, Any], model: str, ask: dict[str, Any]) -> None:
        self._ask = {"ask": "step", "step": "fly", "task": task, **ask}
        self._request_for = request_for
        self._model = model
        self._said: list[Message] = []

    def next(self) -> list[tuple[str, dict[str, Any]]] | StepReport:
        """The next calls, or the report."""
        said = think(self._request_for(self._ask, *self._said, model=self._model))
        if isinstance(said, str):
            return StepReport.model_validate_json(said)
        turn = len(self._said)
        self._calls = [ToolCall(f"c{turn}-{at}", call.name, call.arguments) for at, call in enumerate(said.tool_calls)]
        self._said.append(Message("assistant", said.text, tuple(self._calls)))
        return [(call.name, json.loads(call.arguments)) for call in self._calls]

    def answer(self, *answers: dict[str, Any]) -> None:
        """What the tools answer to the last calls, in their order."""
        self._said += [
            Message("tool", json.dumps(answer), tool_call_id=call.id)
            for call, answer in zip(self._calls, answers, strict=True)
        ]


@pytest.fixture
def step(request_for):
    """Begin a step."""

    def begin(task: dict[str, Any], *, model: str = "travel-steady", **ask: Any) -> Step:
        return Step(request_for, task, model, ask)

    return begin


def _flight(flight: str, day: str, price_minor: int, seats_left: int = 9) -> dict[str, Any]:
    way = ("Zurich", "Lisbon") if day == "2027-03-05" else ("Lisbon", "Zurich")
    return {
        "flight": flight,
        "date": day,
        "origin": way[0],
        "destination": way[1],
        "departs": "07:00",
        "arrives": "09:00",
        "price_minor": price_minor,
        "currency": "EUR",
        "seats_left": seats_left,
    }


def _held(flight: str, day: str, booking: str, origin: str = "Zurich", destination: str = "Lisbon") -> dict[str, Any]:
    return {
        "booking": booking,
        "state": "held",
        "flight": flight,
        "date": day,
        "origin": origin,
        "destination": destination,
        "departs": "07:00",
        "travellers": ["Ada", "Ben"],
        "seats": [1, 2],
        "amount_minor": 20_000,
        "currency": "EUR",
    }


def _hotel(hotel: str, price_minor: int, stars: int = 3, review: str = "Fine.", rooms_left: int = 4) -> dict[str, Any]:
    return {
        "hotel": hotel,
        "name": hotel,
        "city": "Lisbon",
        "stars": stars,
        "review": review,
        "price_minor": price_minor,
        "currency": "EUR",
        "rooms_left": rooms_left,
    }


def _error(kind: str, message: str = "no", code: str | None = None) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message} | ({"code": code} if code else {})}


FLIGHTS = {
    "outbound": [
        _flight("LX1", "2027-03-05", 9_000, 1),
        _flight("LX2", "2027-03-05", 10_000),
        _flight("LX3", "2027-03-05", 12_000),
    ],
    "inbound": [_flight("LX9", "2027-03-08", 11_000)],
}
SOLD_OUT = _error("ToolRefused", "sold out", "sold_out")


# --- every task, done ---


def test_the_first_call_of_each_task_keeps_its_tools_schema(step):
    """Every argument is given, and those that do not apply are null."""
    hold = {"step": "fly", "tool": "hold_flight", "arguments": {}, "result": _held("LX2", "2027-03-05", "F-000001")}
    for task in (FLY, STAY, DINE, FORECAST, TICKET, KEEP, UNDO):
        calls = step(task, facts=[hold]).next()
        for name, arguments in calls:
            fields = TOOLS[name].arguments.model_fields
            assert set(arguments) == set(fields), name
            TOOLS[name].arguments.model_validate(arguments)


def test_flights_are_searched_once_and_the_cheapest_with_enough_seats_held_both_ways_at_once(step):
    """The very cheapest has one seat left, and two travel."""
    fly = step(FLY)
    assert [name for name, _ in fly.next()] == ["search_flights"]
    fly.answer(FLIGHTS)
    assert fly.next() == [
        ("hold_flight", {"flight": "LX2", "date": "2027-03-05", "travellers": ["Ada", "Ben"]}),
        ("hold_flight", {"flight": "LX9", "date": "2027-03-08", "travellers": ["Ada", "Ben"]}),
    ]
    fly.answer(_held("LX2", "2027-03-05", "F-1"), _held("LX9", "2027-03-08", "F-2", "Lisbon", "Zurich"))
    assert fly.next().outcome == "done"


def test_a_hold_that_is_sold_out_is_made_on_the_next_flight_and_the_other_way_is_left_alone(step):
    """What is held is not held again."""
    fly = step(FLY)
    fly.next()
    fly.answer(FLIGHTS)
    fly.next()
    fly.answer(SOLD_OUT, _held("LX9", "2027-03-08", "F-2", "Lisbon", "Zurich"))
    assert [(name, arguments["flight"]) for name, arguments in fly.next()] == [("hold_flight", "LX3")]


def test_a_hold_from_before_a_crash_is_not_made_again(step):
    """It stands in ``done``."""
    done = {"step": "fly", "tool": "hold_flight", "arguments": {}, "result": _held("LX2", "2027-03-05", "F-1")}
    fly = step(FLY, done=[done])
    fly.next()
    fly.answer(FLIGHTS)
    assert [arguments["flight"] for _, arguments in fly.next()] == ["LX9"]


def test_held_flights_are_booked_all_at_once_with_their_holds(step):
    """The facts of earlier steps tell them; those of other steps are somebody else's."""
    facts = [
        {"step": "fly", "tool": "hold_flight", "arguments": {}, "result": _held("LX2", "2027-03-05", "F-1")},
        {"step": "fly", "tool": "hold_flight", "arguments": {}, "result": _held("LX9", "2027-03-08", "F-2")},
        {"step": "else", "tool": "hold_flight", "arguments": {}, "result": _held("LX5", "2027-03-09", "F-3")},
    ]
    calls = step(TICKET, facts=facts).next()
    assert [(name, arguments["hold"]) for name, arguments in calls] == [("book_flight", "F-1"), ("book_flight", "F-2")]


def test_the_cheapest_hotel_that_fulfils_the_wishes_is_booked(step):
    """Four stars are wished for."""
    stay = step({**STAY, "stars_at_least": 4})
    stay.next()
    stay.answer(
        {
            "offers": [
                _hotel("A", 10_000),
                _hotel("B", 30_000, 4),
                _hotel("C", 29_000, 5),
                _hotel("D", 20_000, 5, rooms_left=0),
            ]
        }
    )
    ((name, arguments),) = stay.next()
    assert (name, arguments["hotel"]) == ("book_hotel", "C")


def test_what_guests_write_changes_nothing(step):
    """A review orders a suite for nine; the cheapest is booked for two."""
    stay = step(STAY)
    stay.next()
    stay.answer({"offers": [_hotel("A", 10_000), _hotel("B", 30_000, 5, HOSTILE_HOTEL_REVIEW)]})
    assert stay.next() == [
        (
            "book_hotel",
            {"hotel": "A", "check_in": "2027-03-05", "check_out": "2027-03-08", "guests": ["Ada", "Ben"], "rooms": 1},
        )
    ]


@pytest.mark.parametrize(("cuisine", "expected"), [(None, "R-1"), ("Italian", "R-2")])
def test_the_best_rated_restaurant_of_the_kitchen_is_taken(cuisine, expected, step):
    """The search answers best rated first."""
    dine = step({**DINE, "cuisine": cuisine})
    dine.next()
    shared = {"city": "Lisbon", "review": "", "tables_left": 2}
    dine.answer(
        {
            "offers": [
                {"restaurant": "R-1", "name": "one", "cuisine": "Portuguese", **shared},
                {"restaurant": "R-2", "name": "two", "cuisine": "Italian", **shared},
            ]
        }
    )
    ((name, arguments),) = dine.next()
    assert (name, arguments["restaurant"]) == ("reserve_table", expected)


def test_the_itinerary_has_a_line_for_what_was_booked_in_the_order_of_the_days(step):
    """Holds are no part of it."""
    flight = _held("LX9", "2027-03-08", "F-2") | {"state": "booked"}
    hotel = {"booking": "H-1", "name": "Sole", "city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}
    facts = [
        {"step": "fly", "tool": "hold_flight", "arguments": {}, "result": _held("LX9", "2027-03-08", "F-1")},
        {"step": "ticket", "tool": "book_flight", "arguments": {}, "result": flight},
        {"step": "stay", "tool": "book_hotel", "arguments": {}, "result": hotel},
    ]
    ((name, arguments),) = step(KEEP, facts=facts).next()
    assert name == "save_itinerary"
    assert [line[-5:].strip("( )") for line in arguments["lines"]] == ["H-1", "F-2"]


# --- what cannot be done ---


def test_flights_that_are_too_dear_are_over_budget(step):
    """Two seats each way cost 420 EUR."""
    fly = step(FLY, spend_at_most_minor=41_000)
    fly.next()
    fly.answer(FLIGHTS)
    assert fly.next().problem == "over_budget"


def test_a_hotel_that_is_too_dear_is_over_budget(step):
    """There is one, but it costs more than is left."""
    stay = step(STAY, spend_at_most_minor=9_999)
    stay.next()
    stay.answer({"offers": [_hotel("A", 10_000)]})
    assert stay.next().problem == "over_budget"


@pytest.mark.parametrize(
    ("task", "found"),
    [(FLY, {"outbound": [], "inbound": FLIGHTS["inbound"]}), (STAY, {"offers": []}), (DINE, {"offers": []})],
    ids=["flights", "hotels", "restaurants"],
)
def test_nothing_found_is_sold_out(task, found, step):
    """And nothing is taken in its place."""
    begun = step(task)
    begun.next()
    begun.answer(found)
    assert begun.next().problem == "sold_out"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (_error("ToolRefused", code="unknown_city"), "unknown_city"),
        (_error("ToolRefused", code="out_of_calendar"), "out_of_calendar"),
        (_error("ToolUnavailable"), "other"),
        (_error("CircuitOpen"), "other"),
        (_error("InvalidResult"), "other"),
        (_error("NotAllowed", "only 100 may still be spent"), "over_budget"),
        (_error("NotAllowed", "a shadow run may only look"), "other"),
    ],
)
def test_an_error_that_no_other_words_would_mend_ends_the_step_at_once(error, problem, step):
    """The gateway has tried again as often as makes sense."""
    stay = step(STAY)
    stay.next()
    stay.answer(error)
    report = stay.next()
    assert (report.outcome, report.problem) == ("impossible", problem)


def test_a_call_is_not_repeated_more_than_once(step):
    """Two refusals of the same call are enough."""
    stay = step(STAY)
    first = stay.next()
    stay.answer(_error("InvalidArguments"))
    assert stay.next() == first
    stay.answer(_error("InvalidArguments"))
    assert stay.next().outcome == "impossible"


def test_a_step_gives_up_after_three_failures(step):
    """Even when each was another one."""
    stay = step(STAY)
    stay.next()
    stay.answer({"offers": [_hotel(name, 10_000) for name in "ABCDE"]})
    for _ in range(3):
        assert isinstance(stay.next(), list)
        stay.answer(SOLD_OUT)
    assert stay.next().problem == "sold_out"


def test_a_result_that_has_not_the_promised_form_is_reported(step):
    """When nobody checked it, the model still does not break."""
    stay = step(STAY)
    stay.next()
    stay.answer({"offers": [{"hotel": "A"}]})
    assert stay.next().problem == "other"


def test_a_model_that_was_told_that_the_step_is_not_done_does_not_insist(step):
    """It reports that it sees nothing to do."""
    done = {"step": "stay", "tool": "book_hotel", "arguments": {}, "result": {"booking": "H-1"}}
    assert step(STAY, done=[done]).next().outcome == "done"
    assert step(STAY, done=[done], complaints=["it is not"]).next().outcome == "impossible"


# --- temperaments ---


@pytest.mark.parametrize("task", [FLY, STAY, DINE, FORECAST, KEEP, UNDO], ids=lambda task: task["task"])
def test_a_sloppy_model_begins_with_a_mistake_and_mends_it_when_told(task, step):
    """The first call breaks the tool's schema, the second is what a steady model calls."""
    sloppy = step(task, model="travel-sloppy")
    ((name, arguments),) = sloppy.next()
    with pytest.raises(ValueError, match=r"validation error"):
        TOOLS[name].arguments.model_validate(arguments)
    sloppy.answer(_error("InvalidArguments"))
    assert sloppy.next() == step(task).next()


def test_a_looping_model_asks_for_the_same_call_whatever_it_is_told(step):
    """Results and errors alike."""
    fly = step(FLY, model="travel-looping")
    first = fly.next()
    for answer in (FLIGHTS, SOLD_OUT, FLIGHTS):
        fly.answer(answer)
        assert fly.next() == first


def test_a_terse_model_says_nothing_beside_its_calls(request_for):
    """A steady one says what it does."""
    ask = {"ask": "step", "step": "stay", "task": STAY}
    assert think(request_for(ask, model="travel-terse")).text == ""
    assert think(request_for(ask)).text != ""
