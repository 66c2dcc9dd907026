"""An outcome: how the system ended, said without judging it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.redaction import redact

Ending = Literal["completed", "raised", "hung", "crashed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of the system ended."""

    ending: Ending
    value: Any = None
    error: BaseException | None = None
    virtual_s: float = 0.0
    wall_s: float = 0.0

    def __str__(self) -> str:
        if self.ending == "completed":
            return f"completed after {self.virtual_s:g} s"
        if self.ending == "crashed":
            return f"crashed after {self.virtual_s:g} s"
        what = "nobody knows why" if self.error is None else redact(told(self.error))
        return f"{self.ending} after {self.virtual_s:g} s: {what}"
