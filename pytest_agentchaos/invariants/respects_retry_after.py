"""Respects Retry-After: whoever was told when to come back does not come sooner."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.attempts import (
    RESOLUTION_S,
    Per,
    ended_s,
    is_quantity,
    missing_end,
    moments,
    place,
    seconds,
    wrong_clock,
)
from pytest_agentchaos.evidence.conduct.fate import identity
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_PLACES = ("target", "name", "call")


@register
@dataclass(frozen=True, slots=True)
class respects_retry_after:
    """Promises that after an error reply that says when to come back nothing more is sent to that place before then; it
    sees waits that HTTP headers tell in seconds, not dates, and not what only the text of an error says (JSON-RPC).

    A call that was under way already when the reply came is no offence. Where calls take no time, nobody can tell
    whether another one in the same instant was: that is unknown.
    """

    slack_s: float = 0.0
    """So much sooner is still in time."""
    per: Per = "target"
    """Who is left alone: the ``target`` (a host, an MCP server; of models, each model there), only the ``name`` that
    was called there (a tool, a path), or only the same ``call`` again, by the same agent with the same arguments."""

    def __post_init__(self) -> None:
        if not is_quantity(self.slack_s):
            msg = f"respects_retry_after(slack_s={self.slack_s!r}): write seconds from 0 up, for example 0.5"
            raise UsageError(msg)
        if self.per not in _PLACES:
            msg = f"respects_retry_after(per={self.per!r}): write one of {', '.join(map(repr, _PLACES))}"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        told = [f"slack_s={self.slack_s:g}"] if self.slack_s else []
        told += [f"per={self.per}"] if self.per != "target" else []
        return f"respects_retry_after({', '.join(told)})" if told else "respects_retry_after"

    def check(self, history: History) -> Verdict:
        """Remember until when each place wants to be left alone, and look who comes before."""
        if (wrong := history.view(wrong_clock)) is not None:
            return Verdict(self.name, "unknown", *wrong)
        waits: dict[str, _Wait] = {}
        findings = Findings()
        asked: list[int] = []
        unread: list[int] = []
        for op, exchange in history.view(moments):
            if op == exchange.index:
                wait = waits.get(place(exchange, self.per))
                if wait is not None and exchange.at_s < wait.until_s - self.slack_s - RESOLUTION_S:
                    kind = findings.doubts if wait.is_met_by(exchange) else findings.failures
                    kind.append(wait.broken_by(exchange))
            elif exchange.ending == "ok" and (told := exchange.data.get("retry_after_s")) is not None:
                where = place(exchange, self.per)
                found = _Wait(op, where, exchange, told) if is_quantity(told) else None
                if found is None:
                    unread.append(op)
                elif found.wait_s > 0:
                    asked.append(op)
                    known = waits.get(where)
                    waits[where] = found if known is None or known.until_s < found.until_s else known
        findings.doubts += _doubts(history, asked, unread)
        return findings.concluded(
            self.name, f"{counted(len(asked), 'reply')} said when to come back; nobody came sooner"
        )


def _doubts(history: History, asked: list[int], unread: list[int]) -> list[Finding]:
    """Why nobody can say that the promise was kept."""
    if unread:
        return [Finding(f"{len(unread)} replies say when to come back, and not as a number of seconds", tuple(unread))]
    if not asked:
        remedy = "let one do so: agentchaos.inject(faults.RateLimited(retry_after_s=5))"
        return [Finding(f"no reply said when to come back; {remedy}")]
    missing = missing_end(history)
    return [] if missing is None else [Finding(*missing)]


@dataclass(frozen=True, slots=True)
class _Wait:
    """One reply that asks for patience."""

    op: int
    place: str
    told: Exchange
    """The call that got it."""
    wait_s: float

    @property
    def at_s(self) -> float:
        """When it came."""
        return ended_s(self.told)

    @property
    def until_s(self) -> float:
        return self.at_s + self.wait_s

    def is_met_by(self, exchange: Exchange) -> bool:
        """Whether that call, another one, began with the one that got the reply: then it may know nothing of it."""
        return exchange.at_s <= self.told.at_s + RESOLUTION_S and identity(exchange) != identity(self.told)

    def broken_by(self, exchange: Exchange) -> Finding:
        """What to say of whoever comes before its end."""
        after = seconds(exchange.at_s - self.at_s)
        reason = f"{shown(self.place)} asked for {seconds(self.wait_s)} of rest and was called again after {after}"
        if self.is_met_by(exchange):
            reason += ", perhaps by a call that was decided before; let calls take time: faults.Latency(seconds=0.1)"
        return Finding(reason, (self.op, exchange.index))
