"""Frames: gathered results as pandas data frames, for notebooks. Reports and gates need none of it.

from pytest_agentchaos import frames
from pytest_agentchaos.evidence.gathered import gather

trials = frames.trials(gather(["reports/nightly"]))
trials.groupby("scenario")["success"].mean()
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import Row

if TYPE_CHECKING:
    import pandas as pd

_KEY: Final = ("trial", "scenario", "journey", "seed", "schedule", "status")
"""What every frame begins with, so that any two can be merged and grouped alike."""
_TRIALS: Final = (
    "source", *_KEY, "success", "counted", "ended", "system", "faults", "failed", "unfired", "calls", "virtual_s",
    "real_s", "pair", "case",
)  # fmt: skip
_VERDICTS: Final = (*_KEY, "invariant", "verdict", "reason")
_TOOLS: Final = (*_KEY, "tool", "calls", "errors", "median_s", "p95_s", "max_s")
_FAULTS: Final = (*_KEY, "rule", "fault", "fired")


def trials(gathered: Gathered) -> pd.DataFrame:
    """One row a trial: what :class:`Row` tells, and its measures, each as ``measure_`` and its name."""
    names = dict.fromkeys(name for row in gathered.rows for name in row.measures)
    lines = [
        [str(gathered.sources[row.source].folder), *(_cell(getattr(row, name)) for name in _TRIALS[1:])]
        + [row.measures.get(name) for name in names]
        for row in gathered.rows
    ]
    return _frame(lines, [*_TRIALS, *(f"measure_{name}" for name in names)])


def verdicts(gathered: Gathered) -> pd.DataFrame:
    """One row for what one invariant says of one trial."""
    lines = [
        [*_key(row), one["invariant"], one["status"], one["reason"]]
        for row, data in gathered.each()
        for one in data.get("verdicts", ())
    ]
    return _frame(lines, _VERDICTS)


def tools(gathered: Gathered) -> pd.DataFrame:
    """One row for one tool in one trial: its calls, how many ended in an error, and how long they took."""
    return _frame([line for row, data in gathered.each() for line in _tools(row, data)], _TOOLS)


def faults(gathered: Gathered) -> pd.DataFrame:
    """One row for one rule of a schedule: its fault, and how often it acted; none for a trial without any."""
    lines = []
    for row, data in gathered.each():
        fired = data.get("fired", ())
        for number, fault in enumerate(row.faults):
            lines.append([*_key(row), number, fault, fired[number] if number < len(fired) else 0])
    return _frame(lines, _FAULTS)


def _tools(row: Row, data: Mapping[str, Any]) -> Iterable[list[Any]]:
    measures = data.get("measures", {})
    latency, errors = _mapping(measures, "latency"), _mapping(measures, "errors")
    for tool, calls in _mapping(measures, "tool_calls").items():
        took = _mapping(latency, tool)
        yield [*_key(row), tool, calls, errors.get(tool, 0), took.get("median_s"), took.get("p95_s"), took.get("max_s")]


def _mapping(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}


def _key(row: Row) -> list[Any]:
    return [getattr(row, name) for name in _KEY]


def _cell(value: Any) -> Any:
    """Several names are one text: nothing can be grouped by a list."""
    return ", ".join(value) if isinstance(value, tuple) else value


def _frame(lines: list[list[Any]], columns: Iterable[str]) -> pd.DataFrame:
    try:
        import pandas as pd
    except ImportError as error:
        msg = f"data frames need pandas, which cannot be imported ({error}): pip install 'pytest-agentchaos[frames]'"
        raise UsageError(msg) from error
    return pd.DataFrame(lines, columns=list(columns))
