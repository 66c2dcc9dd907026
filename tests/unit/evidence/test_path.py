"""Places in a JSON value: what stands there, or nothing."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.path import first, found

ANSWER = {"reason": "completed", "bookings": [{"flight": "LX1"}, {"flight": "TP2"}], "1": {"a": None}}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("reason", ["completed"]),
        ("bookings.0.flight", ["LX1"]),
        ("bookings.-1.flight", ["TP2"]),
        ("bookings.*.flight", ["LX1", "TP2"]),
        ("*.a", [None]),
        ("1.a", [None]),
        ("bookings.2.flight", []),
        ("bookings.-3.flight", []),
        ("bookings.x", []),
        ("bookings.--1", []),
        ("reason.0", []),
        ("nowhere.at.all", []),
        ("", []),
    ],
)
def test_what_stands_at_a_path(path, there):
    """In order; a place that is not there holds nothing, and nothing is raised."""
    assert list(found(ANSWER, path)) == there
    assert first(ANSWER, path) == (there[0] if there else None)


@pytest.mark.parametrize("value", [None, 3, "text", [], {}])
def test_in_what_has_no_places_there_is_nothing(value):
    """Whatever an agent answers may be asked."""
    assert list(found(value, "a.b")) == []
