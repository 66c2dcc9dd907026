"""Recovery: what a fault made trials cost more than the same trials without any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.making.matrices import fault_label
from pytest_agentchaos.reporting.report import Recovery

SHOWN: Final = 60


class _Fault:
    __slots__ = ("calls", "cost", "currency", "recovery_s", "seconds", "steps", "survived", "tokens", "trials")

    def __init__(self) -> None:
        self.trials = self.survived = 0
        self.currency = ""
        self.recovery_s: list[float] = []
        self.seconds: list[float] = []
        self.steps: list[float] = []
        self.calls: list[float] = []
        self.tokens: list[float] = []
        self.cost: list[float] = []


def recoveries(rows: Sequence[Row]) -> tuple[tuple[Recovery, ...], int]:
    """One for each fault, the slowest recovery first, and how many others there are.

    A trial under several faults stands under all of them together: nobody can say which of them cost what.
    """
    clean = Clean(rows)
    found: dict[str, _Fault] = {}
    for row in rows:
        if row.faults and row.counted and not row.unfired:
            _add(found.setdefault(fault_label(row.faults), _Fault()), row, clean.same(row))
    told = [_told(name, one) for name, one in found.items()]
    told.sort(key=lambda one: (-(one.recovery_s or 0.0), -(one.worst_s or 0.0), one.fault))
    return tuple(told[:SHOWN]), max(0, len(told) - SHOWN)


class Clean:
    """Trials without faults to compare others with: of the same system, journey and seed, best of the same scenario."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._exact: dict[tuple[object, ...], Row] = {}
        self._near: dict[tuple[object, ...], Row] = {}
        for row in rows:
            if not row.faults and row.status == "pass":
                self._exact.setdefault((row.system, row.scenario, row.journey, row.seed), row)
                self._near.setdefault((row.system, row.journey, row.seed), row)

    def same(self, row: Row) -> Row | None:
        """What this trial would have been without its faults."""
        exact = self._exact.get((row.system, row.scenario, row.journey, row.seed))
        return exact or self._near.get((row.system, row.journey, row.seed))


def _add(fault: _Fault, row: Row, clean: Row | None) -> None:
    fault.trials += 1
    fault.survived += row.success
    if (took_s := _number(row, "recovery_s")) is not None:
        fault.recovery_s.append(took_s)
    if clean is None:
        return
    for measure, into in (("duration_s", fault.seconds), ("steps", fault.steps), ("calls", fault.calls)):
        _add_difference(into, _number(row, measure), _number(clean, measure))
    _add_difference(fault.tokens, _tokens(row), _tokens(clean))
    currency = str(row.measures.get("currency") or "")
    if currency == str(clean.measures.get("currency") or "") and fault.currency in {"", currency}:
        _add_difference(fault.cost, _number(row, "cost"), _number(clean, "cost"))
        fault.currency = currency


def _add_difference(into: list[float], faulted: float | None, clean: float | None) -> None:
    if faulted is not None and clean is not None:
        into.append(faulted - clean)


def _number(row: Row, measure: str) -> float | None:
    value = row.measures.get(measure)
    return value if isinstance(value, (int, float)) else None


def _tokens(row: Row) -> float | None:
    into, out = _number(row, "input_tokens"), _number(row, "output_tokens")
    return None if into is None or out is None else into + out


def _told(name: str, fault: _Fault) -> Recovery:
    return Recovery(
        name,
        fault.trials,
        fault.survived,
        _median(fault.recovery_s),
        max(fault.recovery_s, default=None),
        steps=_median(fault.steps),
        calls=_median(fault.calls),
        tokens=_median(fault.tokens),
        cost=_median(fault.cost),
        seconds=_median(fault.seconds),
        currency=fault.currency if fault.cost else "",
    )


def _median(values: list[float]) -> float | None:
    return round(median(values), 9) if values else None
