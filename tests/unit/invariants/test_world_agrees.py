"""world_agrees: what the wires tell is what is there."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.world_agrees import world_agrees

SEAT = Effect("seat", tool="book", key=("flight",), id="result.booking", undo="cancel")
ROW = {"key": ["LX1"], "id": "B1"}


def booked() -> Story:
    """A booking that is answered."""
    return Story().call("book", flight="LX1").ok({"booking": "B1"})


def judged(story: Story, judge: world_agrees = world_agrees(SEAT)) -> tuple[str, str]:  # noqa: B008
    """The verdict on a run that ended so, which is the same after saving and loading."""
    history = story.ended().history
    verdict = judge.check(history)
    assert judge.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


@pytest.mark.parametrize("row", [ROW, {"id": "B1"}, {"key": ["LX1"]}], ids=["both", "id", "key"])
def test_rows_and_entries_that_belong_together_agree(row):
    """By the id, else by the key."""
    assert judged(booked().note(world="seat", rows=[row])) == ("pass", "1 in the world, as the wires tell")


def test_what_was_done_and_is_not_there_is_found():
    """The tool said that it did it."""
    assert judged(booked().note(world="seat", rows=[])) == (
        "fail",
        "seat with key LX1 and id B1 was done at 0 s, and is not in the world",
    )


def test_what_is_there_and_no_wire_shows_is_found():
    """Somebody else did it, or a wire was missed."""
    status, reason = judged(booked().note(world="seat", rows=[ROW, {"id": "B2"}]))
    assert (status, reason) == ("fail", "seat with id B2 is in the world, and no wire shows that it was done")


def test_what_was_undone_and_is_still_there_is_found():
    """The undoing said that it worked."""
    story = booked().call("cancel", booking="B1").ok()
    status, reason = judged(story.note(world="seat", rows=[ROW]))
    assert status == "fail"
    assert reason.endswith("is in the world, and was undone by the wires")
    assert judged(story.note(world="seat", rows=[])) == ("pass", "0 in the world, as the wires tell")


@pytest.mark.parametrize("rows", [[], [{"key": ["LX1"]}]], ids=["absent", "present"])
def test_what_nobody_knows_the_fate_of_may_be_there_or_not(rows):
    """The world tells it."""
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story.note(world="seat", rows=rows))[0] == "pass"
    doubtful = booked().call("cancel", booking="B1").info()
    assert judged(doubtful.note(world="seat", rows=rows))[0] == "pass"


def test_where_nobody_looked_nothing_was_judged():
    """The remedy is told; a look that failed, or that came too early, is none."""
    assert "agentchaos.probe('seat'" in judged(booked())[1]
    early = Story().note(world="seat", rows=[]).call("book", flight="LX1").ok({"booking": "B1"})
    assert "probed before the last call" in judged(early)[1]
    status, reason = judged(booked().note(world="seat", error="OSError: no"))
    assert (status, reason) == ("unknown", "the probe of seat failed: OSError: no")


def test_rows_that_cannot_be_compared_leave_it_unknown():
    """They may be what was done."""
    for row in ({"key": ["LX1", "x"]}, {}):
        assert judged(booked().note(world="seat", rows=[row, ROW]))[0] == "unknown"
    assert judged(booked().note(world="seat", rows=[{"key": ["LX1", "x"]}]))[0] == "unknown"


def test_an_effect_that_nobody_declared_is_no_pass():
    """The remedy is told."""
    assert "agentchaos.effect(" in judged(booked(), world_agrees())[1]
    assert judged(booked().note(effects=["seat"]), world_agrees("room"))[0] == "unknown"


def test_wrong_parameters_are_named():
    """Before anything is run."""
    with pytest.raises(UsageError, match="world_agrees"):
        world_agrees([])
