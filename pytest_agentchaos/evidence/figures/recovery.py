"""Recovery: from the last fault of a run to its end."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.run import Run, finished


class Recovery(NamedTuple):
    """The last fault of a run, and how the run went on."""

    fault: Op
    run: Run | None
    """None: it has not ended."""

    @property
    def took_s(self) -> float | None:
        """From when the fault began to act to the end; None where the clock cannot tell."""
        took_s = -1.0 if self.run is None else self.run.at_s - self.fault.at_s
        return took_s if isfinite(took_s) and took_s >= 0 else None


def recoveries(history: History) -> tuple[Recovery, ...]:
    """One for each run that met faults, or that follows a crash; ask by ``history.view(recoveries)``."""
    found: list[Recovery] = []
    ended = iter(history.view(finished))
    run = next(ended, None)
    fault: Op | None = None
    for op in history:
        if op.kind == "fault":
            fault = op
        elif run is not None and op.index == run.op:
            found += [Recovery(fault, run)] if fault is not None else []
            run, fault = next(ended, None), None
    return tuple(found + ([Recovery(fault, None)] if fault is not None else []))
