"""Output: the last of what was written, whatever it is and however much."""

from __future__ import annotations

import os
import subprocess
import threading
from types import SimpleNamespace

import pytest

from pytest_agentchaos.children.output import Output


@pytest.fixture
def output():
    """One that keeps a thousand bytes."""
    made = Output(limit_bytes=1000)
    yield made
    made.close()


def test_what_was_written_before_somebody_asks_is_part_of_the_answer(output):
    """Whether or not anybody has read it so far."""
    for number in range(200):
        os.write(output.writing, f"{number}\n".encode())
        assert output.text(last=1) == f"{number}\n"


def test_only_the_last_of_it_is_kept(output):
    """And how much is not, is said."""
    with subprocess.Popen(["/bin/sh", "-c", "seq 1 100000"], stdout=output.writing) as process:
        assert process.wait() == 0
    text = output.text()
    assert text.startswith("--- 5")
    assert "bytes before are not kept ---\n" in text
    assert text.endswith("99999\n100000\n")
    assert len(text) < 1400
    assert output.end == sum(len(f"{number}\n") for number in range(1, 100_001))


def test_a_place_in_it_stays_where_it_is(output):
    """What is asked for after a place is what came later."""
    os.write(output.writing, b"before\n")
    place = output.end
    os.write(output.writing, b"after\nlast")
    assert output.text(since=place) == "after\nlast"
    assert output.text(since=place, last=1) == "last"
    assert output.text(last=0) == ""
    lines, place = output.lines(place)
    assert lines == ["after"]
    os.write(output.writing, b"\n")
    assert output.lines(place) == (["last"], output.end)


def test_lines_of_ours_stand_for_themselves(output):
    """Also after one that does not end."""
    os.write(output.writing, b"half a line \xff")
    output.mark("killed")
    assert output.text() == "half a line \ufffd\n--- killed ---\n"


def test_a_line_that_never_ends_is_one_as_it_stands():
    """It is not searched from its beginning again and again."""
    output = Output()
    output._keep(b"x" * 70_000)
    assert output.lines(0) == (["x" * 70_000], 70_000)
    output.close()
    output.close()
    output.mark("closed")
    assert output.text(last=1).endswith("--- closed ---\n")


def test_what_somebody_has_yet_to_read_is_not_dropped():
    """Whoever writes more than there is room for waits, until it is read or nobody wants it."""
    output = Output()
    os.set_blocking(output.writing, False)
    output.keep_unread(0)

    def fill():
        for _ in range(100):
            assert output.end > 0  # all that there is room for is taken
            os.write(output.writing, b"x" * 32_768)

    try:
        os.write(output.writing, b"first\n")
        with pytest.raises(BlockingIOError):
            fill()
        lines, place = output.lines(0)
        assert lines[0] == "first"
        with pytest.raises(BlockingIOError):
            fill()
        assert set(output.lines(place)[0][0]) == {"x"}
        output.keep_unread(None)
        fill()
    finally:
        output.close()


def test_it_is_closed_though_somebody_writes_on_and_on(monkeypatch):
    """One that has left its group, for example, and could not be found."""
    never_empty = SimpleNamespace(**vars(os) | {"read": lambda _, size: b"y" * size})
    monkeypatch.setattr("pytest_agentchaos.children.output.os", never_empty)
    output = Output()
    os.write(output.writing, b"y")
    assert output.news.wait(30)
    closing = threading.Thread(target=output.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()
