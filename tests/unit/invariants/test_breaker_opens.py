"""breaker_opens: what keeps failing is left alone for a while."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History


def judged(story, **parameters):
    """The verdict, which is the same of the saved history. Unless told, three failures in a row open a breaker."""
    invariant = invariants.breaker_opens(**{"after": 3, **parameters})
    found = invariant.check(story.history)
    assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == found
    return found


def failing(times, *, every_s=1.0, fails=lambda call: call.refused(503), story=None, **call):
    """So many calls that fail, one after the other, each with other arguments."""
    story = story or Story()
    for number in range(times):
        fails(story.call("search", **{"number": number, **call}))
        story.wait(every_s)
    return story


def test_what_is_left_alone_passes():
    """Also if a probe is made now and then."""
    assert judged(failing(3).ended()).passed
    story = failing(3)
    for _ in range(3):
        story.wait(30).call("search").refused(503)
    found = judged(story.ended())
    assert found.passed
    assert found.reason == "tools.example/mcp was left alone after 3 failures"


def test_going_on_as_if_nothing_were_fails():
    """The verdict says what had failed, and which call came too soon."""
    found = judged(failing(6).ended())
    assert found.status == "fail"
    assert found.reason == (
        "tools.example/mcp had failed 3 times in a row by 2 s, and call 2 within 30 s after that came at 4 s"
    )
    assert found.ops == (1, 3, 5, 8)


@pytest.mark.parametrize(
    ("probes", "calls", "expected"), [(0, 1, "fail"), (1, 1, "pass"), (2, 2, "pass"), (2, 3, "fail")]
)
def test_so_many_probes_are_allowed_in_each_rest(probes, calls, expected):
    """And not one more."""
    assert judged(failing(3 + calls).ended(), probes=probes).status == expected


@pytest.mark.parametrize(("rest_s", "expected"), [(10, "pass"), (10.1, "fail")])
def test_the_length_of_a_rest_can_be_chosen(rest_s, expected):
    """Probes every ten seconds are right for a breaker that is open for ten."""
    story = failing(3)
    assert judged(failing(4, every_s=10, story=story).ended(), rest_s=rest_s).status == expected


def test_an_answer_closes_it():
    """Whatever it says: who refuses, or knows no such thing, is well."""
    for answers in (lambda call: call.ok([]), lambda call: call.refused(404), lambda call: call.failed("sold out")):
        story = failing(3)
        answers(story.call("search"))
        assert judged(failing(2, story=story).ended()).passed


def test_failures_with_an_answer_between_are_not_in_a_row():
    """So no breaker needs to open, and nothing is known of it."""
    story = failing(2)
    story.call("search").ok([])
    found = judged(failing(2, story=story).ended())
    assert found.status == "unknown"
    assert "2 failures in a row are the most that any place had, and 3 are needed" in found.reason


def test_failures_that_lie_too_far_apart_do_not_count_together():
    """Trouble of an hour ago says nothing."""
    story = failing(6, every_s=40)
    assert judged(story.ended()).status == "unknown"
    assert judged(story, within_s=90).status == "unknown" or judged(story, within_s=90, rest_s=100).status == "fail"


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        (lambda call: call.fail(), "fail"),
        (lambda call: call.info(), "fail"),
        (lambda call: call.refused(429), "unknown"),
        (lambda call: call.refused(401), "unknown"),
        (lambda call: call.failed("sold out"), "unknown"),
        (lambda call: call.info("CancelledError: its caller stopped waiting"), "unknown"),
        (lambda call: call.fault("hang").info("CancelledError: its caller stopped waiting"), "fail"),
    ],
    ids=["unreachable", "no answer", "429", "401", "refusal", "cancelled", "cancelled under a fault"],
)
def test_only_trouble_counts(fails, expected):
    """Not what the caller did wrong, nor what it was refused, nor that it lost interest."""
    assert judged(failing(8, fails=fails).ended()).status == expected


def test_a_call_that_its_caller_gave_up_is_no_answer_either():
    """Failures before and after it are still in a row."""
    story = failing(2)
    story.call("search").info("CancelledError: its caller stopped waiting")
    assert judged(failing(3, story=story).ended()).status == "fail"


def test_calls_that_go_down_together_are_one_failure():
    """A dying process takes with it all that was under way."""
    story = Story()
    for _ in range(2):
        calls = [story.call("search", number=number) for number in range(5)]
        for call in calls:
            call.fail()
        story.wait(1)
    found = judged(story.ended())
    assert (found.status, found.reason[:1]) == ("unknown", "2")


def test_in_one_instant_nobody_can_tell_what_goes_down_together():
    """Where calls take no time, one that began before another had failed looks as if it had begun after."""
    story = Story()
    for number in range(3):
        story.call("search", number=number).refused(503)
    for _ in range(2):
        story.wait(1).call("search", number=0).refused(503)
    found = judged(story.ended())
    assert found.status == "unknown"
    assert found.reason.endswith("perhaps decided before; let calls take time: faults.Latency(seconds=0.1)")


def test_the_same_call_again_in_one_instant_was_made_after_it_had_failed():
    """Whoever tries again at once does not wait for a breaker."""
    story = Story()
    for _ in range(5):
        story.call("search").refused(503)
    assert judged(story.ended()).status == "fail"


def test_what_has_a_breaker_can_be_chosen():
    """A target, or each tool there; a model always for itself."""
    story = Story()
    for _ in range(2):
        for name in ("search", "book", "cancel"):
            story.call(name).wait(0.1).fail()
    assert judged(story.ended()).status == "fail"
    assert judged(story, per="name").status == "unknown"
    models = Story()
    for number in range(6):
        models.ask(str(number), model=f"m-{number % 3}").refused(500)
    assert judged(models.ended()).status == "unknown"


def test_another_target_is_none_of_its_business():
    """Going elsewhere is what a breaker is for."""
    story = failing(3)
    for number in range(5):
        story.call("search", target="elsewhere", number=number).ok([])
    assert judged(story.ended()).passed


def test_a_history_without_an_end_is_no_proof():
    """The next call may come at any moment; what came already is enough to fail."""
    assert judged(failing(3)).status == "unknown"
    assert judged(failing(6)).status == "fail"
    assert judged(Story()).status == "unknown"


def test_a_wrong_clock_is_unknown():
    """Nobody can tell when anything was."""
    assert judged(failing(6, every_s=-5).ended()).status == "unknown"


@pytest.mark.parametrize("data", [{}, {"status": "503"}, {"status": None, "error": 5}], ids=str)
def test_replies_that_say_nothing_are_answers(data):
    """Damaged ones as well: they are no failures that could be counted."""
    story = failing(2)
    index = story.history.append("invoke", at_s=story.now_s, call=story.history[0].call)
    story.history.append("ok", at_s=story.now_s, of=index, data=data)
    assert judged(failing(2, story=story).ended()).status == "unknown"


@pytest.mark.parametrize(
    "given",
    [
        {"after": 0}, {"after": 2.5}, {"after": True}, {"probes": -1}, {"within_s": 0}, {"rest_s": "30"},
        {"rest_s": float("nan")}, {"per": "call"},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_parameters_are_refused(given):
    """Before anything runs, with the value and the remedy."""
    with pytest.raises(UsageError, match=r"breaker_opens\(\w+=.*write"):
        invariants.breaker_opens(**given)


def test_its_name_tells_what_it_was_given():
    """Two of them can be told apart."""
    assert invariants.breaker_opens().name == "breaker_opens(after=5, rest_s=30)"
    assert invariants.breaker_opens(after=3, rest_s=10, per="name").name == (
        "breaker_opens(after=3, rest_s=10, per=name)"
    )
