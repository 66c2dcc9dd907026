"""Trying again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reference_system.errors import CircuitOpenError
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.resilience.retry import Retry, TransientError


class Attempts:
    """Something that fails in these ways, one after the other, and then succeeds."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.made = 0
        self.retried = 0

    async def __call__(self):
        """One attempt."""
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"

    def note(self):
        """One more is to be made."""
        self.retried += 1

    async def through(self, retry, allowance):
        """The result, or the error."""
        try:
            return await retry.run(self, allowance, retried=self.note)
        except Exception as error:  # noqa: BLE001 - what became of it is the answer
            return error


def failures(count, **what):
    """So many of the same kind."""
    return [TransientError(f"failure {number}", **what) for number in range(1, count + 1)]


@pytest.fixture
def retry(errors):
    """With everything on."""
    return Retry.of(errors, Hardening())


def test_a_moment_of_trouble_is_survived(virtually, retry, unlimited):
    """The first attempt that succeeds is the result."""
    attempts = Attempts(*failures(2))
    assert virtually(lambda: attempts.through(retry, unlimited))[0] == "done"
    assert (attempts.made, attempts.retried) == (3, 2)


def test_after_the_last_attempt_the_last_failure_is_reported(virtually, retry, unlimited):
    """Four attempts, not more."""
    attempts = Attempts(*failures(9))
    assert str(virtually(lambda: attempts.through(retry, unlimited))[0]) == "failure 4"
    assert attempts.made == 4


def test_what_is_not_transient_is_not_tried_again(virtually, retry, unlimited):
    """Whoever makes the attempt decides what is worth repeating."""
    attempts = Attempts(ValueError("wrong"))
    assert isinstance(virtually(lambda: attempts.through(retry, unlimited))[0], ValueError)
    assert attempts.made == 1


def test_the_pauses_are_full_jitter_and_grow_up_to_the_cap(retry):
    """Anything from nothing to the limit, so that many who failed together do not come back together."""
    for failed, limit_s in [(1, 1), (2, 2), (3, 4), (4, 4), (9, 4)]:
        pauses = [retry.pause_s(failed, None) for _ in range(400)]
        assert 0 <= min(pauses) < 0.1 * limit_s
        assert 0.9 * limit_s < max(pauses) <= limit_s


def test_a_server_is_left_alone_as_long_as_it_asks(virtually, retry, unlimited):
    """Not shorter; a little longer, so that not all come at the same moment."""
    attempts = Attempts(*failures(1, retry_after_s=30.0))
    value, took_s = virtually(lambda: attempts.through(retry, unlimited))
    assert value == "done"
    assert 30 <= took_s <= 31


def test_a_server_that_asks_for_too_long_is_not_waited_for(virtually, retry, unlimited):
    """The failure is reported at once."""
    attempts = Attempts(*failures(1, retry_after_s=61.0))
    value, took_s = virtually(lambda: attempts.through(retry, unlimited))
    assert isinstance(value, TransientError)
    assert (attempts.made, took_s) == (1, 0)


def test_without_backoff_it_is_tried_again_at_once_whatever_the_server_asks_for(virtually, errors, unlimited):
    """Switch retry_backoff off: the server that asked to be left alone is hit four times in no time."""
    retry = Retry.of(errors, Hardening().without("retry_backoff"))
    attempts = Attempts(*failures(9, retry_after_s=600.0))
    value, took_s = virtually(lambda: attempts.through(retry, unlimited))
    assert isinstance(value, TransientError)
    assert (attempts.made, took_s) == (4, 0)


def test_a_trip_has_some_retries_for_all_its_calls_together(virtually, retry):
    """When they are used up, each call is made once."""
    allowance = Allowance(Deadline.after(None), Budget(retries=4))
    calls = [Attempts(*failures(9)) for _ in range(3)]

    async def scenario():
        for call in calls:
            await call.through(retry, allowance)

    virtually(scenario)
    assert [call.made for call in calls] == [4, 2, 1]


def test_without_retry_budget_trouble_is_multiplied(virtually, errors):
    """Switch retry_budget off: every call of the trip is tried as often as a single one may be."""
    retry = Retry.of(errors, Hardening().without("retry_budget"))
    allowance = Allowance(Deadline.after(None), Budget(retries=4))
    calls = [Attempts(*failures(9)) for _ in range(3)]

    async def scenario():
        for call in calls:
            await call.through(retry, allowance)

    virtually(scenario)
    assert [call.made for call in calls] == [4, 4, 4]


def test_nobody_waits_beyond_the_deadline(virtually, retry):
    """A pause that would end after it is not begun, and no retry is taken for it."""
    attempts = Attempts(*failures(9, retry_after_s=30.0))

    async def scenario():
        allowance = Allowance(Deadline.after(20), Budget(retries=4))
        value = await attempts.through(retry, allowance)
        return value, allowance.budget.used()["retries"]

    (value, retries), took_s = virtually(scenario)
    assert isinstance(value, TransientError)
    assert (attempts.made, retries, took_s) == (1, 0, 0)


def test_a_circuit_that_opens_in_between_ends_the_trying_with_what_is_known(virtually, retry, unlimited):
    """The error of the attempt that was made says more than that no further one is allowed."""
    attempts = Attempts(*failures(1), CircuitOpenError("open"))
    assert str(virtually(lambda: attempts.through(retry, unlimited))[0]) == "failure 1"


def test_a_circuit_that_is_open_from_the_start_is_said_to_be(virtually, retry, unlimited):
    """Nothing was attempted."""
    attempts = Attempts(CircuitOpenError("open"))
    assert isinstance(virtually(lambda: attempts.through(retry, unlimited))[0], CircuitOpenError)


def test_a_single_attempt_is_none_too_few(virtually, retry, unlimited):
    """A policy of one attempt makes one."""
    attempts = Attempts(*failures(1))
    value = virtually(lambda: attempts.through(replace(retry, attempts_at_most=1), unlimited))[0]
    assert isinstance(value, TransientError)
    assert (attempts.made, attempts.retried) == (1, 0)
