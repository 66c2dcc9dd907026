"""A shim stands for days: what peers leave unfinished is bounded."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from pytest_agentchaos.dialects.http import write_json
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.mcp_stdio import carried, outstanding
from pytest_agentchaos.wires.mcp_stdio.carried import Carried
from pytest_agentchaos.wires.mcp_stdio.inboxes import Inboxes
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.late import Late
from pytest_agentchaos.wires.mcp_stdio.lines import Utterance
from pytest_agentchaos.wires.mcp_stdio.outstanding import Outstanding
from pytest_agentchaos.wires.mcp_stdio.pipes import CLOGGED_BYTES
from pytest_agentchaos.wires.mcp_stdio.server import Server


@pytest.fixture
def trial():
    """Whose calls these are."""
    return Trial()


@pytest.fixture
def begin(trial):
    """A request sets out."""
    body = write_json({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    return lambda: trial.engine.begin(Request("MCP", "mcp:air", body=body), wire="mcp")


def endings(trial):
    """How the calls ended."""
    return [exchange.ending for exchange in trial.history.calls()]


def test_of_requests_that_are_never_answered_the_oldest_are_given_up(trial, begin, tmp_path, monkeypatch):
    """Nobody knows what became of them; the journal says so once, and a late answer is no answer to another."""
    monkeypatch.setattr(outstanding, "MOST", 3)
    journal = Journal(tmp_path / "log")
    requests = Outstanding(journal)
    for number in range(10):
        requests.set_out(number, begin())
    assert len(requests) == 3
    assert endings(trial) == ["info"] * 7 + ["open"] * 3
    assert not requests.answered("0", Reply(200))
    assert requests.answered("9", Reply(200, body=b"{}"))
    requests.set_out(8, begin())
    assert endings(trial)[-3:] == ["info", "ok", "open"]
    journal.close()
    assert (tmp_path / "log").read_text(encoding="utf-8").count("more than 3 requests") == 1


@pytest.mark.asyncio
async def test_of_requests_that_hang_the_oldest_are_carried_no_further(tmp_path, monkeypatch):
    """Each was a task; a client may have stopped waiting without a word. What stands in the end is ended."""
    monkeypatch.setattr(carried, "MOST", 3)
    journal = Journal(tmp_path / "log")
    requests, over = Carried(journal, Late(journal)), []

    async def hang(number):
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            over.append(number)

    for number in range(10):
        requests.carry("the same id", None, hang(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert over == [*range(7)]
    assert len(requests) == 3
    requests.end()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not requests
    assert over == [*range(10)]
    journal.close()
    assert (tmp_path / "log").read_text(encoding="utf-8").count("more than 3 requests") == 1


@pytest.mark.asyncio
async def test_an_inbox_is_gone_when_nobody_waits_there():
    """Ids are ever new; of two copies each gets an answer of its own, and of one that was cancelled nothing stays."""
    inboxes = Inboxes()
    with inboxes.open("1") as first:
        with inboxes.open("1") as second, inboxes.open("2"):
            assert inboxes.answered("1", Reply(200, body=b"a"))
            assert inboxes.answered("1", Reply(200, body=b"b"))
            assert not inboxes.answered("1", Reply(200, body=b"c"))
            assert not inboxes.answered("3", Reply(200))
        assert [first.result().body, second.result().body] == [b"a", b"b"]
        assert len(inboxes) == 1
    assert not inboxes


@pytest.mark.asyncio
async def test_what_waits_for_a_server_that_is_initialised_anew_is_bounded():
    """One that never answers would have all held that the client says; so the client is not heard for that while."""
    clogs, nothing = [], lambda *_: None
    told = {"answered": nothing, "fell_silent": nothing, "lost": nothing, "ended": nothing}
    listener = SimpleNamespace(clogged=lambda *, is_clogged: clogs.append(is_clogged), **told)
    server = Server(["/bin/cat"], listener, comes_back=True)
    try:
        server.remember("initialize", write_json({"jsonrpc": "2.0", "id": 1, "method": "initialize"}))
        server.kill()
        server.start()
        half = Utterance(b"x" * (CLOGGED_BYTES // 2) + b"\n")
        assert server.send(half)
        assert clogs == []
        assert server.send(half)
        assert clogs == [True]
        answer = {"jsonrpc": "2.0", "id": "agentchaos-initialize-again", "result": {}}
        server.answered(Utterance(write_json(answer) + b"\n"))
        assert clogs[1] is False
    finally:
        server.close()
