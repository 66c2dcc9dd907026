"""A call has an end on the wall clock, whatever the server does."""

from __future__ import annotations

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.errors import DeadlineExceededError, ToolUnavailableError
from reference_system.gateway.interface import ToolReply
from reference_system.hardening import Hardening

DRIP = rule(faults.Bandwidth(bytes_per_s=10, direction="reply"), on.tool("book_hotel"))
"""An answer that takes a minute, with a sign of life each second."""


def test_a_dripping_answer_is_cut_off(world):
    """Each read is quick, and all of them together are not waited for."""
    trip = world((DRIP,))
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), ToolUnavailableError)
    assert 40 <= trip.took_s < 50


def test_the_deadline_of_the_trip_ends_the_call(world):
    """In the middle of an attempt, and without another one."""
    trip = world((DRIP,), deadline_s=25)
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), DeadlineExceededError)
    assert 24.9 < trip.took_s < 25.1
    assert len(trip.bookings()) == 1
    assert [intent.state for intent in trip.store.intents("t1")] == ["open"]


def test_with_the_switch_off_it_takes_as_long_as_it_takes(world):
    """Switch deadline off: the trip's time is over long before the call is."""
    trip = world((DRIP,), deadline_s=25, hardening=Hardening().without("deadline"))
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), ToolReply)
    assert trip.took_s > 60


def test_with_the_switch_off_a_dead_line_is_noticed_at_last(world):
    """Switch deadline off: what sends nothing at all is given up by each read's own timeout."""
    trip = world((rule(faults.Hang(), on.tool("book_hotel", nth=1)),), hardening=Hardening().without("deadline"))
    assert isinstance(trip.run(lambda agent: agent.book_hotel()), ToolReply)
    assert 60 <= trip.took_s < 70
