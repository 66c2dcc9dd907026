"""Degrades gracefully: what no fault concerned is in the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.answer import choices, is_there, must_be_path, must_be_wanted
from pytest_agentchaos.evidence.conduct.fate import concerns, under_way
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import LEFT_DOWN, Run, finished, left_down
from pytest_agentchaos.evidence.telling import enumerated, listed, quoted
from pytest_agentchaos.evidence.verdict import Status, Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_EXAMPLE = (
    "write for example {'weather': ['get_forecast'], 'flights': {'at': 'bookings.*', 'where': {'domain': 'flights'},"
    " 'needs': ['search_flights', 'book_flight']}}"
)


class _Part(NamedTuple):
    """One part of the answer."""

    name: str
    at: str
    where: Mapping[str, Any]
    needs: tuple[str, ...]

    def is_in(self, answer: Any) -> bool:
        """Whether an answer has it, with something in it."""
        return any(is_there(item) and self._is_right(item) for item in found(answer, self.at))

    def _is_right(self, item: Any) -> bool:
        """Whether every place that was named holds one of the values that are right there."""
        return all(any(value in choices(right) for value in found(item, path)) for path, right in self.where.items())


@register
@dataclass(frozen=True, slots=True)
class degrades_gracefully:
    """Promises the parts of an answer whose calls met no fault; it cannot see whether a part that is there is right.

    A part whose calls met a fault may be missing, also where a retry could have saved it. Write

        degrades_gracefully({
            "weather": ["get_forecast"],
            "flights": {"at": "bookings.*", "where": {"domain": "flights"}, "needs": ["search_flights", "book_*"]},
        })

    Needs are globs on names or targets of calls. A list of them stands for a part at the place of its own name.
    """

    parts: Mapping[str, Any]
    """Name of a part -> what it needs, or ``at`` (its place in the answer), ``where`` (which of the items there) and
    ``needs``."""

    def __post_init__(self) -> None:
        parts: object = self.parts  # whatever the caller gave
        if not isinstance(parts, Mapping) or not parts:
            msg = f"degrades_gracefully({quoted(parts)}): a mapping from parts to their needs is due; {_EXAMPLE}"
            raise UsageError(msg)
        for name, told in self.parts.items():
            _part(name, told)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"degrades_gracefully({', '.join(self.parts)})"

    def check(self, history: History) -> Verdict:
        """Look, in each run that met a fault, at what the answer has."""
        if going_on := history.view(under_way):
            return Verdict(self.name, "unknown", "calls are still open, and no run has ended since", going_on)
        ended = history.view(finished)
        if (down := left_down(history)) is not None:
            return Verdict(self.name, "unknown", LEFT_DOWN, (down.op,))
        if not ended:
            return Verdict(self.name, "unknown", "no run has ended yet: call agentchaos.run(...) first")
        parts = [_part(name, told) for name, told in self.parts.items()]
        found = [(*_judge(run, parts, faulted), run) for run, faulted in _faulted(history, ended)]
        for status in ("fail", "pass", "unknown"):
            for judged, reason, run in found:
                if judged == status:
                    return Verdict(self.name, judged, reason, () if judged == "pass" else (run.op,))
        raise AssertionError  # there is at least one run


def _judge(run: Run, parts: list[_Part], faulted: list[Exchange]) -> tuple[Status, str]:
    due = [part for part in parts if not any(concerns(one, need) for one in faulted for need in part.needs)]
    excused = [part.name for part in parts if part not in due]
    if run.ending == "completed" and run.answer is None:
        return "unknown", "a run returned nothing that was recorded; in live mode, give it by live.answer(...)"
    missing = [part.name for part in due if not part.is_in(run.answer)]
    if missing:
        how = "" if run.ending == "completed" else f" (the run {quoted(run.ending)[1:-1]}: {quoted(run.error)})"
        return "fail", f"the answer lacks {enumerated(missing)}, though no fault met what that needs{how}"
    if not faulted:
        return "unknown", "no fault acted, so nothing was there to degrade from: inject one that fires"
    if not due:
        return "unknown", f"faults met what every part needs ({enumerated(excused)}), so none was due"
    there = listed([quoted(part.name) for part in due], len(due))
    lost = f"; faults met what {enumerated(excused)} needs" if excused else ""
    return "pass", f"the answer has {there}, which no fault concerned{lost}"


def _faulted(history: History, ended: tuple[Run, ...]) -> list[tuple[Run, list[Exchange]]]:
    """For each run, one call of each name and target that met a fault."""
    calls = iter([exchange for exchange in history.calls() if exchange.fault_ops])
    exchange = next(calls, None)
    found: list[tuple[Run, list[Exchange]]] = []
    for run in ended:
        met: dict[tuple[str, str], Exchange] = {}
        while exchange is not None and exchange.index < run.op:
            met.setdefault((exchange.call.name, exchange.call.target), exchange)
            exchange = next(calls, None)
        found.append((run, list(met.values())))
    return found


def _part(name: Any, told: Any) -> _Part:
    """A part as it was written; UsageError says what is wrong with it."""
    fields: dict[Any, Any] = dict(told) if isinstance(told, Mapping) else {"needs": told}
    needs: Any = fields.get("needs")
    needs = (needs,) if isinstance(needs, str) else needs
    is_list = isinstance(needs, (list, tuple)) and needs and all(isinstance(need, str) for need in needs)
    if not is_list or not isinstance(name, str) or set(fields) - {"at", "where", "needs"}:
        msg = f"degrades_gracefully: {quoted(name)} is {quoted(told)}, which does not say what it needs; {_EXAMPLE}"
        raise UsageError(msg)
    at, where = fields.get("at", name), fields.get("where", {})
    must_be_path(at, f"degrades_gracefully: {name}.at")
    if "where" in fields:
        must_be_wanted(where, f"degrades_gracefully: {name}.where")
    return _Part(name, at, where, tuple(needs))
