"""LateDelivery."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.late_delivery import LateDelivery
from pytest_agentchaos.faults.steps import Delay, DeliverLater, Hang, Reset


def test_the_callee_gets_it_while_the_caller_waits_in_vain(tool_call):
    """The caller runs into its own timeout."""
    assert LateDelivery(seconds=60).compile(tool_call()) == (DeliverLater(60.0), Hang())


def test_the_connection_can_break_before_the_delivery(tool_call):
    """The caller knows early that something is wrong, and the request still arrives."""
    program = LateDelivery(seconds=60, torn_after_s=2).compile(tool_call())
    assert program == (DeliverLater(60.0), Delay(2.0), Reset())


def test_late_means_later_than_now():
    """A delivery at once is none that is late."""
    with pytest.raises(UsageError, match=r"faults\.LateDelivery\(seconds=0\)"):
        LateDelivery(seconds=0)
