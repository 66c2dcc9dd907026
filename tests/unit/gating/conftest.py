"""Results by hand, and policies as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_agentchaos.evidence.gathered import Gathered, Source
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.gating import decide as _decide
from pytest_agentchaos.gating.policy import load

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _row(number, status="pass", *, system="new", journey="trip", fault="drop_response", **changes):
    told = {
        "source": 0,
        "at": number,
        "trial": f"{system}-{number}",
        "status": status,
        "ended": "completed",
        "system": system,
        "scenario": "lost-ack",
        "journey": journey,
        "seed": number,
        "faults": (fault,) if fault else (),
        "schedule": fault,
        "pair": f"{journey}-{fault}-{number}",
        "case": f"{journey}-{fault}",
        "failed": ("ends(completed)",) if status == "fail" else (),
        "unfired": status in {"invalid", "inapplicable"},
        "calls": 3,
        "virtual_s": 1.0,
        "real_s": 0.5 + number / 1000 + (0.1 if system == "old" else 0),
        "measures": {"duration_s": 2.0, "cost": 0.01, "currency": "EUR", "steps": 4, "recovery_s": None},
        "history": "",
        "judged": ("ends(completed)", "no_duplicate_effect", "no_orphan", "no_phantom"),
    }
    return Row(**{**told, **changes})


def _gathered(rows, *, at="2026-11-20T06:00:00+00:00", suite="suite", labels=None, name="new", **head):
    heads = Head(at=at, labels=labels or {}, **head)
    return Gathered(tuple(rows), (Source(Path(name) / "results.jsonl", heads, len(rows)),), suite_sha256=suite)


@pytest.fixture
def row():
    """One trial: ``row(7, "fail", journey="refund")``."""
    return _row


@pytest.fixture
def gathered():
    """Rows as if they had been read."""
    return _gathered


@pytest.fixture
def results():
    """So many of each status: ``results(pass_=18, fail=2)``; more is said of all rows by keywords."""

    def make(name="new", *, rows=None, head=None, **counts):
        statuses = [status.rstrip("_") for status, count in counts.items() for _ in range(count)]
        made = [_row(number, status, system=name, **(rows or {})) for number, status in enumerate(statuses)]
        return _gathered(made, name=name, **(head or {}))

    return make


@pytest.fixture
def policy(tmp_path):
    """A policy of this text; rules may be given alone."""

    def make(text, name="ours"):
        if "version:" not in text:
            text = f"version: 1\nrules:\n{text}"
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return make


@pytest.fixture
def decide():
    """A decision at noon of the day on which the results were made."""

    def make(policy, candidate, baseline=None, *, at=AT):
        return _decide(policy, candidate, baseline, at=at)

    return make
