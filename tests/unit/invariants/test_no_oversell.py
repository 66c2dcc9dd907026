"""no_oversell: no more was handed out than there is."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_oversell import no_oversell

SEAT = Effect(
    "seat", tool="book", key=("who", "flight", "day"), id="result.booking", undo="cancel", amount="travellers"
)
TWO = no_oversell(SEAT, 2, per=("flight", "day"))


def sold(count: int, *, flight: str = "LX1", story: Story | None = None) -> Story:
    """So many bookings of one flight, two seats each."""
    story = story or Story()
    for number in range(count):
        call = story.call("book", who=f"w{number}", flight=flight, day="d1", travellers=["a", "b"])
        call.ok({"booking": f"{flight}-{number}"})
    return story


def judged(story: Story, judge: no_oversell = TWO) -> tuple[str, str]:
    """The verdict on a run that ended so, which is the same after saving and loading."""
    history = story.ended().history
    verdict = judge.check(history)
    assert judge.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


def test_as_many_as_there_are_may_be_taken():
    """Of each resource."""
    assert judged(sold(2, flight="LX2", story=sold(2))) == ("pass", "at most 2 taken of any of 2 resources")


def test_one_more_is_too_many():
    """The resource is named by the parts of the key that make it."""
    assert judged(sold(3)) == ("fail", "3 of LX1/d1 are taken, and there are 2")


@pytest.mark.parametrize("per", [(1, 2), [1, 2], ("flight", 2)], ids=str)
def test_parts_of_the_key_may_be_told_by_their_places(per):
    """From 0, or by name."""
    assert judged(sold(3), no_oversell(SEAT, 2, per=per))[0] == "fail"


def test_one_part_need_not_be_a_list():
    """And without any, the whole key is the resource."""
    assert judged(sold(3), no_oversell(SEAT, 2, per="flight"))[1] == "3 of LX1 are taken, and there are 2"
    assert judged(sold(3), no_oversell(SEAT, 1))[0] == "pass"


def test_what_was_undone_is_free_again():
    """What may have been undone, perhaps."""
    story = sold(3)
    story.call("cancel", booking="LX1-0").info()
    assert judged(story) == ("unknown", "2 of LX1/d1 are taken and perhaps 1 more, and there are 2")
    story.call("cancel", booking="LX1-0").ok()
    assert judged(story)[0] == "pass"


def test_each_resource_may_have_its_own_capacity():
    """One that is not told is no pass."""
    judge = no_oversell(SEAT, {"LX1/d1": 3}, per=("flight", "day"))
    assert judged(sold(3), judge)[0] == "pass"
    status, reason = judged(sold(1, flight="LX2", story=sold(3)), judge)
    assert (status, reason) == ("unknown", "nobody said how much there is of LX2/d1: add it to capacity")


def test_amounts_are_added_up():
    """Of a list, how many it has."""
    judge = no_oversell(SEAT, 5, per="flight", count="amount")
    assert judged(sold(2), judge)[0] == "pass"
    assert judged(sold(3), judge) == ("fail", "6 of LX1 are taken, and there are 5")


def test_an_amount_that_is_not_there_is_no_pass():
    """It may be any."""
    story = Story().call("book", who="w", flight="LX1", day="d1").ok({"booking": "B1"})
    status, reason = judged(story, no_oversell(SEAT, 5, count="amount"))
    assert status == "unknown"
    assert "has no amount" in reason


def test_where_the_world_was_looked_at_its_rows_count():
    """It also has what others took."""
    rows = [{"key": [f"w{number}", "LX1", "d1"]} for number in range(3)]
    assert judged(sold(1).note(world="seat", rows=rows))[0] == "fail"
    assert judged(sold(3).note(world="seat", rows=rows[:2]))[0] == "pass"
    assert judged(sold(1).note(world="seat", rows=[{"id": "B1"}]))[0] == "unknown"


@pytest.mark.parametrize("per", ["seat", 3, -1], ids=str)
def test_a_part_that_the_key_has_not_is_no_pass(per):
    """The reason names those that there are."""
    status, reason = judged(sold(3), no_oversell(SEAT, 2, per=per))
    assert status == "unknown"
    assert "it has who, flight, day" in reason


def test_without_a_declaration_nothing_was_judged():
    """The remedy is told."""
    assert "agentchaos.effect(" in judged(sold(3), no_oversell("seat", 2))[1]
    assert TWO.check(sold(1).history).status == "unknown"


@pytest.mark.parametrize(
    "fields",
    [
        *({"capacity": told} for told in (-1, True, {}, {"a": "b"}, None)),
        *({"per": told} for told in ((), (None,), 1.5)),
        {"count": "seats"},
    ],
    ids=str,
)
def test_wrong_parameters_are_named(fields):
    """Before anything is run."""
    with pytest.raises(UsageError, match=next(iter(fields))):
        no_oversell(**{"effect": "seat", "capacity": 2, **fields})
