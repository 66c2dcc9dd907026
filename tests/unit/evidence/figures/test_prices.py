"""Prices: what a million tokens of a model cost."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.figures.prices import DEFAULT, Price, Prices
from pytest_agentchaos.evidence.usage import Usage


def test_the_most_specific_glob_counts():
    """The name itself before any glob, and the one with more letters before the others."""
    listed = Prices.of(
        {"*": [1, 1], "gpt-5*": [2, 2], "gpt-5-mini*": [3, 3], "gpt-5-mini": [4, 4], "gpt-?-mini*": [5, 5]}
    )
    found = {
        model: price.input for model in ("x", "gpt-5", "gpt-5-mini-1", "gpt-5-mini") if (price := listed.price(model))
    }
    assert found == {"x": 1, "gpt-5": 2, "gpt-5-mini-1": 3, "gpt-5-mini": 4}


def test_a_model_that_no_glob_fits_has_no_price():
    """A guess would be worse than none."""
    assert Prices.of({"gpt-*": [1, 1]}).price("claude") is None
    assert DEFAULT.price("gpt-5-experimental") is None
    assert DEFAULT.price("gpt-6") is None


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-5", (1.25, 10, 0.125)),
        ("gpt-5-2025-08-07", (1.25, 10, 0.125)),
        ("gpt-5-mini-2025-08-07", (0.25, 2, 0.025)),
        ("gpt-4o-mini", (0.15, 0.6, 0.075)),
        ("claude-sonnet-4-5-20250929", (3, 15, 0.3)),
        ("claude-sonnet-4-20250514", (3, 15, 0.3)),
        ("claude-opus-4-1", (15, 75, 1.5)),
        ("claude-opus-4-5", (5, 25, 0.5)),
    ],
)
def test_well_known_models_have_a_list_price(model, price):
    """With or without the date in their name."""
    assert DEFAULT.price(model) == price


@pytest.mark.parametrize(
    "told",
    [[1, 2, 0.5], (1, 2, 0.5), {"input": 1, "output": 2, "cached": 0.5}, Price(1, 2, 0.5)],
    ids=["list", "tuple", "mapping", "price"],
)
def test_a_price_can_be_written_in_several_ways(told):
    """All of them are the same, and so is what is written into a history."""
    listed = Prices.of({"m": told})
    assert listed.price("m") == Price(1, 2, 0.5)
    assert Prices.of(listed) is listed
    assert Prices.of(listed.to_data()) == listed
    assert Prices.of({"m": told}, currency="EUR").currency == "EUR"


@pytest.mark.parametrize("told", [[1, 2], {"input": 1, "output": 2}], ids=str)
def test_without_a_price_for_it_what_was_cached_costs_as_much_as_any_input(told):
    """Rather too much than too little."""
    assert Prices.of({"m": told}).price("m") == Price(1, 2, 1)


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1_000_000, 0, 0), 1),
        (Usage(0, 1_000_000, 0), 2),
        (Usage(1_000_000, 0, 1_000_000), 0.5),
        (Usage(1_000_000, 0, 400_000), 0.8),
        (Usage(10, 0, 1_000_000), 0.000005),
        (Usage(), 0),
    ],
)
def test_what_was_cached_is_part_of_the_input(usage, cost):
    """And never more than it."""
    assert Price(1, 2, 0.5).of(usage) == pytest.approx(cost)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        None,
        5,
        [["m", 1, 2]],
        {"m": 5},
        {"m": "12"},
        {"m": [1]},
        {"m": [1, 2, 3, 4]},
        {"m": [1, -2]},
        {"m": [1, True]},
        {"m": [1, float("nan")]},
        {"m": [1, float("inf")]},
        {"m": [1, 10**400]},
        {"m": {"input": 1}},
        {"m": {"input": 1, "output": 2, "reasoning": 3}},
        {"": [1, 2]},
        {5: [1, 2]},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_what_is_no_price_is_refused(wrong):
    """With where it stands, and an example."""
    with pytest.raises(UsageError, match=r"^prices.*; write for example \{'gpt-5\*': \[1.25, 10, 0.125\]\}"):
        Prices.of(wrong)
