"""A stream is read event by event, however the line cuts it into pieces."""

import asyncio
import json

import pytest

from reference_system.model.events import response_of
from reference_system.model.wire import InvalidReplyError
from reference_system.resilience.retry import TransientError

RESPONSE = {"id": "resp_1", "status": "completed", "output": []}
CALL = {"type": "function_call", "call_id": "c", "name": "search_flights", "arguments": "{}"}
CREATED = {"type": "response.created", "response": {"id": "resp_1"}}
DELTA = {"type": "response.output_text.delta", "delta": "Bon voyage\u2028 \u00e9t\u00e9"}
CALLED = {"type": "response.output_item.done", "item": CALL}
COMPLETED = {"type": "response.completed", "response": RESPONSE}


def stream(*events, newline="\n"):
    """Events as they stand on the wire."""
    return "".join(
        f"event: {event['type']}{newline}data: {json.dumps(event, ensure_ascii=False)}{newline}{newline}"
        for event in events
    ).encode()


def add_up(sent, *, must_complete=True, piece_bytes=None):
    """What these bytes add up to, when they come in pieces of this size."""
    size = piece_bytes or len(sent) or 1

    async def pieces():
        for at in range(0, len(sent), size):
            yield sent[at : at + size]

    return asyncio.run(response_of(pieces(), must_complete=must_complete))


@pytest.mark.parametrize("piece_bytes", [None, 1, 7])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_last_event_holds_the_whole_response(newline, piece_bytes):
    """Pieces end anywhere, also inside a character; a line separator inside a text is no end of a line."""
    sent = stream(CREATED, DELTA, COMPLETED, newline=newline)
    assert add_up(sent, piece_bytes=piece_bytes) == RESPONSE


def test_nothing_is_waited_for_after_the_last_event():
    """A server that keeps the line open after it has said everything holds up nobody."""

    async def endless():
        yield stream(COMPLETED)
        await asyncio.Event().wait()

    assert asyncio.run(response_of(endless(), must_complete=True)) == RESPONSE


@pytest.mark.parametrize("kind", ["response.incomplete", "response.failed"])
def test_a_stream_may_end_badly_and_be_whole(kind):
    """What that means is checked where replies are checked."""
    assert add_up(stream(CREATED, {"type": kind, "response": RESPONSE})) == RESPONSE


@pytest.mark.parametrize("sent", [b"", stream(CREATED), stream(CREATED, DELTA), stream(COMPLETED).rstrip(b"\n")])
def test_a_stream_without_its_last_event_is_no_reply(sent):
    """An end of the line is no end of the reply."""
    with pytest.raises(TransientError, match="without its last one"):
        add_up(sent)


def test_an_error_event_is_a_failure():
    """In both forms that there are."""
    for event in ({"type": "error", "message": "overloaded"}, {"type": "x", "error": {"message": "overloaded"}}):
        with pytest.raises(TransientError, match="in the middle of a stream: overloaded"):
            add_up(stream(CREATED, event))


@pytest.mark.parametrize("data", ["{", "[DONE]", "7"])
def test_an_event_that_is_no_object_is_no_reply(data):
    """Something on the way broke it."""
    with pytest.raises(InvalidReplyError, match="no JSON object"):
        add_up(f"data: {data}\n\n".encode())


def test_a_last_event_without_a_response_is_no_reply():
    """It says that there is one, and there is none."""
    with pytest.raises(InvalidReplyError, match="has no response"):
        add_up(stream({"type": "response.completed"}))


def test_what_has_arrived_is_put_together_when_that_is_enough():
    """Text and calls, as code that joins the deltas would have them."""
    response = add_up(stream(CREATED, DELTA, CALLED), must_complete=False)
    assert response["id"] == "resp_1"
    assert response["output"][0]["content"][0]["text"] == DELTA["delta"]
    assert response["output"][1] == CALL
