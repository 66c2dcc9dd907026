"""Breaker opens: what keeps failing is left alone for a while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.attempts import (
    RESOLUTION_S,
    Per,
    ended_s,
    gave_up,
    in_trouble,
    is_quantity,
    last_op,
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
from pytest_agentchaos.evidence.telling import listed, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_TOO_MANY = 429
_TAKE_TIME = "let calls take time: faults.Latency(seconds=0.1)"


@register
@dataclass(frozen=True, slots=True)
class breaker_opens:
    """Promises that what has failed so many times in a row (no answer, 408, 5xx) is left alone but for a probe now
    and then until it answers; it cannot see calls that were held back, so whoever just gives up looks as good.

    In a row: each call began after the one before had failed, and no answer came in between. Calls that go down
    together are one failure; one whose caller stopped waiting counts only if a fault had acted on it. Where calls take
    no time, nobody can tell which of those in one instant go down together: what depends on that is unknown.
    """

    after: int = 5
    """So many failures in a row."""
    within_s: float = 60.0
    """They count together when they ended within so long."""
    rest_s: float = 30.0
    """In any time of this length after them no more than ``probes`` calls begin. Not longer than the breaker's own."""
    probes: int = 1
    per: Per = "target"
    """What has a breaker of its own: a ``target`` (a host, an MCP server; of models, each model there), or a ``name``
    there (a tool, a path)."""

    def __post_init__(self) -> None:
        for name, least in (("after", 1), ("probes", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                msg = f"breaker_opens({name}={value!r}): write a whole number from {least} up"
                raise UsageError(msg)
        for name in ("within_s", "rest_s"):
            value = getattr(self, name)
            if not is_quantity(value) or value == 0:
                msg = f"breaker_opens({name}={value!r}): write seconds above 0, for example 30"
                raise UsageError(msg)
        if self.per not in {"target", "name"}:
            msg = f"breaker_opens(per={self.per!r}): write 'target' or 'name'"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        per = "" if self.per == "target" else f", per={self.per}"
        return f"breaker_opens(after={self.after}, rest_s={self.rest_s:g}{per})"

    def check(self, history: History) -> Verdict:
        """Keep a circuit for each place, as a breaker would."""
        if (wrong := history.view(wrong_clock)) is not None:
            return Verdict(self.name, "unknown", *wrong)
        every = self._circuits(history, together=False)
        offences = [
            circuit.offence for circuit in self._circuits(history, together=True) if circuit.offence is not None
        ]
        kept = [
            f"{shown(circuit.where)} was left alone after {self.after} failures" for circuit in every if circuit.opened
        ]
        return Findings(offences, self._doubts(history, every)).concluded(self.name, listed(kept))

    def _circuits(self, history: History, *, together: bool) -> list[_Circuit]:
        """One for each place. ``together``: different calls in one instant went down together."""
        circuits: dict[str, _Circuit] = {}
        for op, exchange in history.view(moments):
            where = place(exchange, self.per)
            circuit = circuits.get(where)
            if circuit is None:
                circuit = circuits[where] = _Circuit(self, where, together)
            if op == exchange.index:
                circuit.begins(exchange)
            elif exchange.data.get("status") == _TOO_MANY:
                continue  # who asks for patience is neither dead nor well
            elif in_trouble(exchange):
                circuit.fails(exchange)
            elif not gave_up(exchange):
                circuit.answers()
        return list(circuits.values())

    def _doubts(self, history: History, circuits: list[_Circuit]) -> list[Finding]:
        """Why nobody can say that the promise was kept."""
        if not any(circuit.opened for circuit in circuits):
            most = max((circuit.most for circuit in circuits), default=0)
            reason = (
                f"{most} failures in a row are the most that any place had, and {self.after} are needed; make more:"
                f" agentchaos.inject(faults.Unavailable(), on.tool('search', times={self.after + 2}))"
            )
            return [Finding(reason)]
        doubts = [
            Finding(f"{offence.reason}, perhaps decided before; {_TAKE_TIME}", offence.ops)
            for offence in (circuit.offence for circuit in circuits)
            if offence is not None
        ]
        missing = missing_end(history)
        return doubts if missing is None else [*doubts, Finding(*missing)]


@dataclass(slots=True)
class _Circuit:
    """What a breaker for one place would know."""

    rule: breaker_opens
    where: str
    together: bool
    """Whether different calls in one instant are taken to go down together."""
    failures: deque[Exchange] = field(default_factory=deque)
    """In a row, and within the time in which they count together."""
    is_open: bool = False
    opened: int = 0
    """How often."""
    most: int = 0
    begun_s: deque[float] = field(default_factory=deque)
    """When calls began since it opened, as far back as one rest."""
    offence: Finding | None = None
    """The first."""

    def begins(self, exchange: Exchange) -> None:
        """A call is made."""
        if not self.is_open or self._is_beside_last(exchange):
            return
        rule, begun = self.rule, self.begun_s
        while begun and begun[0] <= exchange.at_s - rule.rest_s + RESOLUTION_S:
            begun.popleft()
        begun.append(exchange.at_s)
        if len(begun) > rule.probes and self.offence is None:
            self.offence = self._offence(exchange)

    def fails(self, exchange: Exchange) -> None:
        """A call has failed for trouble."""
        failures = self.failures
        if self.is_open or (failures and exchange.index < last_op(failures[-1])) or self._is_beside_last(exchange):
            return
        failures.append(exchange)
        while ended_s(exchange) - ended_s(failures[0]) > self.rule.within_s + RESOLUTION_S:
            failures.popleft()
        self.most = max(self.most, len(failures))
        if len(failures) >= self.rule.after:
            self.is_open = True
            self.opened += 1

    def answers(self) -> None:
        """It is well again."""
        self.is_open = False
        self.failures.clear()
        self.begun_s.clear()

    def _is_beside_last(self, exchange: Exchange) -> bool:
        """Whether it is another call than the last that failed, and began in the same instant."""
        if not self.together or not self.failures:
            return False
        last = self.failures[-1]
        return exchange.at_s <= last.at_s + RESOLUTION_S and identity(exchange) != identity(last)

    def _offence(self, exchange: Exchange) -> Finding:
        last = self.failures[-1]
        reason = (
            f"{shown(self.where)} had failed {len(self.failures)} times in a row by {seconds(ended_s(last))}, and call"
            f" {len(self.begun_s)} within {seconds(self.rule.rest_s)} after that came at {seconds(exchange.at_s)}"
        )
        return Finding(reason, (*map(last_op, self.failures), exchange.index))
