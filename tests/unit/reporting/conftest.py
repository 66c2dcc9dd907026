"""Results that nobody ran, in a folder, as a campaign leaves them."""

from __future__ import annotations

import gzip

import pytest

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict

WRITE = {"writes": True, "nth": 1}


class Bench:
    """Writes results into folders and gathers them."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self.head = Head(version="1.0", python="CPython 3.11", kind="run", at="2026-03-01T06:00:00Z", hash_seed="")

    def trial(  # noqa: PLR0913 - what a trial is made of
        self, status="pass", *faults, on=WRITE, journey="trip", seed=0, reason="", more=(), **given
    ):
        """One trial under these faults: names, or whole rules."""
        schedule = [one if isinstance(one, dict) else {"fault": one, "on": on} for one in faults]
        plan = {"system": "shop:agent", "journey": journey, "schedule": schedule, "seed": seed} | given.pop("plan", {})
        invariant = given.pop("invariant", "no_duplicate_effect")
        verdicts = (Verdict(invariant, status, reason or "seat was executed 2 times, at 1 s and 2 s"), *more)
        verdicts = verdicts if status in {"fail", "unknown"} else (Verdict(invariant, "pass", "fine"), *more)
        why = given.pop("why", f"{invariant}: {verdicts[0].reason}" if status != "pass" else "")
        fired = given.pop("fired", tuple(0 if status == "invalid" else 1 for _ in schedule))
        told = {"trial": f"t{len(self.lines):05}", "ended": "completed", "real_s": 0.25, "calls": 4} | given
        self.lines.append(Result(plan=plan, status=status, why=why, verdicts=verdicts, fired=fired, **told))
        return self.lines[-1].trial

    def folder(self, name="results"):
        """All of it, written."""
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join([self.head.to_line(), *(one.to_line() for one in self.lines), ""])
        (folder / "results.jsonl").write_text(text, encoding="ascii")
        return folder

    def gathered(self, name="results"):
        """All of it, gathered."""
        return gather([self.folder(name)])

    def history(self, name, folder="results"):
        """A short history in a file; what a result names."""
        path = self.path / folder / "histories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        story = Story().call("book", flight="LX1").ok({"booking": "B1"})
        path.write_bytes(gzip.compress(story.history.to_jsonl().encode()))
        return f"histories/{name}"


@pytest.fixture
def bench(tmp_path):
    """An empty one."""
    return Bench(tmp_path)


@pytest.fixture
def other(tmp_path):
    """Another one, for a baseline."""
    return Bench(tmp_path / "other")
