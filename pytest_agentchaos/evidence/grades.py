"""Grades: what a fault did to a journey, in one word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.row import Row

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


def grade(one: Result | Row) -> Grade:
    """``violated`` is what must not be; how a journey may end besides is for its owner to say (``expect``)."""
    if one.status == "fail":
        return "violated"
    if one.status == "infrastructure":
        return "unknown"
    if one.unfired:
        return "not applicable"
    return _ENDED.get(one.ended, "unknown") if one.status == "pass" else "unknown"
