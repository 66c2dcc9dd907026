"""The ends of pipes: nothing blocks, nothing is lost, and not more is held than is told."""

from __future__ import annotations

import asyncio
import os

import pytest

from pytest_agentchaos.wires.mcp_stdio.lines import Utterance
from pytest_agentchaos.wires.mcp_stdio.pipes import CLOGGED_BYTES, Inlet, Outlet

BIG = b"x" * (2 * CLOGGED_BYTES) + b"\n"


class Pipe:
    """A pipe with an outlet at its one end, and what it tells."""

    def __init__(self):
        self.other, fd = os.pipe()
        self.told = []
        self.outlet = Outlet(
            asyncio.get_running_loop(),
            fd,
            lambda: self.told.append("broken"),
            self.told.append,
        )

    async def read(self, size):
        """So many bytes, on a thread of their own."""
        return await asyncio.to_thread(self._read, size)

    def _read(self, size):
        data = b""
        while len(data) < size and (chunk := os.read(self.other, size - len(data))):
            data += chunk
        return data

    def close(self):
        """Leave neither end open."""
        self.outlet.discard()
        os.close(self.other)


@pytest.fixture
def on_a_loop():
    """Run a coroutine function with a pipe."""

    def run(test):
        async def whole():
            pipe = Pipe()
            try:
                await asyncio.wait_for(test(pipe), 60)
            finally:
                pipe.close()

        asyncio.run(whole())

    return run


def test_what_nobody_reads_yet_is_written_later(on_a_loop):
    """Writing never waits; that too much is held is told once, and that it is gone."""

    async def test(pipe):
        assert pipe.outlet.line(BIG)
        assert pipe.outlet.line(b"next\n")
        assert pipe.told == [True]
        assert await pipe.read(len(BIG) + 5) == BIG + b"next\n"
        await pipe.outlet.empty.wait()
        assert pipe.told == [True, False]

    on_a_loop(test)


def test_it_closes_when_everything_is_written(on_a_loop):
    """Nothing can be said behind that."""

    async def test(pipe):
        pipe.outlet.line(BIG)
        pipe.outlet.close()
        assert not pipe.outlet.line(b"too late\n")
        assert await pipe.read(len(BIG) + 1) == BIG
        await pipe.outlet.empty.wait()
        assert pipe.outlet.closed

    on_a_loop(test)


def test_lines_wait_behind_one_that_comes_in_pieces(on_a_loop):
    """No message stands in the middle of another."""

    async def test(pipe):
        pipe.outlet.pass_on(Utterance(b"a long", "piece"))
        pipe.outlet.line(b"other\n")
        pipe.outlet.pass_on(Utterance(b" line\n", "last"))
        pipe.outlet.line(b"next\n")
        assert await pipe.read(23) == b"a long line\nother\nnext\n"

    on_a_loop(test)


def test_a_pipe_that_nobody_reads_any_more_is_broken(on_a_loop):
    """That is told once, with whatever waits."""

    async def test(pipe):
        pipe.outlet.line(BIG)
        os.close(pipe.other)
        await pipe.outlet.empty.wait()
        assert pipe.told[-2:] in (["broken", False], [False, "broken"])
        assert not pipe.outlet.line(b"more\n")
        pipe.other = os.open(os.devnull, os.O_RDONLY)

    on_a_loop(test)


def test_files_and_devices_are_read_like_pipes(tmp_path):
    """Although nobody can wait for them."""
    (tmp_path / "lines").write_bytes(BIG)

    async def read(path):
        heard, over = [], asyncio.Event()
        inlet = Inlet(asyncio.get_running_loop(), os.open(path, os.O_RDONLY), heard.append, over.set)
        await asyncio.wait_for(over.wait(), 60)
        inlet.close()
        return b"".join(heard)

    assert asyncio.run(read(tmp_path / "lines")) == BIG
    assert asyncio.run(read(os.devnull)) == b""
