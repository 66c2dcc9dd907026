"""The folder of a report: each file whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.reporting.folder import ALL, FILES, write
from pytest_agentchaos.reporting.making import make

TEXTS = ("json", "md", "junit", "ctrf")


@pytest.fixture
def report(bench):
    """A small one."""
    bench.trial("fail", "stale")
    return make(bench.gathered(), timelines=0)


def test_every_format_is_a_file(report, tmp_path):
    """In a folder that is made; nothing else is left in it."""
    written = write(report, tmp_path / "a" / "b", ALL)
    names = {path.name for path in (tmp_path / "a" / "b").iterdir()}
    assert names == {*FILES.values()} | {path.name for path in written.beside}
    assert written.page == tmp_path / "a" / "b" / "index.html"
    assert all(path.stat().st_size for path in written.files.values())


def test_only_what_is_asked_for_is_written(report, tmp_path):
    """Each once."""
    written = write(report, tmp_path, ["md", "md"])
    assert (list(written.files), written.page) == (["md"], None)
    assert [path.name for path in tmp_path.glob("*.*")] == ["summary.md"]


def test_a_format_that_there_is_not_is_told_before_anything_is_written(report, tmp_path):
    """With the nearest one."""
    with pytest.raises(UnknownNameError, match="did you mean 'junit'"):
        write(report, tmp_path / "new", ["md", "junits"])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_cannot_be_written_leaves_what_stood_there(report, tmp_path, monkeypatch, number):
    """A disk that is full in the middle of a file: an error with the file and the remedy, and no half of it."""
    write(report, tmp_path, TEXTS)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}

    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match=r"summary\.json: the report cannot be written there: no; give a folder"):
        write(report, tmp_path, TEXTS)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_file_where_the_folder_should_be_is_an_error(report, tmp_path):
    """It is not touched."""
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(UsageError, match="give a folder with room and rights"):
        write(report, tmp_path / "taken", TEXTS)
    assert (tmp_path / "taken").read_text() == "mine"


def test_what_an_earlier_page_had_beside_it_is_taken_away(report, tmp_path):
    """Nothing leads there any more, and it tells of other results. A file of somebody else's stays."""
    ours = '<html><head><meta name="generator" content="pytest-agentchaos 1.0"></head></html>'
    for name, text in (("timelines-7.html", ours), ("trials.html", ours), ("timelines-8.html", "mine")):
        (tmp_path / name).write_text(text)
    write(report, tmp_path, ["json"])
    assert (tmp_path / "timelines-7.html").exists()
    write(report, tmp_path, ["html"])
    left = {path.name for path in tmp_path.glob("t*.html")}
    assert left == {"timelines-8.html"}
