"""Gates over results that come, grow, break and age."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pytest_agentchaos.serving import gates
from pytest_agentchaos.serving.gates import Gate


@pytest.fixture
def clock(at):
    """The moment, which a test may move."""
    return [at]


@pytest.fixture
def gate(tmp_path, policy, clock):
    """Over a folder that is not there yet."""
    return Gate(str(policy), tmp_path / "candidate", now=lambda: clock[0])


def test_results_that_are_not_there_yet_are_invalid_and_then_decide(gate, campaign):
    """A server can be started before the first run; nothing is promoted before there is anything."""
    before = gate.decision()
    assert (before.decision, before.policy) == ("invalid", "ours")
    assert "is not there" in before.reason
    campaign(gate.results, 3)
    assert gate.decision().decision == "hold"
    assert gate.decision().runs_needed > 0
    campaign(gate.results, 20)
    assert gate.decision().decision == "promote"
    campaign(gate.results, 20, failing=15)
    assert gate.decision().decision == "rollback"


def test_a_shard_that_comes_later_is_seen(gate, campaign):
    """The folder of the results holds one folder a shard."""
    campaign(gate.results / "a", 3)
    assert gate.decision().decision == "hold"
    campaign(gate.results / "b", 20, system="shop:other")
    assert gate.decision().counts["runs"] == 23


def test_a_decision_is_made_once_for_as_long_as_nothing_changes(gate, campaign, clock, monkeypatch):
    """And again after a minute, for results grow old."""
    campaign(gate.results, 20)
    made = []
    monkeypatch.setattr(gates, "decide", lambda *args, **kwargs: made.append(kwargs["at"]) or f"decision {len(made)}")
    assert [gate.decision() for _ in range(3)] == ["decision 1"] * 3
    clock[0] += timedelta(seconds=59)
    assert gate.decision() == "decision 1"
    clock[0] += timedelta(seconds=1)
    assert gate.decision() == "decision 2"
    clock[0] -= timedelta(hours=1)  # somebody has set the clock
    assert gate.decision() == "decision 3"


def test_results_grow_old_while_the_server_runs(tmp_path, campaign, policy, clock):
    """A decision of yesterday ships nothing today."""
    policy.write_text(f"evidence: {{max_age: 24h}}\n{policy.read_text()}")
    gate = Gate(str(policy), campaign(tmp_path / "candidate", 20), now=lambda: clock[0])
    assert gate.decision().decision == "promote"
    clock[0] += timedelta(hours=25)
    assert gate.decision().decision == "invalid"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no whole line"),
        ('{"agentchaos":{"format":99,"version":"9.0"}}\n', "9.0; this version reads up to"),
        ("no results\n", "no file of results"),
        ('{"agentchaos":{"format":1,"version":"1.0"}}\n', "no trial at all"),
    ],
)
def test_damaged_results_are_invalid(gate, content, why):
    """They are told with their remedy, and nothing breaks."""
    gate.results.mkdir()
    (gate.results / "results.jsonl").write_text(content)
    told = gate.decision()
    assert told.decision == "invalid"
    assert why in told.reason
    json.loads(told.to_json())


def test_a_line_that_is_being_written_is_left_out(gate, campaign):
    """A run that is under way has half a line at its end."""
    file = campaign(gate.results, 20) / "results.jsonl"
    with file.open("a") as more:
        more.write('{"trial": "half')
    assert gate.decision().decision == "promote"


def test_a_policy_that_was_broken_while_the_server_ran_promotes_nothing(gate, campaign, policy):
    """It is read again like results."""
    campaign(gate.results, 20)
    assert gate.decision().decision == "promote"
    policy.write_text("version: 1\nrules: [{id: floor, metric: pas_rate, min: 1}]\n")
    told = gate.decision()
    assert told.decision == "invalid"
    assert (told.policy, told.policy_sha256) == ("", "")


def test_who_waits_for_a_decision_waits_no_longer_than_patience(gate, monkeypatch):
    """The server says so, rather than to gather connections."""
    monkeypatch.setattr(gates, "_PATIENCE_S", 0.0)
    with gate._deciding, pytest.raises(gates.BusyError):
        gate.decision()
