"""The section at the end of a session that had trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


def write_summary(terminal: Any, reports: Sequence[Any], lost: int) -> None:
    """Trials, faults fired, verdicts, and what was never reached."""
    # Subtests and reruns report under the same name as their test; the last word is the test's own.
    records = {(report.nodeid, getattr(report, "worker_id", None)): report.agentchaos for report in reports}
    terminal.section("agentchaos")
    for line in summary(list(records.values()), lost):
        terminal.line(line)


def summary(records: Sequence[dict[str, Any]], lost: int = 0) -> list[str]:
    """The lines of the section."""
    fired: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    reached: dict[str, bool] = {}
    for record in records:
        fired.update(record["fired"])
        verdicts.update(record["verdicts"])
        for name, was in record["reached"].items():
            reached[name] = reached.get(name, False) or was
    virtual_s = sum(record["virtual_s"] for record in records)
    calls = sum(record["calls"] for record in records)
    seeds = sorted({record["seed"] for record in records})
    lines = [
        f"{_count(len(records), 'trial')}, {_count(calls, 'call')}, {virtual_s:g} s of virtual time, {_seeds(seeds)}"
    ]
    if fired:
        lines.append("faults fired: " + ", ".join(f"{name} {count}" for name, count in sorted(fired.items())))
    if verdicts:
        lines.append("verdicts: " + ", ".join(f"{verdicts[name]} {name}" for name in _ORDER if verdicts[name]))
    lines += [f"sometimes, never reached: {name}" for name, was in sorted(reached.items()) if not was]
    if lost:
        lines.append(f"{_count(lost, 'test')} crashed together with the worker process: not counted here")
    return lines


_ORDER = ("pass", "fail", "unknown", "invalid")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _seeds(seeds: list[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
