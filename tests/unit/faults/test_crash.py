"""Crash."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.crash import Crash
from pytest_agentchaos.faults.steps import Crash as End
from pytest_agentchaos.faults.steps import Deliver, Gone, Reset, Return

CALLER, CALLEE = End("caller", 1.0), End("callee", 1.0)


@pytest.mark.parametrize(
    ("of", "point", "program"),
    [
        ("caller", "before_send", (CALLER, Gone())),
        ("caller", "before_reply", (Deliver(), CALLER, Gone())),
        ("caller", "after_reply", (Deliver(), CALLER, Return())),
        ("callee", "before_send", (CALLEE, Reset())),
        ("callee", "before_reply", (Deliver(), CALLEE, Reset())),
        ("callee", "after_reply", (Deliver(), CALLEE, Return())),
    ],
)
def test_a_process_ends_at_its_point(tool_call, of, point, program):
    """A caller that is gone sees nothing; one whose callee is gone sees its connection break."""
    assert Crash(of=of, point=point).compile(tool_call()) == program


def test_it_says_why_a_process_cannot_be_stopped(tool_call):
    """The situation knows; most can."""
    assert Crash().inapplicable(tool_call()) is None
    assert Crash().inapplicable(tool_call(unstoppable=lambda of: f"no {of}")) == "no caller"


def test_a_point_that_there_is_not_is_an_error():
    """The message names those that there are."""
    with pytest.raises(UsageError, match="before_reply"):
        Crash(point="during_reply")
