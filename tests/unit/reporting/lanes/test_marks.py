"""Marks: what was done to the world, how runs ended, what a verdict points at."""

from __future__ import annotations

from pytest_agentchaos.doubles import Story


def texts(timeline, kind):
    """What the marks of a kind say, and whether it is what went wrong."""
    return [(mark.text, mark.grave) for mark in timeline.marks if mark.kind == kind]


def test_what_is_done_again_while_it_stands_is_grave(drawn, twice):
    """The picture of a double booking; the second mark stands at the answer that shows it."""
    story, first, second = twice
    timeline = drawn(story)
    assert texts(timeline, "effect") == [("seat B1 done", False), ("seat B2 done again, although B1 stands", True)]
    assert [mark.of for mark in timeline.marks if mark.kind == "effect"] == [first, second]
    assert all(timeline.lanes[mark.lane].kind == "tool" for mark in timeline.marks if mark.kind == "effect")


def test_what_is_done_again_after_it_was_undone_is_well(drawn):
    """A hold that was given back may be taken again."""
    story = Story().note(effects=["hold"])
    done = {"effect": "hold", "key": ["LX1"], "sure": 1}
    for name, data in (
        ("hold", {**done, "ids": ["H1"], "handles": ["id=H1"]}),
        ("cancel", {"effect": "hold", "key": None, "sure": 1, "undoes": True, "handles": ["id=H1"]}),
        ("hold", {**done, "ids": ["H2"]}),
    ):
        story.call(name).ok({})
        call = story.history.calls()[-1]
        story.history.append("effect", at_s=0.0, of=call.index, data={**data, "shown": [call.end]})
    timeline = drawn(story)
    assert texts(timeline, "effect") == [("hold H1 done", False), ("hold H1 undone", False), ("hold H2 done", False)]
    assert [mark.undoes for mark in timeline.marks] == [False, True, False]


def test_what_nobody_knows_is_told_as_perhaps(drawn):
    """A request whose fate is unknown may have booked."""
    story = Story().note(effects=["seat"])
    story.call("book").wait(5).info()
    story.history.append(
        "effect", at_s=5.0, of=1, data={"effect": "seat", "key": ["LX1"], "sure": 0, "maybe": 1, "ids": []}
    )
    assert texts(drawn(story), "effect") == [("seat perhaps done: nobody knows", False)]


def test_a_crash_a_restart_and_the_end_are_marks(drawn):
    """With what the user was told for whoever asks."""
    story = Story()
    story.call("book").ok({})
    story.ended("crashed").note(restart=1, by="resume").ended(answer={"text": "Booked."})
    timeline = drawn(story)
    assert [mark.kind for mark in timeline.marks] == ["crash", "restart", "end"]
    assert texts(timeline, "crash") == [("The system's process was killed", True)]
    assert timeline.marks[-1].detail == timeline.answer == "text: Booked."


def test_a_look_at_the_world_is_shown_where_a_verdict_points_at_it(drawn, twice):
    """Else it is one of many."""
    story, *_ = twice
    story.note(world="seat", rows=[{"key": ["LX1"], "id": "B1"}, {"key": ["LX1"], "id": "B2"}])
    assert texts(drawn(story), "evidence") == []
    assert texts(drawn(story, len(story.history) - 1), "evidence") == [
        ("The world was looked at: 2 seats: B1, B2", True)
    ]


def test_ops_that_are_not_there_are_passed_over(drawn, twice):
    """A verdict may come from another history."""
    story, *_ = twice
    assert texts(drawn(story, 10_000, -1), "evidence") == []
