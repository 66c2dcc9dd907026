"""Grades: what a fault did to a journey, in one word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pytest_agentchaos.evidence.result import Result

Grade = Literal["masked", "degraded", "failed", "violated", "unknown", "not applicable"]
GRADES: tuple[str, ...] = get_args(Grade)

MARKS: Mapping[Grade, str] = {
    "masked": ".",
    "degraded": "d",
    "failed": "F",
    "violated": "V",
    "unknown": "?",
    "not applicable": "-",
}
"""How a table shows them; a blank is what was not tried."""

_ENDED: Mapping[str, Grade] = {
    "completed": "masked",
    "degraded": "degraded",
    "asked": "degraded",
    "escalated": "degraded",
    "refused": "degraded",
    "failed": "failed",
    "hung": "failed",
    "crashed": "failed",
}


def grade(result: Result) -> Grade:
    """``violated`` is what must not be; how a journey may end besides is for its owner to say (``expect``)."""
    if result.status == "fail":
        return "violated"
    if result.status == "infrastructure":
        return "unknown"
    if undelivered(result):
        return "not applicable"
    if result.status != "pass":
        return "unknown"
    return _ENDED.get(result.ended, "unknown")


def undelivered(result: Result) -> bool:
    """Whether a fault of the schedule found nothing to act on."""
    return not all(result.fired)
