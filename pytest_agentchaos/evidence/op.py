"""An op: one line of a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.site import Site

OpKind = Literal["invoke", "ok", "fail", "info", "deliver", "fault", "effect", "span", "note"]
"""``invoke`` begins a call and one of ``ok`` / ``fail`` / ``info`` ends it; ``info`` means that nobody knows
whether it happened. ``deliver`` says that the callee really got the request, and what it truly answered; it is
written for calls under a fault only (any other call was delivered once, and its ``ok`` shows the reply)."""

OP_KINDS: frozenset[str] = frozenset(get_args(OpKind))
ENDINGS: frozenset[str] = frozenset({"ok", "fail", "info"})
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Op:
    """One line: what, when, and to which call it belongs."""

    index: int
    kind: OpKind
    at_s: float
    """Seconds since the trial began (virtual in sim mode)."""
    wall_s: float
    """Real seconds since the trial began."""
    of: int | None = None
    """Index of the invoke op of the call that this belongs to."""
    call: Call | None = None
    site: Site | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __str__(self) -> str:
        what = redact(str(self.call)) if self.call is not None else f"of {self.of}" if self.of is not None else ""
        detail = ", ".join(f"{key}={_short(value)}" for key, value in redact(self.data).items())
        return f"{self.index:4} {self.at_s:10.3f} s  {self.kind:7} {what} {detail}".rstrip()


def _short(value: object, limit: int = 100) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
