"""What a test leaves on its report, and what stands under its failure."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from pytest_agentchaos.plugin.fixture import AgentChaos


def annotate(report: pytest.TestReport, item: pytest.Item, chaos: AgentChaos) -> None:
    """Attach the record (it crosses to the xdist controller with the report) and explain a failure."""
    report.agentchaos = record(chaos)  # type: ignore[attr-defined] - reports are made to carry such things
    if report.failed:
        report.sections.append(("agentchaos", explanation(item, chaos)))


def record(chaos: AgentChaos) -> dict[str, Any]:
    """The trial in a few plain values."""
    fired: dict[str, int] = {}
    for tally in chaos.trial.engine.tallies:
        fired[tally.rule.fault.name] = fired.get(tally.rule.fault.name, 0) + tally.fired
    verdicts: dict[str, int] = {}
    for verdict in chaos.verdicts:
        verdicts[verdict.status] = verdicts.get(verdict.status, 0) + 1
    return {
        "seed": chaos.seed,
        "fired": fired,
        "verdicts": verdicts,
        "reached": dict(chaos.reached),
        "calls": len(chaos.history.calls()),
        "virtual_s": round(chaos.trial.clock.now_s(), 6) if chaos.history.mode == "sim" else 0.0,
    }


def explanation(item: pytest.Item, chaos: AgentChaos) -> str:
    """Outcome, schedule, timeline, and as the last line how to repeat it."""
    lines = [f"outcome: {chaos.outcome}"] if chaos.outcome is not None else []
    lines += [f"fault: {line}" for line in chaos.trial.schedule]
    lines += ["timeline:", chaos.history.timeline()] if len(chaos.history) else []
    return "\n".join([*lines, f"replay: {replay_line(item, chaos)}"])


def replay_line(item: pytest.Item, chaos: AgentChaos) -> str:
    """The command that runs this very trial again, from where pytest was started."""
    marker = item.get_closest_marker("agentchaos")
    trial = getattr(item, "callspec", None)
    offset = int(marker.kwargs.get("seed", 0)) if marker else 0
    offset += int(trial.params.get("agentchaos_trial", 0)) if trial else 0
    start = item.config.invocation_params.dir
    path, _, rest = item.nodeid.partition("::")
    where = os.path.relpath(item.config.rootpath / path, start) if path else path
    words = ["pytest", shlex.quote(f"{Path(where).as_posix()}::{rest}"), f"--agentchaos-seed={chaos.seed - offset}"]
    trials = item.config.getoption("agentchaos_trials")
    words += [f"--agentchaos-trials={trials}"] if trials else []
    hash_seed = os.environ.get("PYTHONHASHSEED")
    return " ".join([f"PYTHONHASHSEED={hash_seed}", *words] if hash_seed else words)
