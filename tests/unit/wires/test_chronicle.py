"""The chronicle: a file while a trial goes on, and a memory that does not grow with it."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_agentchaos import faults, invariants
from pytest_agentchaos.dialects.http import write_json
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.invariants.base import judge
from pytest_agentchaos.schedule import Rule, on
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires import chronicle
from pytest_agentchaos.wires.chronicle import MOST, Chronicle

KEY = "sk-aB3dE5gH7jK9mN1pQ"


def asked(method, **params):
    """A request of an MCP client."""
    return Request("MCP", "mcp:air", body=write_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))


def answered(**result):
    """What a server answers."""
    return Reply(200, body=write_json({"jsonrpc": "2.0", "id": 1, "result": result}))


def book(trial, number):
    """One call of a tool, from its beginning to its end."""
    flight = trial.engine.begin(asked("tools/call", name="book", arguments={"seat": number, "key": KEY}), wire="mcp")
    flight.ok(answered(content=[{"type": "text", "text": f"{number} {KEY}"}]))
    return flight


def as_written(path):
    """Without the real time of each op."""
    return [(op.kind, op.of, op.call, op.site, op.data) for op in History.load(path)]


def test_the_file_is_what_the_whole_history_would_have_made_of_it(tmp_path):
    """Whenever something was written down: the same lines, in the same order, without secrets."""
    written, saved, trials = tmp_path / "written", tmp_path / "saved", (Trial(seed=7), Trial(seed=7))
    with trials[0].live():
        follows = Chronicle(trials[0].engine, written)
        for number in range(6):
            book(trials[0], number % 2)
            follows.write_down()
            assert trials[0].history.held == 0
            assert len(History.load(written)) == len(trials[0].history)
    follows.close()
    with trials[1].live():
        for number in range(6):
            book(trials[1], number % 2)
    trials[1].history.save(saved)
    assert as_written(written) == as_written(saved)
    assert written.read_bytes().split(b"\n")[0] == saved.read_bytes().split(b"\n")[0]
    assert KEY.encode() not in written.read_bytes()
    assert trials[0].history.sorts().count == 6


@pytest.mark.asyncio
async def test_memory_is_bounded_however_much_happens_without_a_pause(monkeypatch):
    """Traffic that never pauses is written down when so many ops wait, and at the latest after so long."""
    trial, most = Trial(), 0
    monkeypatch.setattr(chronicle, "LATEST_S", 3600.0)
    monkeypatch.setattr(chronicle, "QUIET_S", 3600.0)
    with trial.live():
        follows = Chronicle(trial.engine)
        for number in range(3 * MOST):
            book(trial, number)
            await asyncio.sleep(0)
            most = max(most, trial.history.held)
    follows.close()
    assert MOST - 4 <= most <= MOST + 4
    assert trial.history.held == 0
    assert trial.history.begun == 3 * MOST


@pytest.mark.asyncio
async def test_what_happened_is_written_down_at_the_next_quiet_moment(tmp_path):
    """Nobody has to ask for it."""
    trial, path = Trial(), tmp_path / "history.jsonl"
    with trial.live():
        follows = Chronicle(trial.engine, path)
        book(trial, 1)
        written = asyncio.Event()
        follows._followers = [lambda ops: written.set()]
        await asyncio.wait_for(written.wait(), 30)
        assert len(History.load(path)) == len(trial.history)
    follows.close()
    assert [exchange.ending for exchange in History.load(path).calls()] == ["ok"]


def test_what_rules_count_goes_on_over_what_was_let_go_of():
    """The third call is the third, and the draw of each second attempt is its own."""
    rules = (Rule(faults.Overloaded(), on.tool("book", nth=3)), Rule(faults.Reset(), on.tool(probability=0.5)))
    programs = []
    for follows_at in (1, 100):
        trial = Trial(rules, seed=3)
        with trial.live():
            follows = Chronicle(trial.engine)
            for number in range(12):
                programs.append(book(trial, number % 2).program is not None)
                follows.write_down() if number % follows_at == 0 else None
        follows.close()
        assert trial.engine.tallies[0].fired == 1
    assert programs[:12] == programs[12:]
    assert len(set(programs)) == 2


def test_what_tools_say_of_themselves_is_remembered():
    """A rule for writes knows them although the answer that told of them is gone."""
    trial = Trial((Rule(faults.Overloaded(), on.write()),))
    tools = [{"name": "book"}, {"name": "look", "annotations": {"readOnlyHint": True}}]
    with trial.live():
        follows = Chronicle(trial.engine, followers=[trial.declared.learn])
        listing = trial.engine.begin(asked("tools/list"), wire="mcp")
        follows.write_down()
        listing.ok(answered(tools=tools))
        follows.write_down()
        programs = []
        for name in ("look", "book", "look"):
            programs.append(trial.engine.begin(asked("tools/call", name=name, arguments={}), wire="mcp").program)
            follows.write_down()
    follows.close()
    assert [program is not None for program in programs] == [False, True, False]


def test_what_is_asked_in_the_end_is_asked_of_all_of_it(tmp_path):
    """Also for secrets, which the file does not show; afterwards, memory is empty again."""
    trial, path = Trial(), tmp_path / "history.jsonl"
    with trial.live():
        follows = Chronicle(trial.engine, path, is_asked=True)
        for number in range(9):
            book(trial, number)
            follows.write_down()
        assert trial.history.held == 0
        follows.recall()
        assert follows.is_recalled
        book(trial, 9)
    verdict = judge(invariants.no_secret_leaked(), trial.history)
    assert (verdict.status, len(trial.history.calls())) == ("fail", 10)
    follows.close()
    assert trial.history.held == 0
    assert [exchange.call.arguments["seat"] for exchange in History.load(path).calls()] == [*range(10)]


def full(*_):
    """As the file of a disk that is full."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("spooled", [False, True])
def test_a_full_disk_is_told_and_memory_stays_bounded(spooled, tmp_path, monkeypatch):
    """From which op on the history is lost; the calls go on, and nothing is judged that is not whole."""
    monkeypatch.setattr(chronicle.Spool, "put", full)
    trial, over = Trial(), pytest.raises(UsageError, match=r"No space left on device; .*, what came after op 0 is lost")
    follows = Chronicle(trial.engine, tmp_path / "history.jsonl", is_asked=spooled)
    if not spooled:
        follows._file.close()
        follows._file = SimpleNamespace(write=full, close=lambda: None)
    with over, trial.live():
        for number in range(9):
            book(trial, number)
            follows.write_down()
            assert trial.history.held == 0
        follows.recall()
    assert not follows.is_recalled
    follows.close()
    assert len(trial.engine.problems) == 1


def test_a_file_that_cannot_be_written_is_told_before_anything_happens(tmp_path):
    """As is a folder that is not there."""
    with pytest.raises(OSError, match="No such file"):
        Chronicle(Trial().engine, tmp_path / "no" / "history.jsonl")
    if Path("/dev/full").exists():
        with pytest.raises(UsageError, match="/dev/full: No space left on device"):
            Chronicle(Trial().engine, Path("/dev/full"))
