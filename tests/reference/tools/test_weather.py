"""The weather server."""

from __future__ import annotations

from datetime import date

import pytest

from reference_system.catalogue import CITIES
from reference_system.catalogue.season import days
from reference_system.catalogue.weather import weather


def test_a_forecast_has_every_day_once(caller):
    """As the catalogue knows it."""
    report = caller.call("get_forecast", city="Oslo", first="2027-03-05", last="2027-03-18")
    assert [one.date for one in report.days] == list(days(date(2027, 3, 5), date(2027, 3, 18)))
    for one in report.days:
        expected = weather(CITIES["Oslo"], one.date)
        assert (one.condition, one.high_c, one.low_c) == (expected.condition, expected.high_c, expected.low_c)


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"city": "Olso"}, "unknown_city", "the nearest: Oslo"),
        ({"last": "2027-03-04"}, "bad_request", "last: 2027-03-04 is before first, 2027-03-05"),
        ({"last": "2027-03-19"}, "bad_request", "15 days are too many; ask for 14 days at most"),
        ({"first": "2027-02-20"}, "out_of_calendar", "first: 2027-02-20"),
        ({"last": "2027-06-20"}, "out_of_calendar", "last: 2027-06-20"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(caller, wrong, code, says):
    """With a remedy."""
    refusal = caller.call("get_forecast", **{"city": "Oslo", "first": "2027-03-05", "last": "2027-03-06", **wrong})
    assert refusal.refused == code
    assert says in refusal.message
