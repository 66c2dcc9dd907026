"""WrongEntity."""

from __future__ import annotations

import pytest

from pytest_agentchaos.faults.wrong_entity import WrongEntity


def test_an_id_is_swapped_for_another_one_in_the_answer(answer):
    """The most credible wrong id is one that exists."""
    value = {"flights": [{"flight_id": "TP-12", "price": 1}, {"flight_id": "LH-7", "price": 2}]}
    got = answer(WrongEntity(field="flights.0.flight_id"), value)
    assert got == {"flights": [{"flight_id": "LH-7", "price": 1}, {"flight_id": "LH-7", "price": 2}]}


@pytest.mark.parametrize("seed", range(5))
def test_a_single_id_becomes_one_that_looks_like_it(answer, seed):
    """Same length, same kind of characters, another entity."""
    got = answer(WrongEntity(), {"bookingId": "BK-0042", "price": 12}, seed=seed)
    assert got["price"] == 12
    assert got["bookingId"] != "BK-0042"
    assert [char.isdigit() for char in got["bookingId"]] == [char.isdigit() for char in "BK-0042"]


def test_a_number_becomes_a_near_one(answer):
    """And the same seed gives the same one."""
    got = answer(WrongEntity(), {"id": 41})
    assert 41 < got["id"] <= 50
    assert got == answer(WrongEntity(), {"id": 41})


def test_items_of_a_list_of_ids_count(answer):
    """They are called like their list."""
    assert answer(WrongEntity(), {"ids": ["a", "b"]}) in ({"ids": ["b", "b"]}, {"ids": ["a", "a"]})


@pytest.mark.parametrize("value", [{"price": 12, "paid": True}, {"id": ""}, {"id": None}, "text", {"valid": 3}])
def test_without_an_id_it_is_left_alone(answer, value):
    """Then the fault has not fired."""
    assert answer(WrongEntity(), value) is None
