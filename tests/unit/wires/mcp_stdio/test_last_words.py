"""A server that ends by itself: what it has said before still reaches the client, under a fault as without one."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from pytest_agentchaos.wires.mcp_stdio.carried import Carried
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.late import Late

ANSWER = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": json.dumps("B-17")}]}})
HEARS = ["/bin/sh", "-c"]
SLOWLY = "latency(seconds=0.01) on tool"
IN_PIECES = "bandwidth(bytes_per_s=1000, direction='reply') on tool"


@pytest.mark.parametrize("fault", [None, SLOWLY, IN_PIECES])
@pytest.mark.parametrize("end", ["\\n", ""], ids=["a line", "no end of the line"])
def test_an_answer_is_an_answer(shim, fault, end):
    """Also when its server exits with it, and forgets to end the line."""
    one = shim(*([fault] if fault else []), server=[*HEARS, f"read asked; printf '%s{end}' '{ANSWER}'; exit 7"])
    one.call("book", 1)
    assert one.answer(1) == "B-17"
    assert one.line() == b""
    assert one.process.wait(60) == 7
    assert one.kinds("book")[-1] == "ok"


def test_what_it_has_answered_is_not_lost_with_what_it_has_not(shim):
    """Two requests under way, one answer on its way to the client, and the end."""
    one = shim(IN_PIECES, server=[*HEARS, f"read one; read other; printf '%s\\n' '{ANSWER}'"])
    one.call("book", 1)
    one.call("cancel", 2)
    assert one.answer(1) == "B-17"
    assert one.line() == b""
    assert one.process.wait(60) == 0
    assert one.kinds("book")[-1] == "ok"
    (cancel,) = one.history().calls("cancel")
    assert (cancel.ending, cancel.data["error"]) == ("info", "the connection was closed")


def test_half_an_answer_is_none(shim):
    """Whatever the fault: the client gets the half, and nobody knows whether it happened."""
    one = shim(SLOWLY, server=[*HEARS, f"read asked; printf '%s' '{ANSWER[:30]}'; exit 7"])
    one.call("book", 1)
    assert one.line() == ANSWER[:30].encode()
    assert one.line() == b""
    assert one.process.wait(60) == 7
    (book,) = one.history().calls("book")
    assert (book.ending, book.data["error"]) == ("info", "the connection was closed")


def test_a_request_that_has_not_set_out_surely_did_not_happen(shim):
    """Its server is gone before the wait of its fault is over."""
    one = shim("latency(seconds=600) on tool=cancel", server=[*HEARS, "read one; exit 7"])
    one.call("cancel", 1)
    one.say(method="notifications/cancelled", params={"requestId": 5})
    assert one.line() == b""
    assert one.process.wait(60) == 7
    (cancel,) = one.history().calls("cancel")
    assert (cancel.ending, cancel.data["error"]) == ("fail", "the connection was closed before")


def test_a_client_is_not_kept_by_an_answer_that_takes_long(shim):
    """The server is gone: three seconds of what it said last are enough."""
    slow = "bandwidth(bytes_per_s=0.1, direction='reply') on tool"
    one = shim(slow, server=[*HEARS, f"read asked; printf '%s\\n' '{ANSWER}'; exit 7"])
    one.call("book", 1)
    assert one.line() == b""
    assert one.process.wait(60) == 7
    assert one.kinds("book")[-1] == "info"


def test_nor_by_what_can_never_be_answered():
    """It waits for its turn, or hangs: the limit here is days."""

    async def silence():
        journal = Journal()
        carried = Carried(journal, Late(journal))
        for asked, hanging in ((False, False), (True, True)):
            port = SimpleNamespace(asked=asked, hanging=hanging)
            carried.carry("1", port, asyncio.Event().wait())
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(carried.told(1e6), 60)
        await asyncio.gather(*under_way, return_exceptions=True)
        return len(carried)

    assert asyncio.run(silence()) == 0
