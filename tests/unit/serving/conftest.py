"""Results on a disk, written by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def at():
    """The moment at which gates are asked."""
    return AT


@pytest.fixture
def campaign():
    """Writes a folder of results of so many trials, of which so many fail."""

    def make(folder, runs, failing=0, system="shop:agent", **head):
        folder.mkdir(parents=True, exist_ok=True)
        lines = [Head(version="1.0", at=AT.isoformat(), **head).to_line()]
        for seed in range(runs):
            fails = seed < failing
            plan = {"system": system, "schedule": [{"fault": "stale"}], "seed": seed}
            verdict = Verdict("no_orphan", "fail" if fails else "pass", "seat stands")
            lines.append(
                Result(
                    f"{system}-{seed}",
                    plan,
                    "fail" if fails else "pass",
                    verdicts=(verdict,),
                    fired=(1,),
                    calls=3,
                    real_s=seed,
                ).to_line()
            )
        (folder / "results.jsonl").write_text("\n".join([*lines, ""]))
        return folder

    return make


@pytest.fixture
def policy(tmp_path):
    """A policy that promotes at eighty percent, with confidence."""
    path = tmp_path / "ours.yaml"
    path.write_text("version: 1\nname: ours\nrules:\n  - {id: floor, metric: pass_rate, min_lower_bound: 0.8}\n")
    return path
