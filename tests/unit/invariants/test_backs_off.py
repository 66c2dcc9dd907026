"""backs_off: whoever tries again waits before, and longer each time."""

from __future__ import annotations

import random

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History


def tried(*lines, fails=lambda call: call.fail(), name="search"):
    """For each line a call that fails, again and again after these pauses, and then works."""
    story = Story()
    for number, pauses in enumerate(lines):
        for pause in pauses:
            fails(story.call(name, number=number))
            story.wait(pause)
        story.call(name, number=number).ok([])
    return story.ended()


def judged(story, **parameters):
    """The verdict, which is the same of the saved history."""
    invariant = invariants.backs_off(**parameters)
    found = invariant.check(story.history)
    assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == found
    return found


def full_jitter(seed, calls, pauses, first_s=0.5, cap_s=20.0):
    """As the bundled travel system does it."""
    chance = random.Random(seed)  # noqa: S311 - a seeded stream guards nothing
    return [[round(chance.uniform(0, min(cap_s, first_s * 2**at)), 3) for at in range(pauses)] for _ in range(calls)]


@pytest.mark.unmeasured
@pytest.mark.parametrize(("calls", "pauses"), [(1, 3), (3, 2), (4, 5)])
@pytest.mark.parametrize("jitter", [False, True])
def test_full_jitter_is_never_blamed(calls, pauses, jitter):
    """Five hundred systems that do it right: chance makes some of them unknown, and none of them wrong."""
    found = [judged(tried(*full_jitter(seed, calls, pauses)), jitter=jitter).status for seed in range(500)]
    assert found.count("fail") == 0
    if calls > 1 or not jitter:
        assert found.count("pass") > 250
    else:
        assert found.count("pass") == 0  # one call says nothing about how calls differ


def decorrelated_jitter(seed, calls, pauses, first_s=0.5, cap_s=20.0):
    """Each pause is drawn from the first to three times the one before: it grows more slowly than by 2."""
    chance = random.Random(seed)  # noqa: S311 - the same
    for _ in range(calls):
        line = [first_s]
        for _ in range(pauses):
            line.append(round(min(cap_s, chance.uniform(first_s, 3 * line[-1])), 3))
        yield line[1:]


@pytest.mark.unmeasured
def test_decorrelated_jitter_is_never_blamed_either():
    """It is the other way in which many draw their pauses."""
    found = [judged(tried(*decorrelated_jitter(seed, 3, 5))).status for seed in range(500)]
    assert found.count("fail") == 0
    assert found.count("pass") > 400


@pytest.mark.parametrize("pauses", [(0.5, 1, 2), (1, 2, 3), (0.4, 0.9, 1.6, 3.8), (1, 5)], ids=str)
def test_pauses_that_grow_pass(pauses):
    """By chance or by rule."""
    assert judged(tried(pauses)).passed


def test_pauses_that_grow_by_rule_pass_however_many_they_are():
    """They vary little, and yet none of the first is as long as the middle one of the later."""
    assert judged(tried(*[(0.5, 1)] * 40)).passed


@pytest.mark.unmeasured
def test_jitter_without_growth_does_not_pass_where_there_is_much_of_it():
    """Two hundred loops that draw each pause from the same window: most are found out, and the rest are unknown."""
    found = [judged(tried(*full_jitter(seed, 6, 7, cap_s=0.5))).status for seed in range(200)]
    assert found.count("fail") > 150
    assert found.count("pass") < 5


@pytest.mark.parametrize("lines", [[(1, 1, 1)], [(0.2, 0.2), (0.2, 0.2)], [(30,) * 6]], ids=str)
def test_a_fixed_interval_fails(lines):
    """The verdict says who, how often, and shows the attempts."""
    found = judged(tried(*lines))
    assert found.status == "fail"
    assert "tool search @ tools.example/mcp: the pauses do not grow" in found.reason
    assert 0 in found.ops


def test_a_fixed_interval_with_a_little_jitter_fails_once_there_is_enough_of_it():
    """Until then it is unknown, and never a pass."""
    chance = random.Random(1)  # noqa: S311 - the same
    lines = [[chance.uniform(0.9, 1.1) for _ in range(4)] for _ in range(3)]
    assert judged(tried(lines[0][:3])).status == "unknown"
    assert judged(tried(*lines)).status == "fail"


def test_one_long_pause_does_not_make_a_fixed_interval_grow():
    """It comes from somewhere else: the middle of the later pauses counts."""
    assert not judged(tried((1, 1, 30, 1, 1))).passed


@pytest.mark.parametrize("lines", [[(0, 0)], [(0,), (0,)], [(0.002,) * 4], [(0, 0, 20, 0, 0)]], ids=str)
@pytest.mark.parametrize("growth", [1.0, 2.0])
def test_trying_again_at_once_fails(lines, growth):
    """Twice is enough if there is no pause at all."""
    found = judged(tried(*lines), growth=growth)
    assert found.status == "fail"
    assert "at once" in found.reason


@pytest.mark.parametrize("lines", [[(0,)], [(1,)], [(1, 1)], [(1,), (2,), (3,)]], ids=["at once", "1", "equal", "many"])
def test_few_pauses_prove_nothing(lines):
    """What right systems do as well is unknown."""
    assert judged(tried(*lines)).status == "unknown"


def test_pauses_need_not_grow_if_that_is_not_asked():
    """A factor of 1."""
    assert judged(tried((1, 1, 1)), growth=1.0).passed
    assert judged(tried((0,)), growth=1.0).status == "unknown"


def test_a_smaller_growth_can_be_asked_for():
    """Half a step of it has to be seen."""
    assert judged(tried((1, 1.1, 1.21))).status == "unknown"
    assert judged(tried((1, 1.1, 1.21)), growth=1.1).passed


def test_the_same_pauses_for_every_call_are_no_jitter():
    """Many clients would come back all together."""
    lines = [(0.5, 1, 2)] * 2
    assert judged(tried(*lines)).passed
    found = judged(tried(*lines), jitter=True)
    assert found.status == "fail"
    assert "without jitter" in found.reason
    assert judged(tried((0.5, 1, 2), (0.4, 0.8, 1.7)), jitter=True).passed
    assert judged(tried((0.5, 1, 2), (0.5,)), jitter=True).status == "unknown"


def test_no_pause_may_be_shorter_than_asked():
    """For systems that do not draw from 0 up."""
    assert judged(tried((0.5, 1, 2)), at_least_s=0.5).passed
    found = judged(tried((0.5, 1, 2)), at_least_s=0.6)
    assert (found.status, "after 0.5 s, before 0.6 s" in found.reason) == ("fail", True)


def test_pauses_that_the_server_named_are_not_judged():
    """Others see to it that they are kept."""
    found = judged(tried((5, 5, 5), fails=lambda call: call.refused(429, retry_after_s=5)))
    assert found.status == "unknown"


def test_a_refusal_is_no_trouble():
    """To ask a tool again that said no is another kind of mistake."""
    for fails in (lambda call: call.failed("sold out"), lambda call: call.refused(404)):
        assert judged(tried((0, 0, 0), fails=fails)).status == "unknown"


def test_loops_are_judged_each_for_itself():
    """One that is wrong is enough; one that is right passes although another was too short to be judged."""
    story = tried((0.5, 1, 2))
    for pause in (0, 0, 0):
        story.call("book").fail().wait(pause)
    assert judged(story.ended()).status == "fail"
    assert "book" in judged(story).reason
    assert "search" not in judged(story).reason
    story = tried((0.5, 1, 2))
    story.call("book").fail().wait(1)
    story.call("book").ok([]).ended()
    found = judged(story)
    assert found.passed
    assert "1 others were tried again too seldom" in found.reason


def test_where_nothing_was_tried_again_nothing_is_known():
    """With a way to find out."""
    for story in (Story().ended(), tried((), ()), Story()):
        found = judged(story)
        assert found.status == "unknown"
        assert "faults.Unavailable()" in found.reason


def test_calls_that_cannot_be_told_apart_are_left_out():
    """Which of two equal calls is made again, and so after which pause, nobody knows."""
    story = Story()
    for _ in range(4):
        calls = [story.call("search") for _ in range(2)]
        for call in calls:
            call.fail()
    assert judged(story.ended()).status == "unknown"


def test_a_wrong_clock_is_unknown():
    """Pauses between such times are none."""
    assert judged(tried((1, 2, -50, 1))).status == "unknown"


@pytest.mark.parametrize(
    "given",
    [
        {"growth": 0.5},
        {"growth": "2"},
        {"growth": float("nan")},
        {"growth": float("inf")},
        {"jitter": 1},
        {"at_least_s": -1},
        {"at_least_s": None},
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(given):
    """Before anything runs, with the value and the remedy."""
    with pytest.raises(UsageError, match=r"backs_off\(\w+=.*write"):
        invariants.backs_off(**given)


@pytest.mark.parametrize("growth", [1.0, 1.0000001, 1e300])
def test_any_factor_can_be_calculated_with(growth):
    """Whatever it is, and however many pauses."""
    assert judged(tried((1,) * 300), growth=growth).status in {"pass", "fail", "unknown"}


def test_its_name_tells_what_it_was_given():
    """Two of them can be told apart."""
    assert invariants.backs_off().name == "backs_off"
    name = invariants.backs_off(growth=1.5, jitter=True, at_least_s=0.25).name
    assert name == "backs_off(growth=1.5, jitter, at_least_s=0.25)"


def test_a_history_that_was_cut_short_shows_no_growth_for_good():
    """The next pause may be none at all; what was wrong before stays wrong."""
    for pauses, status in (((1, 2, 4, 8), "unknown"), ((0,) * 8, "fail")):
        whole, story = tried(pauses), Story()
        for op in list(whole.history)[:-1]:
            story.history.append(op.kind, at_s=op.at_s, of=op.of, call=op.call, data=op.data)
        assert judged(whole).status == ("pass" if status == "unknown" else status)
        found = judged(story)
        assert found.status == status
        assert ("no run has ended" in found.reason) == (status == "unknown")
