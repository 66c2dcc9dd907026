"""Bandwidth."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.bandwidth import Bandwidth
from pytest_agentchaos.faults.steps import Delay, Deliver, Drip, Return


def test_both_bodies_take_the_time_that_their_size_demands(http_call):
    """The request waits for its bytes, the reply drips in tenths of a second."""
    situation = http_call()
    size = len(situation.request.body)
    program = Bandwidth(bytes_per_s=100).compile(situation)
    assert program == (Delay(size / 100), Deliver(), Drip(first_s=0.1, interval_s=0.1, piece_bytes=10), Return())


def test_one_direction_can_be_narrow(http_call):
    """The other one is as fast as ever."""
    kinds = [
        [type(step) for step in Bandwidth(direction=direction).compile(http_call())]
        for direction in ("request", "reply")
    ]
    assert kinds == [[Delay, Deliver, Return], [Deliver, Drip, Return]]


def test_a_piece_is_never_empty(http_call):
    """Less than ten bytes a second come byte by byte."""
    drip = Bandwidth(bytes_per_s=2, direction="reply").compile(http_call())[1]
    assert drip == Drip(first_s=0.5, interval_s=0.5, piece_bytes=1)


def test_the_size_of_a_piece_can_be_told(http_call):
    """Large pieces come seldom."""
    drip = Bandwidth(bytes_per_s=100, piece_bytes=300, direction="reply").compile(http_call())[1]
    assert drip == Drip(first_s=3.0, interval_s=3.0, piece_bytes=300)


def test_a_function_has_no_bandwidth(function_call, http_call):
    """It says so."""
    assert Bandwidth().inapplicable(http_call()) is None
    assert "bytes" in str(Bandwidth().inapplicable(function_call()))


def test_a_line_that_carries_nothing_is_an_error():
    """That is a hang."""
    with pytest.raises(UsageError, match=r"faults\.Bandwidth\(bytes_per_s=0\)"):
        Bandwidth(bytes_per_s=0)
