"""respects_retry_after: whoever was told when to come back does not come sooner."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History


def judged(story, **parameters):
    """The verdict, which is the same of the saved history."""
    invariant = invariants.respects_retry_after(**parameters)
    found = invariant.check(story.history)
    assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == found
    return found


def told_to_wait(wait_s=5.0, status=429, **call):
    """A search that was told to come back later."""
    story = Story()
    story.call("search", **{"city": "Rome", **call}).refused(status, retry_after_s=wait_s)
    return story


@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize(("after_s", "expected"), [(5.0, "pass"), (7.0, "pass"), (4.9, "fail"), (0.0, "fail")])
def test_a_call_before_its_time_breaks_it(status, after_s, expected):
    """Whatever the status that asked for patience; at the very moment is in time."""
    story = told_to_wait(status=status)
    story.wait(after_s).call("search", city="Rome").ok([]).ended()
    assert judged(story).status == expected


def test_the_verdict_says_who_asked_for_what_and_when_it_was_called():
    """And shows the reply and the call."""
    story = told_to_wait()
    story.wait(1.5).call("search", city="Rome").ok([]).ended()
    found = judged(story)
    assert found.reason == "tools.example/mcp asked for 5 s of rest and was called again after 1.5 s"
    assert found.ops == (1, 2)
    assert found.invariant == "respects_retry_after"


def test_a_call_that_was_under_way_is_no_offence():
    """It could not know."""
    story = Story()
    first, second = story.call("search", city="Rome"), story.call("search", city="Oslo")
    first.refused(429, retry_after_s=5)
    second.ok([])
    assert judged(story.ended()).passed


def test_the_longest_wait_counts():
    """A later reply that asks for less does not shorten an earlier one."""
    story = Story()
    calls = [story.call("search", city=city) for city in ("Rome", "Oslo")]
    calls[0].refused(429, retry_after_s=10)
    calls[1].refused(429, retry_after_s=1)
    story.wait(2).call("search", city="Rome").ok([]).ended()
    assert judged(story).status == "fail"


@pytest.mark.parametrize(
    ("other", "broken_per"),
    [
        ({}, {"target", "name", "call"}),
        ({"city": "Oslo"}, {"target", "name"}),
        ({"agent": "hotels"}, {"target", "name"}),
        ({"name": "book"}, {"target"}),
        ({"target": "elsewhere"}, set()),
        ({"kind": "rpc", "name": "initialize"}, set()),
    ],
    ids=["the same", "other arguments", "another agent", "another tool", "another target", "the protocol's own"],
)
@pytest.mark.parametrize("per", ["target", "name", "call"])
def test_who_is_left_alone_can_be_chosen(per, other, broken_per):
    """The target at first; only the tool there; only the same call."""
    story = told_to_wait()
    given = {"name": "search", "city": "Rome", **other}
    story.wait(1).call(given.pop("name"), **given).ok([])
    assert judged(story.ended(), per=per).status == ("fail" if per in broken_per else "pass")


def test_each_model_of_a_provider_has_its_own_limit():
    """A fallback to another model of the same host is the right thing to do."""
    story = Story()
    story.ask("hello", model="gpt-5").refused(429, retry_after_s=5)
    story.ask("hello", model="gpt-5-mini").says("hi")
    assert judged(story.ended()).passed
    story.wait(1).ask("hello again", model="gpt-5").says("hi")
    assert judged(story.ended()).status == "fail"


def test_another_call_in_the_instant_of_the_reply_may_have_been_decided_before():
    """Two that are made side by side, where calls take no time; the same call again has surely read the reply."""
    story = told_to_wait(number=1)
    story.call("search", number=2).ok([]).ended()
    found = judged(story)
    assert found.status == "unknown"
    assert "perhaps by a call that was decided before" in found.reason
    assert judged(told_to_wait().call("search", city="Rome").ok([]).ended()).status == "fail"
    slow = Story().call("search", number=1).wait(0.1).refused(429, retry_after_s=5)
    assert judged(slow.call("search", number=2).ok([]).ended()).status == "fail"


def test_slack_is_time_that_does_not_matter():
    """Clocks differ."""
    story = told_to_wait()
    story.wait(4.6).call("search", city="Rome").ok([]).ended()
    assert judged(story).status == "fail"
    assert judged(story, slack_s=0.5).passed


@pytest.mark.parametrize("wait_s", [None, 0.0])
def test_whoever_was_never_told_to_wait_proves_nothing(wait_s):
    """It is unknown, with a way to find out."""
    story = told_to_wait(wait_s).ended()
    found = judged(story)
    assert found.status == "unknown"
    assert "faults.RateLimited(retry_after_s=5)" in found.reason


def test_a_history_without_an_end_is_no_proof():
    """Whoever comes back may do so at any moment."""
    assert judged(told_to_wait()).status == "unknown"
    assert judged(told_to_wait().ended()).passed
    cut = told_to_wait().ended()
    cut.call("book", target="elsewhere")
    assert judged(cut).status == "unknown"


@pytest.mark.parametrize("wait_s", ["soon", -1, [5], 10**400, True], ids=["text", "negative", "list", "huge", "bool"])
def test_a_wait_that_is_no_number_of_seconds_is_unknown(wait_s):
    """Nobody can say whether it was respected."""
    found = judged(told_to_wait(wait_s).ended())
    assert (found.status, found.ops) == ("unknown", (1,))


def test_a_wrong_clock_is_unknown():
    """Also when a call seems to come too soon by it."""
    story = told_to_wait()
    story.wait(-100).call("search", city="Rome").ok([]).ended()
    assert judged(story).status == "unknown"


def test_secrets_and_long_texts_stay_out_of_the_reason():
    """A target may be anything."""
    story = told_to_wait(target="https://me:hunter2@host/" + "x" * 10_000)
    story.wait(1).call("search", target="https://me:hunter2@host/" + "x" * 10_000).ok([]).ended()
    found = invariants.respects_retry_after().check(story.history)
    assert found.status == "fail"
    assert "hunter2" not in found.reason
    assert len(found.reason) < 200


@pytest.mark.parametrize("given", [{"slack_s": -1}, {"slack_s": "1"}, {"slack_s": True}, {"per": "host"}, {"per": []}])
def test_wrong_parameters_are_refused(given):
    """Before anything runs, with the value and the remedy."""
    with pytest.raises(UsageError, match=r"respects_retry_after\(\w+=.*write"):
        invariants.respects_retry_after(**given)


def test_its_name_tells_what_it_was_given():
    """Two of them can be told apart."""
    assert (
        invariants.respects_retry_after(slack_s=0.5, per="name").name == "respects_retry_after(slack_s=0.5, per=name)"
    )
