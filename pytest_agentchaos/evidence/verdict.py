"""A verdict: what an invariant says about a history, and the ops that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "fail", "unknown", "invalid"]
"""``unknown`` is never treated as a pass; ``invalid`` means that the trial proves nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One invariant's word on one history."""

    invariant: str
    status: Status
    reason: str
    ops: tuple[int, ...] = ()
    """Indices of the ops that show it."""

    @property
    def passed(self) -> bool:
        """Whether the history was judged and found right."""
        return self.status == "pass"

    def __str__(self) -> str:
        shown = f" (ops {', '.join(map(str, self.ops))})" if self.ops else ""
        return f"{self.status.upper():7} {self.invariant}: {self.reason}{shown}"
