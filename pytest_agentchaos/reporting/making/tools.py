"""Tools: how often each was called, how long that took, how often it failed; and calls that the trace does not show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final, TypeGuard

from pytest_agentchaos.evidence.figures.spread import BOUNDS_S
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.result import LARGEST
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.report import Gap, Tool

SHOWN: Final = 100
_NAME: Final = 200
_NAMES: Final = 10_000
"""An agent can make up names without end."""


class _Tool:
    __slots__ = ("calls", "clean", "errors", "faulted", "histogram", "is_whole", "max_s", "trials")

    def __init__(self) -> None:
        self.calls = self.errors = self.trials = self.clean = self.faulted = 0
        self.histogram = [0] * (len(BOUNDS_S) + 1)
        self.is_whole = True
        """Every call is in the histogram; results of older versions have none."""
        self.max_s: float | None = None


class Tools:
    """Gathers them, a trial at a time."""

    def __init__(self) -> None:
        self._tools: dict[str, _Tool] = {}
        self._trials = {True: 0, False: 0}

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial; one that did not come about has called nothing that counts."""
        if row.status == "infrastructure":
            return
        measures = data.get("measures", {})
        is_clean = not row.faults
        self._trials[is_clean] += 1
        for name, calls in _counts(measures, "tool_calls"):
            if (tool := self._tool(name)) is None:
                continue
            tool.calls += calls
            tool.trials += calls > 0
            if is_clean:
                tool.clean += calls
            else:
                tool.faulted += calls
        for name, count in _counts(measures, "errors"):
            if (tool := self._tool(name)) is not None:
                tool.errors += count
        for name, latency in _items(measures, "latency"):
            if (tool := self._tool(name)) is not None and isinstance(latency, Mapping):
                _add_times(tool, latency)

    def _tool(self, name: str) -> _Tool | None:
        if (found := self._tools.get(name)) is None and len(self._tools) < _NAMES:
            found = self._tools[name] = _Tool()
        return found

    def tools(self) -> tuple[tuple[Tool, ...], int]:
        """Those that were called most, and how many others there are."""
        names = sorted(self._tools, key=lambda name: (-self._tools[name].calls, name))
        return tuple(self._told(_name(name), self._tools[name]) for name in names[:SHOWN]), max(0, len(names) - SHOWN)

    def _told(self, name: str, tool: _Tool) -> Tool:
        counts = tool.histogram if tool.is_whole and any(tool.histogram) else []
        while counts and not counts[-1]:
            counts = counts[:-1]
        return Tool(
            name,
            tool.calls,
            tool.errors,
            tool.trials,
            tuple(counts),
            quantile(counts, 0.5, tool.max_s),
            quantile(counts, 0.95, tool.max_s),
            tool.max_s,
            clean_calls=tool.clean / self._trials[True] if self._trials[True] else None,
            faulted_calls=tool.faulted / self._trials[False] if self._trials[False] else None,
        )


def _add_times(tool: _Tool, latency: Mapping[str, Any]) -> None:
    longest = latency.get("max_s")
    if isinstance(longest, (int, float)) and longest is not True and 0 <= longest <= LARGEST:
        tool.max_s = longest if tool.max_s is None or longest > tool.max_s else tool.max_s
    spread = latency.get("spread")
    if not isinstance(spread, list) or not 0 < len(spread) <= len(tool.histogram) or not all(map(_is_count, spread)):
        tool.is_whole = False
        return
    for place, count in enumerate(spread):
        if count:
            tool.histogram[place] += count


def quantile(histogram: Sequence[int], share: float, longest_s: float | None) -> float | None:
    """By nearest rank, the upper end of the class in which it lies: the truth is not above it. None without calls."""
    left = ceil(sum(histogram) * share)
    for place, count in enumerate(histogram):
        left -= count
        if count and left <= 0:
            bound_s = BOUNDS_S[place] if place < len(BOUNDS_S) else None
            told = [one for one in (bound_s, longest_s) if one is not None]
            return min(told) if told else None
    return None


class Gaps:
    """Gathers calls that crossed a wire and that the trace does not show."""

    def __init__(self) -> None:
        self.traced = 0
        """Trials that had spans."""
        self._found: dict[str, tuple[int, int, str]] = {}

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial."""
        measures = data.get("measures", {})
        untraced = measures.get("untraced")
        if untraced is None:
            return
        self.traced += 1
        for call, missing in _counts(measures, "untraced"):
            if missing:
                before = self._found.get(call, (0, 0, row.trial))
                self._found[call] = before[0] + _calls(measures, call), before[1] + missing, before[2]

    def gaps(self) -> tuple[tuple[Gap, ...], int]:
        """Those that are missing most often, and how many others there are."""
        names = sorted(self._found, key=lambda name: (-self._found[name][1], name))
        found = tuple(Gap(_name(name), *self._found[name]) for name in names[:SHOWN])
        return found, max(0, len(names) - SHOWN)


def _calls(measures: Mapping[str, Any], call: str) -> int:
    """How often it was called in all: known of tools, and of the calls to models together."""
    kind, _, name = call.partition(" ")
    told = dict(_counts(measures, "tool_calls")).get(name) if kind == "tool" else measures.get(f"{kind}_calls")
    missing: int = measures["untraced"][call]
    return told if _is_count(told) and told >= missing else missing


def _items(measures: Mapping[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    told = measures.get(name)
    return told.items() if isinstance(told, Mapping) else ()


def _counts(measures: Mapping[str, Any], name: str) -> list[tuple[str, int]]:
    """Those that are numbers which can be added up; anybody may have written the others."""
    return [(what, count) for what, count in _items(measures, name) if _is_count(count)]


def _name(text: str) -> str:
    """Hidden before it is cut: half a secret looks like none."""
    return str(redact(text[: 2 * _NAME]))[:_NAME]


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST
