"""Virtual time, and an error policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.contracts.policy import ErrorPolicy
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance


@pytest.fixture
def virtually() -> Callable[[Callable[[], Awaitable[Any]]], tuple[Any, float]]:
    """Run something in virtual time: what it returns, and how many seconds it took."""

    def run(work: Callable[[], Awaitable[Any]], *, seed: int = 0) -> tuple[Any, float]:
        trial = Trial(seed=seed)
        value = trial.run(work)
        return value, trial.outcome.virtual_s

    return run


@pytest.fixture
def errors() -> ErrorPolicy:
    """Four attempts, pauses of up to 1, 2 and 4 seconds; five failures open a breaker, eight all of them."""
    return ErrorPolicy(
        tool_timeout_s=10,
        model_timeout_s=30,
        attempts_at_most=4,
        retries_at_most=20,
        backoff_first_s=1,
        backoff_cap_s=4,
        retry_after_cap_s=60,
        breaker_failures=5,
        breaker_open_s=20,
        global_breaker_failures=8,
    )


@pytest.fixture
def unlimited() -> Allowance:
    """As much as it takes."""
    return Allowance(Deadline.after(None), Budget())
