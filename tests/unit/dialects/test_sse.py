"""Server-sent events are split, read and written without losing a byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.sse import Event

LINE_ENDS = ["\n", "\r\n", "\r"]
STREAMS = st.lists(
    st.sampled_from([b"data: a", b"event: x", b":", b"\n", b"\r", b"\r\n", b"\n\n", "ü".encode(), b"\xff", b" "])
)


@pytest.mark.parametrize("end", LINE_ENDS)
def test_every_kind_of_line_end_is_understood(end):
    """LF, CRLF and CR end lines alike."""
    body = f"event: a{end}data: 1{end}data: 2{end}{end}id: 7{end}retry: 5{end}data:x{end}{end}".encode()
    assert sse.parse(body) == (Event("1\n2", "a"), Event("x", id="7", retry="5"))


def test_line_ends_may_be_mixed():
    """A CRLF is one line end, not two."""
    assert sse.parse(b"data: 1\r\ndata: 2\n\rdata: 3\r\n\r\n") == (Event("1\n2"), Event("3"))


def test_an_event_that_never_ended_is_not_read():
    """The end of a torn stream is not taken for an event."""
    assert sse.parse(b"data: 1\n\ndata: 2\n") == (Event("1"),)


def test_comments_unknown_fields_and_empty_events_carry_nothing():
    """They are allowed, and say nothing."""
    assert sse.parse(b"\xef\xbb\xbf: ping\n\nfoo: 1\n\nevent: e\n\n\n\ndata: 1\n\n") == (Event("1"),)


def test_a_damaged_character_costs_no_event():
    """Bytes that are no UTF-8 are replaced."""
    assert sse.parse(b"data: \xff\n\ndata: 2\n\n") == (Event("\ufffd"), Event("2"))


def test_each_part_of_a_split_holds_one_event():
    """Comments and blank lines stand before the event that follows them."""
    events, rest = sse.split(b": ping\n\n\ndata: 1\n\n:\n\ndata: 2\r\n\r\n: tail\n\n")
    assert events == [b": ping\n\n\ndata: 1\n\n", b":\n\ndata: 2\r\n\r\n"]
    assert rest == b": tail\n\n"


@given(STREAMS)
def test_splitting_loses_nothing(parts):
    """The parts and the rest are the body, for any body."""
    body = b"".join(parts)
    events, rest = sse.split(body)
    assert b"".join(events) + rest == body
    assert len(sse.parse(body)) <= len(events)


@given(STREAMS)
def test_a_stream_in_small_pieces_has_the_same_events(parts):
    """How the bytes arrive changes no event."""
    body = b"".join(parts)
    splitter = sse.Splitter()
    events = [event for at in range(len(body)) for event in splitter.feed(body[at : at + 1])]
    assert b"".join(events) + splitter.rest() == body
    assert sse.parse(b"".join(events)) == sse.parse(body)


@given(
    st.lists(
        st.builds(
            Event,
            st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])),
            st.sampled_from(["", "a"]),
        )
    )
)
def test_what_is_written_reads_the_same(events):
    """Events survive being written and read."""
    assert sse.parse(sse.render_all(events)) == tuple(events)


def test_all_fields_are_written():
    """Type, id and retry stand before the data."""
    assert sse.render(Event("1\n2", "a", "7", "5")) == b"event: a\nid: 7\nretry: 5\ndata: 1\ndata: 2\n\n"
