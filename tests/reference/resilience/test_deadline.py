"""When a trip has to be over."""

from __future__ import annotations

import asyncio
import math

import pytest

from reference_system.errors import DeadlineExceededError
from reference_system.resilience.deadline import Deadline


def test_time_passes(virtually):
    """What is left becomes less and never negative."""

    async def scenario():
        deadline = Deadline.after(10)
        await asyncio.sleep(4)
        left_s = deadline.left_s()
        deadline.check()
        await asyncio.sleep(7)
        with pytest.raises(DeadlineExceededError):
            deadline.check()
        return left_s, deadline.left_s()

    left_s, after_s = virtually(scenario)[0]
    assert left_s == pytest.approx(6)
    assert after_s == 0


def test_no_deadline_never_passes(virtually):
    """None is for ever."""

    async def scenario():
        deadline = Deadline.after(None)
        async with deadline.limit():
            await asyncio.sleep(100_000)
        deadline.check()
        return deadline.left_s()

    assert virtually(scenario)[0] == math.inf


@pytest.mark.parametrize(
    ("trip_s", "piece_s", "error", "after_s"),
    [
        (100, 10, TimeoutError, 10),
        (10, 100, DeadlineExceededError, 10),
        (10, 10, DeadlineExceededError, 10),
        (10, None, DeadlineExceededError, 10),
        (None, 10, TimeoutError, 10),
    ],
)
def test_a_piece_is_cut_off_by_whichever_ends_first(virtually, trip_s, piece_s, error, after_s):
    """And the error says whether the whole trip's time is over."""

    async def scenario():
        with pytest.raises(error) as caught:
            async with Deadline.after(trip_s).limit(piece_s):
                await asyncio.sleep(1_000)
        return caught.value

    caught, took_s = virtually(scenario)
    assert type(caught) is error
    assert took_s == pytest.approx(after_s)


def test_what_is_done_in_time_is_left_alone(virtually):
    """No error, no waiting."""

    async def scenario():
        async with Deadline.after(10).limit(5):
            await asyncio.sleep(3)
        return "done"

    assert virtually(scenario) == ("done", 3)


def test_another_timeout_from_inside_is_not_taken_for_its_own(virtually):
    """Somebody else's TimeoutError passes unchanged."""

    async def scenario():
        error = TimeoutError("a socket's")
        with pytest.raises(TimeoutError) as caught:
            async with Deadline.after(10).limit(5):
                raise error
        return caught.value is error

    assert virtually(scenario)[0]


def test_nothing_is_begun_when_it_has_passed(virtually):
    """A trip that is resumed too late does nothing any more."""

    async def scenario():
        begun = False
        with pytest.raises(DeadlineExceededError):
            async with Deadline.after(-1).limit(5):
                begun = True
        return begun

    assert virtually(scenario)[0] is False


def test_a_caller_who_is_cancelled_is_cancelled(virtually):
    """Cancellation from outside is no timeout."""

    async def scenario():
        async def work():
            async with Deadline.after(10).limit(5):
                await asyncio.sleep(100)

        task = asyncio.create_task(work())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert virtually(scenario) == (None, 1)
