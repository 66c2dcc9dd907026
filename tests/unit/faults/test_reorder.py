"""Reorder."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.reorder import Reorder
from pytest_agentchaos.faults.steps import Deliver, Hold, Return


def test_the_request_is_held_back_until_others_have_passed(tool_call):
    """It is delivered all the same."""
    assert Reorder(calls=2, limit_s=3).compile(tool_call()) == (Hold(2, 3.0), Deliver(), Return())


def test_at_least_one_call_must_pass():
    """Without it there is no reordering."""
    with pytest.raises(UsageError, match=r"faults\.Reorder\(calls=0\)"):
        Reorder(calls=0)
