"""What a trip may use."""

from __future__ import annotations

import json

import pytest

from reference_system.errors import BudgetExhaustedError
from reference_system.resilience.budget import Budget


@pytest.mark.parametrize(
    ("budget", "use", "kind"),
    [
        (Budget(model_calls=2), Budget.model_call, "model calls"),
        (Budget(tool_calls=2), Budget.tool_call, "tool calls"),
    ],
    ids=["model calls", "tool calls"],
)
def test_calls_are_counted_before_they_are_made(budget, use, kind):
    """The last one that is allowed is made, the next one is not, and does not count."""
    use(budget)
    use(budget)
    before = budget.used()
    with pytest.raises(BudgetExhaustedError, match=f"a trip may use 2 {kind}") as caught:
        use(budget)
    assert (caught.value.kind, caught.value.limit) == (kind, 2)
    assert budget.used() == before


def test_tokens_are_counted_although_they_are_too_many():
    """They are spent when somebody counts them."""
    budget = Budget(tokens=100)
    budget.count_tokens(100)
    with pytest.raises(BudgetExhaustedError, match="100 tokens"):
        budget.count_tokens(1)
    assert budget.used()["tokens"] == 101


def test_retries_run_out_without_an_error():
    """Whoever wanted to try again reports what it has."""
    budget = Budget(retries=1)
    assert budget.take_retry()
    assert not budget.take_retry()
    assert budget.used()["retries"] == 1


def test_a_budget_without_limits_counts_and_never_ends():
    """None is as much as it takes."""
    budget = Budget()
    for _ in range(1_000):
        budget.model_call()
        budget.tool_call()
        budget.count_tokens(10_000)
        assert budget.take_retry()
    assert budget.reserve(100_000_000, "a")
    assert budget.left_minor() is None
    assert budget.used()["model_calls"] == 1_000


def test_money_is_set_aside_until_nothing_is_left():
    """What does not fit changes nothing."""
    budget = Budget(spend_minor=1_000)
    assert budget.reserve(600, "hotel")
    assert not budget.reserve(401, "flight")
    assert budget.reserve(400, "flight")
    assert (budget.spent_minor(), budget.left_minor()) == (1_000, 0)


def test_one_purpose_is_paid_for_once():
    """A repetition costs nothing, a correction costs the difference."""
    budget = Budget(spend_minor=1_000)
    assert budget.reserve(600, "hotel")
    assert budget.reserve(600, "hotel")
    assert budget.reserve(900, "hotel")
    assert budget.left_minor() == 100
    assert not budget.reserve(1_001, "hotel")
    assert budget.left_minor() == 100


def test_what_is_released_may_be_spent_again():
    """And to release what was never set aside is no mistake."""
    budget = Budget(spend_minor=1_000)
    budget.reserve(1_000, "hotel")
    budget.release("hotel")
    budget.release("flight")
    assert budget.left_minor() == 1_000


def test_a_resumed_budget_goes_on_where_the_checkpoint_was():
    """Through JSON, as a checkpoint does it."""
    budget = Budget(model_calls=3, tokens=500, tool_calls=4, retries=2, spend_minor=1_000)
    budget.model_call()
    budget.tool_call()
    budget.count_tokens(77)
    budget.take_retry()
    budget.reserve(300, "hotel")
    resumed = Budget.resume(budget.limits, json.loads(json.dumps(budget.used())))
    assert resumed.used() == budget.used()
    assert resumed.limits == budget.limits
    resumed.release("hotel")
    assert budget.left_minor() == 700
