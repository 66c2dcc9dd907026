"""Requests and replies before anybody interprets them."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.message import Reply, Request

HEADERS = (("Content-Type", "application/json"), ("X-Id", "1"), ("x-id", "2"))


@pytest.mark.parametrize("message", [Request("POST", "https://x.local/", HEADERS), Reply(200, HEADERS)])
def test_a_header_is_found_in_any_case_of_letters(message):
    """The first one of that name; none is None."""
    assert message.header("CONTENT-type") == "application/json"
    assert message.header("x-ID") == "1"
    assert message.header("missing") is None


PACKED = (("Content-Length", "3"), ("Content-Encoding", "gzip"), ("X-Id", "1"))
CHUNKED = (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize("message", [Request("POST", "https://x.local/", PACKED, b"old"), Reply(200, PACKED, b"old")])
def test_another_body_brings_its_own_length_and_no_compression(message):
    """Headers that lie about a rewritten body would break the client in a way that production would not."""
    new = message.with_body(b"other")
    assert new.body == b"other"
    assert new.headers == (("X-Id", "1"), ("content-length", "5"))


@pytest.mark.parametrize("message", [Request("POST", "https://x.local/", CHUNKED), Reply(200, CHUNKED)])
def test_a_chunked_body_stays_without_a_length(message):
    """Both at once would be a protocol error."""
    assert message.with_body(b"other").headers == message.headers


@pytest.mark.parametrize(
    ("content_type", "is_one"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("application/json", False),
        (None, False),
    ],
)
def test_a_stream_of_events_is_known_by_its_content_type(content_type, is_one):
    """In any case of letters, with or without parameters."""
    headers = () if content_type is None else (("content-type", content_type),)
    assert Reply(200, headers).is_event_stream is is_one
