"""A broken exchange is one failed call, and what is known of it is not lost."""

from __future__ import annotations

import asyncio
import json
import time
from email.utils import formatdate

import httpx2
import pytest
from mcp.types import INTERNAL_ERROR, METHOD_NOT_FOUND

from reference_system.gateway.tolerant import ANSWER_LIMIT_BYTES, TolerantTransport, Trouble, retry_after_s

REQUEST = {"jsonrpc": "2.0", "id": 7, "method": "tools/call"}


def exchange(handler, request=REQUEST, method="POST"):
    """One request through the tolerant transport, to a server of our own."""

    async def main():
        transport = TolerantTransport(httpx2.MockTransport(handler))
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.request(method, "http://hotels.test/mcp", json=request)

    return asyncio.run(main())


def trouble(handler):
    """What is known of an exchange that went wrong."""
    response = exchange(handler)
    message = response.json()
    assert (response.status_code, message["id"]) == (200, 7)
    return message["error"]["message"], message["error"]["code"], Trouble.of(message["error"]["data"])


def raising(error):
    """A server that is not reached."""

    async def handler(_request):
        raise error

    return handler


def answering(status, **response):
    """A server that says this."""

    async def handler(_request):
        return httpx2.Response(status, **response)

    return handler


def breaking(error):
    """A server whose answer breaks off."""

    async def body():
        yield b'{"jsonrpc"'
        raise error

    return answering(200, content=body())


@pytest.mark.parametrize(
    ("error", "maybe_executed"),
    [
        (httpx2.ConnectError("refused"), False),
        (httpx2.ConnectTimeout("no answer"), False),
        (httpx2.PoolTimeout("no connection is free"), False),
        (httpx2.ReadError("reset"), True),
        (httpx2.WriteError("reset"), True),
        (httpx2.ReadTimeout("silence"), True),
        (httpx2.RemoteProtocolError("garbage"), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_transport_error_becomes_an_error_of_the_protocol(error, maybe_executed):
    """Only of what was never sent it is certain that nothing happened."""
    message, code, known = trouble(raising(error))
    assert (message, code) == (str(error), INTERNAL_ERROR)
    assert known == Trouble(None, None, maybe_executed)


def test_an_answer_that_breaks_off_is_seen_as_well():
    """The request was executed, perhaps, and its answer is lost."""
    assert trouble(breaking(httpx2.ReadError("reset")))[2] == Trouble(None, None, maybe_executed=True)


def test_an_answer_without_end_is_cut_off():
    """Memory is not filled by whoever answers."""

    async def body():
        while True:
            yield b" " * 1_000_000

    message, _, known = trouble(answering(200, content=body()))
    assert message == f"the answer is longer than {ANSWER_LIMIT_BYTES} bytes"
    assert known.maybe_executed


@pytest.mark.parametrize(
    ("status", "maybe_executed"),
    [(400, False), (401, False), (404, False), (408, True), (413, False), (429, False), (500, True), (503, True)],
)
def test_an_error_status_is_kept(status, maybe_executed):
    """So is how long the server wants to be left alone."""
    message, code, known = trouble(answering(status, headers={"retry-after": "7"}, text="<html>"))
    assert (message, code) == (f"the server answered with status {status}", INTERNAL_ERROR)
    assert known == Trouble(status, 7.0, maybe_executed)


def test_a_server_that_speaks_the_protocol_is_quoted():
    """Its own code and words, and the status besides."""
    error = {"code": METHOD_NOT_FOUND, "message": "there is no such method"}
    message, code, known = trouble(answering(404, json={"jsonrpc": "2.0", "id": None, "error": error}))
    assert (message, code, known.status) == ("there is no such method", METHOD_NOT_FOUND, 404)


def test_a_good_answer_passes_whole():
    """Headers of the protocol stay, those of the body's form are gone with it."""
    response = exchange(answering(200, headers={"mcp-session-id": "s"}, json={"jsonrpc": "2.0", "id": 7, "result": {}}))
    assert response.json()["result"] == {}
    assert response.headers["mcp-session-id"] == "s"


def test_a_failed_notification_needs_no_answer():
    """Nobody waits for one."""
    assert exchange(raising(httpx2.ReadError("reset")), {"jsonrpc": "2.0", "method": "note"}).status_code == 202


def test_an_event_stream_is_left_alone():
    """It has no end that one could wait for."""
    with pytest.raises(httpx2.ReadError):
        exchange(raising(httpx2.ReadError("reset")), method="GET")


@pytest.mark.parametrize(
    ("header", "expected_s"),
    [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(header, expected_s):
    """What is neither is not guessed at; what is past is now."""
    assert retry_after_s(httpx2.Headers({"retry-after": header})) == expected_s


def test_retry_after_as_a_date_in_the_future():
    """Counted from now."""
    header = formatdate(time.time() + 90, usegmt=True)
    assert retry_after_s(httpx2.Headers({"retry-after": header})) == pytest.approx(90, abs=2)
    assert retry_after_s(httpx2.Headers({})) is None


def test_data_of_others_is_not_taken_for_ours():
    """A server may put into an error's data what it likes."""
    for data in (None, "busy", {}, {"status": 500}, [1]):
        assert Trouble.of(data) is None
    known = Trouble(503, 1.0, maybe_executed=True)
    assert Trouble.of(json.loads(json.dumps(known.data()))) == known
