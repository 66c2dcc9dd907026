"""Specimens: a few real trials, so that synthetic results have real figures, verdicts and histories in them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.faults.registry import fault_class
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.system import System

SYSTEM: Final = 'reference_system:travel("idempotency")'
"""Without the safeguard that keeps a repeated request from being executed twice."""
STRUCK: Final = ("drop_response", "late_delivery", "reset", "stale", "truncated")
"""Faults under which it fails then, at its third write."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """One real trial."""

    result: Result
    history: bytes
    """The file, packed as campaigns pack it."""


@cache
def specimens() -> Mapping[str, Specimen]:
    """By fault; the one without any stands under the empty name. It takes a second or two, once in a process."""
    return {name: _taken(name) for name in ("", *STRUCK)}


def _taken(fault: str) -> Specimen:
    schedule: tuple[Any, ...] = (rule(fault_class(fault)(), on.write(nth=3)),) if fault else ()
    done = perform(Plan(System.of(SYSTEM), schedule=schedule))
    return Specimen(done.result, gzip.compress(encode(done.history.to_jsonl()), mtime=0))
