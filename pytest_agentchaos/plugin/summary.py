"""The section at the end of a session that had trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any


def write_summary(terminal: Any, records: Sequence[dict[str, Any]]) -> None:
    """Trials, faults fired, verdicts, and what was never reached."""
    terminal.section("agentchaos")
    for line in summary(records):
        terminal.line(line)


def summary(records: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of the section."""
    fired: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    reached: dict[str, bool] = {}
    for record in records:
        fired.update(record["fired"])
        verdicts.update(record["verdicts"])
        for name, was in record["reached"].items():
            reached[name] = reached.get(name, False) or was
    seeds = sorted({record["seed"] for record in records})
    virtual_s = sum(record["virtual_s"] for record in records)
    lines = [
        f"{len(records)} trials, {sum(record['calls'] for record in records)} calls,"
        f" {virtual_s:g} s of virtual time, {_seeds(seeds)}"
    ]
    if fired:
        lines.append("faults fired: " + ", ".join(f"{name} {count}" for name, count in sorted(fired.items())))
    if verdicts:
        lines.append("verdicts: " + ", ".join(f"{verdicts[name]} {name}" for name in _ORDER if verdicts[name]))
    lines += [f"sometimes, never reached: {name}" for name, was in sorted(reached.items()) if not was]
    return lines


_ORDER = ("pass", "fail", "unknown", "invalid")


def _seeds(seeds: list[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
