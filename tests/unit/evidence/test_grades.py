"""What a fault did to a journey, in one word."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.grades import GRADES, MARKS, grade
from pytest_agentchaos.evidence.result import Result


@pytest.mark.parametrize(
    ("status", "ended", "fired", "word"),
    [
        ("pass", "completed", (1,), "masked"),
        ("pass", "degraded", (1,), "degraded"),
        ("pass", "asked", (1,), "degraded"),
        ("pass", "escalated", (1,), "degraded"),
        ("pass", "refused", (1,), "degraded"),
        ("pass", "failed", (1,), "failed"),
        ("pass", "hung", (1,), "failed"),
        ("pass", "crashed", (1,), "failed"),
        ("pass", "", (1,), "unknown"),
        ("fail", "completed", (1,), "violated"),
        ("fail", "completed", (1, 0), "violated"),
        ("unknown", "completed", (1,), "unknown"),
        ("invalid", "completed", (1,), "unknown"),
        ("invalid", "completed", (0,), "not applicable"),
        ("unknown", "completed", (1, 0), "not applicable"),
        ("infrastructure", "", (0,), "unknown"),
    ],
)
def test_a_result_has_one_grade(status, ended, fired, word):
    """A violation comes first; then whether it was a proper trial; then how the journey ended."""
    assert grade(Result("t", {}, status, ended=ended, fired=fired)) == word


def test_each_grade_has_a_mark_of_its_own():
    """A blank is what was not tried."""
    assert tuple(MARKS) == GRADES
    assert len(set(MARKS.values()) - {" "}) == len(GRADES)
