"""Lines out of chunks."""

from __future__ import annotations

import pytest

from pytest_agentchaos.wires.mcp_stdio.lines import Lines, Utterance

TEXT = b"one\ntwo\r\n\n\xff\xfe three\nno end"


@pytest.mark.parametrize("size", range(1, 8))
def test_lines_are_the_bytes_that_came(size):
    """Whatever the chunks are: each line with its own end, the last one without."""
    lines = Lines()
    found = [line for at in range(0, len(TEXT), size) for line in lines.feed(TEXT[at : at + size])]
    found += lines.finish()
    assert found == [Utterance(line) for line in TEXT.splitlines(keepends=True)]
    assert not [*lines.finish()]


def test_a_line_that_is_too_long_comes_in_pieces():
    """Nothing of it is held for long, nothing of it is lost, and the next line is whole again."""
    lines = Lines(limit_bytes=10)
    found = [line for chunk in (b"a\n12345678", b"90abc", b"def", b"ghi\nnext\n") for line in lines.feed(chunk)]
    assert found == [
        Utterance(b"a\n"),
        Utterance(b"1234567890abc", "piece"),
        Utterance(b"def", "piece"),
        Utterance(b"ghi\n", "last"),
        Utterance(b"next\n"),
    ]


def test_a_line_that_is_too_long_may_never_end():
    """Then its last piece is empty, so that others can go on behind it."""
    lines = Lines(limit_bytes=2)
    assert [*lines.feed(b"12345")] == [Utterance(b"12345", "piece")]
    assert [*lines.finish()] == [Utterance(b"", "last")]
