"""What has no end is not read, and nobody waits for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence import exploration, trend
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head, history_of

SAYS = "it is a pipe or a device, and no file"
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")


def test_a_file_is_read(tmp_path):
    """Also by a link."""
    (tmp_path / "one").write_bytes(b"abc")
    (tmp_path / "other").symlink_to("one")
    with opened(tmp_path / "other") as file:
        assert file.read() == b"abc"


@pytest.mark.parametrize("place", ["results.jsonl", "link"])
def test_results_in_a_pipe_are_refused_at_once(tmp_path, place):
    """Nobody may ever write into it, and what was read could not be read again."""
    os.mkfifo(tmp_path / "pipe")
    folder = tmp_path / "shard"
    folder.mkdir()
    (folder / "results.jsonl").symlink_to(tmp_path / "pipe" if place == "link" else os.devnull)
    with pytest.raises(UsageError, match=SAYS):
        gather([folder])


def test_histories_and_explorations_in_a_pipe_are_left_out(tmp_path):
    """The results beside them are read all the same."""
    line = Result("t", {}, "fail", "why", history="h.gz").to_line()
    (tmp_path / "results.jsonl").write_text(f"{Head(version='1').to_line()}\n{line}\n")
    os.mkfifo(tmp_path / exploration.FILE)
    os.mkfifo(tmp_path / "h.gz")
    gathered = gather([tmp_path])
    assert [one.trial for one in gathered.rows] == ["t"]
    assert len(gathered.remarks) == 1
    assert SAYS in gathered.remarks[0]
    with pytest.raises(UsageError, match=SAYS):
        history_of(tmp_path, "h.gz")


def test_a_trend_without_end_is_refused():
    """Of years it would be, and memory would not do."""
    with pytest.raises(UsageError, match=SAYS):
        trend.read(Path("/dev/zero"))
