"""CorruptedValue."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.corrupted_value import CorruptedValue

VALUE = {"price": 120, "name": "Ada", "paid": True, "rest": 0}


@pytest.mark.parametrize(
    ("parameters", "price"),
    [({"how": "factor"}, 12000), ({"how": "sign"}, -120), ({"factor": 0.1}, 12), ({"factor": 0.001}, 0.12)],
)
def test_a_number_is_off(answer, parameters, price):
    """By a factor or a sign; a whole number stays one where it can."""
    got = answer(CorruptedValue(field="price", **parameters), VALUE)["price"]
    assert got == pytest.approx(price)
    assert isinstance(got, int) is isinstance(price, int)


def test_a_text_is_garbled(answer):
    """One character is another one."""
    got = answer(CorruptedValue(how="text"), VALUE)
    assert got == {**VALUE, "name": got["name"]}
    assert sum(old != new for old, new in zip("Ada", got["name"], strict=True)) == 1


def test_any_value_is_drawn_by_the_seed(answer):
    """Exactly one of those that can be wrong, the same for the same seed."""
    seen = [answer(CorruptedValue(), VALUE, seed=seed) for seed in range(20)]
    assert seen == [answer(CorruptedValue(), VALUE, seed=seed) for seed in range(20)]
    changed = [[key for key in VALUE if got[key] != VALUE[key]] for got in seen]
    assert {key for keys in changed for key in keys} == {"price", "name"}
    assert all(len(keys) == 1 for keys in changed)
    assert {12000, -120} <= {got["price"] for got in seen}


@pytest.mark.parametrize("value", [{"paid": True, "rest": 0, "note": ""}, {"x": None}])
def test_what_cannot_be_wrong_is_left_alone(answer, value):
    """Then the fault has not fired."""
    assert answer(CorruptedValue(), value) is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"factor": 1}, "factor=1 changes nothing"),
        ({"how": "sign", "factor": 2}, "factor=2 is not used with how='sign'"),
        ({"factor": float("nan")}, r"faults\.CorruptedValue\(factor=nan\)"),
    ],
)
def test_changes_that_are_none_are_errors(parameters, message):
    """The message names the value and the remedy."""
    with pytest.raises(UsageError, match=message):
        CorruptedValue(**parameters)
