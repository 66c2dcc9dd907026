"""The line for whoever waits: as long as the terminal allows, in letters that it knows."""

from __future__ import annotations

import io

import pytest

from pytest_agentchaos.cli.waiting import Waiting


class Terminal(io.StringIO):
    """Somebody looks at it, and it knows these letters."""

    def __init__(self, encoding):
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self):
        """Of its letters."""
        return self._encoding

    def isatty(self):
        """Yes."""
        return True


@pytest.fixture
def shown(monkeypatch):
    """What stands on a terminal after some progress."""

    def show(*progress, encoding="utf-8", columns="80"):
        monkeypatch.setenv("COLUMNS", columns)
        now_s = [0.0]
        terminal = Terminal(encoding)
        waiting = Waiting(terminal, lambda: now_s[0])
        now_s[0] = 60.0
        waiting(*progress)
        return terminal.getvalue().removeprefix("\r\x1b[K")

    return show


def test_a_bar_shows_parts_of_a_cell(shown):
    """45 % of twenty cells are nine; one more trial is an eighth."""
    assert shown("running", 90, 200) == f"running {'█' * 9:20}  45 %  90/200"
    assert shown("running", 91, 200) == f"running {'█' * 9 + '▏' * 0:20}  45 %  91/200"
    assert shown("running", 95, 200) == f"running {'█' * 9 + '▌':20}  47 %  95/200"
    assert shown("running", 200, 200) == f"running {'█' * 20} 100 %  200/200"


def test_a_terminal_without_such_letters_gets_others(shown):
    """As in many build logs."""
    assert shown("running", 100, 200, encoding="ascii") == f"running {'#' * 10:20}  50 %  100/200"
    assert shown("running", 100, 200, encoding=None) == f"running {'#' * 10:20}  50 %  100/200"
    assert shown("running", 100, 200, encoding="no-such") == f"running {'#' * 10:20}  50 %  100/200"


def test_where_nobody_knows_how_much_there_is_only_what_is_done_is_told(shown):
    """No bar of nothing."""
    assert shown("exploring", 12, 0) == "exploring 12"


def test_it_never_wraps(shown):
    """A line that wraps could not be taken back."""
    assert len(shown("a name that is too long" * 9, 1, 2)) < 80
    assert shown("running", 1, 2, columns="10").lstrip().startswith("█")
