"""Contracts: strict about what they are given, whoever gives it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from reference_system.contracts.plan import PlanStep
from reference_system.contracts.tools import GetForecast, HoldFlight

DAY = date(2027, 3, 5)


@pytest.mark.parametrize("first", ["2027-03-05", DAY], ids=["text", "date"])
def test_a_day_is_an_iso_day(first):
    """As text, or as Python has it."""
    assert GetForecast.model_validate({"city": "Lisbon", "first": first, "last": DAY}).first == DAY


@pytest.mark.parametrize(
    "first",
    ["05.03.2027", "2027-3-5", "2027-02-30", "2027-03-05T00:00", 1_804_204_800, datetime(2027, 3, 5), None, ""],  # noqa: DTZ001 - what is refused
    ids=str,
)
def test_nothing_else_is_a_day(first):
    """The caller is told how to write one, or what is wrong with it."""
    with pytest.raises(ValidationError, match=r"write it like 2027-03-01|day is out of range|month|format"):
        GetForecast.model_validate({"city": "Lisbon", "first": first, "last": "2027-03-06"})


@pytest.mark.parametrize(
    "wrong",
    [{"travellers": []}, {"travellers": "Ada"}, {"travellers": [1]}, {"flight": "LX 1766"}, {"seat": 3}, {"flight": 1}],
    ids=["nobody", "text", "number", "space", "unknown", "type"],
)
def test_a_contract_takes_what_it_says_and_nothing_else(wrong):
    """No conversion, no unknown field."""
    right = {"flight": "LX1766", "date": "2027-03-05", "travellers": ["Ada"]}
    assert HoldFlight.model_validate(right).travellers == ("Ada",)
    with pytest.raises(ValidationError):
        HoldFlight.model_validate({**right, **wrong})


def test_every_task_has_its_specialist():
    """An undo goes to the one of its domain."""
    undo = {"task": "undo", "booking": "F-000001", "domain": "restaurants"}
    keep = {"task": "keep", "title": "A weekend"}
    for task, agent in ((undo, "restaurants"), (keep, "itinerary")):
        step = PlanStep.model_validate({"id": "one", "task": task, "needs": [], "required": True})
        assert step.agent == agent
