"""no_phantom: what the answer claims is there."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_phantom import no_phantom

SEAT = Effect("seat", tool="book", key=("flight",), id="result.booking", undo="cancel")
BY_ID = {"effect": "seat", "id": "B1"}
BY_KEY = {"effect": "seat", "key": ["LX1"]}


def booked(booking: str = "B1") -> Story:
    """A booking that is answered."""
    return Story().call("book", flight="LX1").ok({"booking": booking})


def judged(story: Story, *claims: dict[str, object], judge: no_phantom = no_phantom(SEAT), **more: object):  # noqa: B008
    """The verdict on a run that claims this, which is the same after saving and loading."""
    history = story.note(claims=list(claims), **more).ended(answer={}).history
    verdict = judge.check(history)
    assert judge.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


@pytest.mark.parametrize("claim", [BY_ID, BY_KEY, {**BY_ID, **BY_KEY}], ids=["id", "key", "both"])
def test_what_is_claimed_and_stands_is_right(claim):
    """By the id, else by the key."""
    assert judged(booked(), claim) == ("pass", "1 claimed, all there")


@pytest.mark.parametrize(
    "claim", [{**BY_ID, "id": "B9"}, {**BY_KEY, "key": ["LX9"]}, {**BY_KEY, "id": "B9"}], ids=["id", "key", "other id"]
)
def test_what_was_never_done_is_a_phantom(claim):
    """A wrong id is one, even if the key is right."""
    status, reason = judged(booked(), claim)
    assert status == "fail"
    assert reason.endswith("was claimed, and never done")


def test_nothing_was_done_at_all():
    """And a booking claimed."""
    story = Story()
    story.ask(offers=["book"]).says("Booked!")
    assert judged(story, BY_ID) == ("fail", "seat with id B1 was claimed, and never done")


def test_what_had_been_undone_is_a_phantom():
    """The reason tells it."""
    story = booked().call("cancel", booking="B1").ok()
    assert judged(story, BY_KEY) == ("fail", "seat with key LX1 was claimed, and had been undone")


def test_two_claims_need_two_things():
    """Unless they have one id."""
    assert judged(booked(), BY_KEY, BY_KEY)[0] == "fail"
    assert judged(booked(), BY_ID, BY_ID)[0] == "pass"


def test_what_may_have_been_done_is_unknown():
    """The answer was lost for good, or the undoing's."""
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story, BY_KEY)[0] == "unknown"
    assert judged(booked().call("cancel", booking="B1").info(), BY_ID)[0] == "unknown"


def test_a_claim_that_cannot_be_compared_is_unknown():
    """A key of other fields is not a phantom, but a mistake in the declaration."""
    status, reason = judged(booked(), {"effect": "seat", "key": ["LX1", "2027-03-05"]})
    assert status == "unknown"
    assert "its key has 2 fields, and that of what was done has 1" in reason
    no_id = no_phantom(Effect("seat", tool="book", key="flight"))
    assert "what was done tells none" in judged(booked(), BY_ID, judge=no_id)[1]


def test_the_world_has_the_last_word():
    """What it has not is a phantom whatever the wires say; what it has is none."""
    assert judged(booked().note(world="seat", rows=[]), BY_ID) == (
        "fail",
        "seat with id B1 was claimed and done, and is not in the world",
    )
    elsewhere = booked().note(world="seat", rows=[{"id": "B1"}, {"id": "B7"}])
    assert judged(elsewhere, {**BY_ID, "id": "B7"})[0] == "pass"


def test_the_last_answer_counts():
    """An earlier claim may have been true then."""
    story = booked().note(claims=[BY_ID]).ended(answer={}).call("cancel", booking="B1").ok()
    assert judged(story) == ("pass", "nothing was claimed")


@pytest.mark.parametrize("ending", ["raised", "hung"])
def test_a_run_that_did_not_complete_claims_nothing(ending):
    """So there is no phantom."""
    verdict = no_phantom(SEAT).check(booked().ended(ending, error="x").history)
    assert (verdict.status, verdict.reason) == ("pass", f"the last run {ending}, so that it claims nothing")


def test_without_declared_claims_nothing_was_judged():
    """The remedy is told; without declared effects as well."""
    assert "agentchaos.claims(" in no_phantom(SEAT).check(booked().ended(answer={}).history).reason
    assert "agentchaos.effect(" in judged(booked(), BY_ID, judge=no_phantom())[1]
    assert no_phantom(SEAT).check(booked().history).status == "unknown"


def test_a_claim_of_an_undeclared_effect_is_no_pass():
    """Unless another effect was asked for."""
    story = booked().note(effects=["seat"])
    assert judged(story, {"effect": "room", "id": 1}, judge=no_phantom()) == (
        "unknown",
        "room was claimed, and is no declared effect",
    )
    assert judged(story, {"effect": "room", "id": 1}, judge=no_phantom("seat"))[0] == "pass"


@pytest.mark.parametrize("claim", [3, {"effect": "seat"}, {"id": 1}], ids=str)
def test_what_cannot_be_read_is_no_pass(claim):
    """And neither is a problem that was told."""
    assert judged(booked(), claim)[0] == "unknown"
    assert judged(booked(), BY_ID, problems=["the answer has no bookings"]) == ("unknown", "the answer has no bookings")


def test_a_run_that_has_begun_and_not_ended_leaves_it_unknown():
    """A history that was cut short: it may still put things right."""
    story = booked().note(claims=[{"effect": "seat", "id": "B9"}]).ended(answer={})
    assert no_phantom(SEAT).check(story.history).status == "fail"
    story.call("cancel", booking="B1")
    verdict = no_phantom(SEAT).check(story.history)
    assert verdict.status == "unknown"
    assert "the last run has not ended" in verdict.reason


def test_wrong_parameters_are_named():
    """Before anything is run."""
    with pytest.raises(UsageError, match="no_phantom"):
        no_phantom(None)


def test_what_is_claimed_by_its_id_and_again_by_its_key_is_one_thing():
    """A summary names it twice; a second thing of that key is still a phantom if it has an id of its own."""
    assert judged(booked(), {**BY_ID, **BY_KEY}, BY_KEY)[0] == "pass"
    assert judged(booked(), {**BY_ID, **BY_KEY}, {**BY_KEY, "id": "B2"})[0] == "fail"
