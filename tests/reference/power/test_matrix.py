"""The matrix: what it counts as found, as a false alarm and as missed, and how it is told."""

import json

import pytest

from power import __main__ as command
from power.catalogue import catalogue
from power.document import DOCUMENT, document
from power.drills import DRILLS
from power.matrix import Asking, Found, Matrix, Work
from power.rows import Row, rows
from power.table import table
from pytest_agentchaos.campaign import Campaign

LOST = """version: 1
summary: An answer is lost.
incident: A client is less patient than the slowest write.
system: reference_system:travel
faults:
  - {fault: drop_response, on: {tool: %s, nth: 1}}
invariants: [no_duplicate_effect]
expect: {outcome: %s}
"""
ONLY_THE_TABLE = Row(bug="keyless_table")
DRILL = tuple(drill for drill in DRILLS if drill.name == "ack-of-the-table-lost")


def _matrix(folder, *, tool="reserve_table", outcome="completed", drills=()):
    (folder / "delivery").mkdir()
    (folder / "delivery" / "lost.chaos.yaml").write_text(LOST % (tool, outcome), "utf-8")
    with Campaign() as campaign:
        work = Work(campaign, catalogue(folder), Asking(seeds=1, variants=False, depth=0), drills)
        return work.matrix([ONLY_THE_TABLE])


def test_what_fails_with_the_bug_and_not_without_it_is_found(tmp_path):
    """By its scenario, by its drill, and at which depth."""
    matrix = _matrix(tmp_path, drills=DRILL)
    (found,) = matrix.found
    assert (found.scenarios, found.drills, found.depth) == (("delivery/lost",), ("ack-of-the-table-lost",), 1)
    assert matrix.ok
    assert matrix.alarms == ()
    assert (matrix.checked, matrix.trials) == (2, 4)


def test_what_nothing_finds_is_missed(tmp_path):
    """And then the matrix is not in order."""
    matrix = _matrix(tmp_path, tool="book_hotel")
    assert not matrix.found[0].is_found
    assert not matrix.ok
    assert "not found: keyless_table" in table(matrix)


def test_what_fails_without_the_bug_finds_nothing(tmp_path):
    """It is a false alarm, and says of which scenario and seed."""
    matrix = _matrix(tmp_path, outcome="refused")
    assert not matrix.found[0].is_found
    (alarm,) = matrix.alarms
    assert alarm == "delivery/lost, seed 0: fail: ends(refused): it ended as completed, not as refused"
    assert "1 false alarm" in table(matrix)


FOUND = Found(ONLY_THE_TABLE, ("delivery/lost",), (), "drop_response at reserve_table", 1)
MISSED = Found(Row(off="breaker"))


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What the command prints of a matrix that was made beforehand."""

    def tell(*arguments, found=(FOUND,), alarms=()):
        made = Matrix(tuple(found), tuple(alarms), 10, 5, Asking(), 1)
        monkeypatch.setattr(command, "catalogue", lambda: ())
        monkeypatch.setattr(Work, "matrix", lambda *_: made)
        monkeypatch.setattr(command, "DOCUMENT", tmp_path / "power.md")
        return command.main(["-j1", *arguments])

    return tell


def test_everything_found_is_0(told, capsys):
    """One line a row."""
    assert told() == 0
    assert "keyless_table" in capsys.readouterr().out


def test_something_missed_is_1(told):
    """So that a release can be held up by it."""
    assert told(found=(FOUND, MISSED)) == 1


def test_a_false_alarm_is_1_as_well(told, capsys):
    """Whoever cries wolf is not believed when there is one."""
    assert told(alarms=["delivery/lost, seed 3: fail: no"]) == 1
    assert "false alarm: delivery/lost, seed 3" in capsys.readouterr().out


def test_a_row_that_there_is_not_is_2(told, capsys):
    """It is named."""
    assert told("keyles_table") == 2
    assert "keyles_table" in capsys.readouterr().err


def test_as_json(told, capsys):
    """Everything that is known of each row."""
    told("--json")
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["found"][0]["name"] == "keyless_table"


def test_the_document_is_written_when_it_is_asked_for(told, tmp_path):
    """With a row for each."""
    told("--write", found=(FOUND, MISSED))
    text = (tmp_path / "power.md").read_text("utf-8")
    assert "| [keyless_table](../power/bugs/keyless_table.py) |" in text
    assert "| `breaker` | **not found** |" in text


def test_the_document_in_the_repository_has_every_row():
    """Whoever adds a bug measures again: ``python -m power --write``."""
    text = DOCUMENT.read_text("utf-8")
    for row in rows():
        assert f"`{row.off}`" in text if row.off else f"[{row.bug}](" in text
    assert "not found" not in text
    assert document(Matrix((FOUND, MISSED), (), 1, 1, Asking(), 1)).splitlines()[0] == text.splitlines()[0]
