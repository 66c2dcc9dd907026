"""Stale."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.registry import fault_from_data, fault_to_data
from pytest_agentchaos.faults.stale import Stale


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-03-01", "2026-02-28"),
        ("2026-03-01T00:30", "2026-02-28T23:30"),
        ("2026-03-01 00:30:15", "2026-02-28 23:30:15"),
        ("2026-03-01T00:30:15.123Z", "2026-02-28T23:30:15.123Z"),
        ("2026-03-01T12:30:15+02:00", "2026-03-01T11:30:15+02:00"),
    ],
)
def test_dates_go_back_and_are_written_as_before(answer, now, before):
    """Whole days where there is no time of day."""
    assert answer(Stale(age_s=3600), {"departs": now}) == {"departs": before}


def test_a_day_without_a_time_goes_back_by_whole_days(answer):
    """A day and a second make two."""
    assert answer(Stale(age_s=86_401), {"day": "2026-03-02"}) == {"day": "2026-02-28"}


def test_milliseconds_begin_where_seconds_would_be_the_far_future(answer):
    """From 1973 on, as milliseconds."""
    value = {"first_ts": 100_000_000_000, "last_ts": 99_999_999_999, "version": 1}
    assert answer(Stale(age_s=1), value) == {"first_ts": 99_999_999_000, "last_ts": 99_999_999_998, "version": 0}


def test_numbers_go_back_where_their_name_tells_what_they_are(answer):
    """Seconds and milliseconds of the epoch, and versions; other numbers stay."""
    value = {"updated_at": 1_767_225_600, "ts": 1_767_225_600_000, "version": 7, "price": 1_767_225_600, "at": True}
    expected = {"updated_at": 1_767_225_500, "ts": 1_767_225_500_000, "version": 6, "price": 1_767_225_600, "at": True}
    assert answer(Stale(age_s=100), value) == expected


def test_a_field_can_be_named(answer):
    """Other dates stay."""
    value = {"as_of": "2026-03-02", "departs": "2026-03-02"}
    assert answer(Stale(field="as_of"), value) == {"as_of": "2026-03-01", "departs": "2026-03-02"}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ada"},
        {"day": "2026-13-45"},
        {"day": "0001-01-01"},
        {"updated_at": 5},
        {"updated_at": 0},
        {"updated_at": 86_400},
        {"version": 0},
        {"version": True},
        {"version": -3},
        {"price": 1_767_225_600},
        {"note": "since 2026-01-01"},
    ],
)
def test_what_tells_no_time_is_left_alone(answer, value):
    """Then the fault has not fired."""
    assert answer(Stale(), value) is None


def test_an_older_answer_can_be_given(answer):
    """It is handed out whatever is true now."""
    assert answer(Stale(value={"price": 99}), {"price": 120}) == {"price": 99}


def test_an_older_answer_and_an_age_are_two_things():
    """Asking for both is an error that says what to do."""
    with pytest.raises(UsageError, match=r"value= .* give one of them"):
        Stale(value=1, age_s=5)
    with pytest.raises(UsageError, match=r"faults\.Stale\(age_s=0\)"):
        Stale(age_s=0)


def test_it_can_be_saved_compared_and_hashed():
    """A schedule stores it as data and finds it again."""
    fault = Stale(value={"price": [99]})
    again = fault_from_data(fault_to_data(fault))
    assert again == fault
    assert {fault: 1}[again] == 1
