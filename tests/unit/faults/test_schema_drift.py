"""SchemaDrift."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.schema_drift import SchemaDrift

VALUE = {"flights": [{"flight_id": "TP-12", "price": 120}], "total": 1}


@pytest.mark.parametrize(
    ("change_to", "field", "expected"),
    [
        ("renamed", "flights.0.flight_id", {"flights": [{"flightId": "TP-12", "price": 120}], "total": 1}),
        ("renamed", "total", {"flights": VALUE["flights"], "total_v2": 1}),
        ("removed", "flights.*.price", {"flights": [{"flight_id": "TP-12"}], "total": 1}),
        ("retyped", "total", {"flights": VALUE["flights"], "total": "1"}),
    ],
)
def test_one_field_changes(answer, change_to, field, expected):
    """Its neighbours stay, in their order."""
    got = answer(SchemaDrift(change_to=change_to, field=field), VALUE)
    assert got == expected
    assert list(got) == list(expected)


def test_a_field_is_drawn_by_the_seed(answer):
    """The same seed finds the same field, other seeds find others, and something always changes."""
    seen = [str(answer(SchemaDrift(), VALUE, seed=seed)) for seed in range(12)]
    assert seen == [str(answer(SchemaDrift(), VALUE, seed=seed)) for seed in range(12)]
    assert len(set(seen)) > 3
    assert str(VALUE) not in seen


def test_a_new_name_never_hides_another_field(answer):
    """When the name is taken, it takes another one."""
    value = {"trip": {"a_b": 1, "aB": 2}}
    got = answer(SchemaDrift(change_to="renamed", field="trip.a_b"), value)
    assert got == {"trip": {"aB_": 1, "aB": 2}}


def test_a_camel_becomes_a_snake(answer):
    """Drift goes either way."""
    assert answer(SchemaDrift(change_to="renamed", field="flightId"), {"flightId": 1}) == {"flight_id": 1}


def test_a_plain_text_can_only_change_as_a_whole(answer):
    """There is no field to rename or to remove."""
    assert answer(SchemaDrift(change_to="retyped"), "sunny") == ["sunny"]
    assert answer(SchemaDrift(change_to="removed"), "sunny") is None


def test_a_field_that_is_not_there_is_left_alone(answer):
    """Then the fault has not fired."""
    assert answer(SchemaDrift(field="nowhere"), VALUE) is None
    assert answer(SchemaDrift(change_to="retyped", field="nowhere"), VALUE) is None


def test_an_unknown_change_is_an_error():
    """The message tells what is known."""
    with pytest.raises(UsageError, match=r"faults\.SchemaDrift\(change_to='moved'\).*'renamed'"):
        SchemaDrift(change_to="moved")  # type: ignore[arg-type]  # the mistake under test
