"""Shims that belong to the trial of a test: their calls become its own."""

from __future__ import annotations

import json
import subprocess

import pytest

from pytest_agentchaos.cli.injecting import rule_of
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.mcp_stdio.wrapped import Wrapped

CALL = {"jsonrpc": "2.0", "method": "tools/call"}


def agent(command, *calls):
    """An agent in another process, which knows nothing of us: it calls tools one after the other, and leaves."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        answers = []
        for number, name in enumerate(calls):
            process.stdin.write(json.dumps({**CALL, "id": number, "params": {"name": name}}).encode() + b"\n")
            process.stdin.flush()
            while (answer := json.loads(process.stdout.readline())).get("id") != number:
                pass
            answers.append("error" if "error" in answer else "ok")
        process.stdin.close()
        assert process.wait(60) == 0
    return answers


def test_what_shims_see_belongs_to_the_trial(server_command):
    """Calls, faults and counts go on from one process of the server to the next, and what they did is accounted for."""
    trial = Trial((rule_of("overloaded on tool=book nth=2"), rule_of("overloaded on write times=1")), seed=7)
    trial.declared.effect(Effect("seat", tool="reserve", key=lambda arguments, result: "one"))
    with trial.live():
        wrapped = Wrapped(trial.engine, trial.clock.epoch_s, trial.declared.effects.values())
        trial.engine.note(before=True)
        command = wrapped.command(server_command, "air")
        assert agent(command, "book", "reserve") == ["ok", "error"]
        assert agent(command, "book", "book", "reserve") == ["error", "ok", "ok"]
        wrapped.write_down()
    assert trial.unproven() is None
    assert [tally.fired for tally in trial.engine.tallies] == [1, 1]
    calls = trial.history.calls(target="air")
    assert [(call.call.name, call.ending) for call in calls] == [
        (name, "ok") for name in ("book", "reserve", "book", "book", "reserve")
    ]
    times = [trial.history[call.index].at_s for call in calls]
    assert times == sorted(times)
    assert 0 < times[0] < trial.clock.now_s()
    assert [op.kind for op in trial.history if op.of == calls[1].index][:2] == ["fault", "ok"]
    assert [op.data["effect"] for op in trial.history if op.kind == "effect"] == ["seat"]
    assert sum("outcome" in op.data for op in trial.history) == 1


def test_a_shim_that_still_runs_is_told(server_command):
    """What it has seen so far counts; more of it may be missing."""
    trial = Trial()
    with trial.live():
        wrapped = Wrapped(trial.engine, trial.clock.epoch_s)
        with subprocess.Popen(
            wrapped.command(server_command, "air"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            process.stdin.write(json.dumps({**CALL, "id": 1, "params": {"name": "book"}}).encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            wrapped.write_down()
            process.stdin.close()
            process.wait(60)
    assert any(op.data.get("still_running") for op in trial.history)


@pytest.mark.parametrize("command", ["python server.py", []])
def test_a_command_is_a_list_of_words(command):
    """A text would have to be cut into words by somebody."""
    wrapped = Wrapped(Trial().engine, 0.0)
    with pytest.raises(UsageError, match="a list of words"):
        wrapped.command(command, "air")
    wrapped.write_down()
