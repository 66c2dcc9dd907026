"""no_progress_loop: nobody does again and again what has told them nothing new."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History

JUDGE = invariants.no_progress_loop()


def judged(story: Story, **parameters: object):
    """The verdict, which is the same after the history was saved."""
    judge = invariants.no_progress_loop(**parameters)
    verdict = judge.check(story.history)
    assert judge.check(History.from_jsonl(story.history.to_jsonl())) == verdict
    return verdict


def searches(*results: object, **more: str) -> Story:
    """The same search again and again; a result that is an exception is a failure."""
    story = Story()
    for result in results:
        call = story.call("search", city="Rome", **more)
        call.refused(503) if isinstance(result, Exception) else call.ok(result)
    return story


# -- the same call again ---------------------------------------------------------------------------------------------


def test_a_call_that_told_the_same_five_times_is_a_loop():
    """Three repetitions of the first are left to it, and no more."""
    assert judged(searches(*[["LX1"]] * 4).ended()).reason == "4 calls, none of them in a loop"
    found = judged(searches(*[["LX1"]] * 5).ended())
    reason = "tool 'search' was called 5 times with the same arguments, with the same result each time"
    assert (found.status, found.reason, found.ops) == ("fail", reason, (0, 2, 4, 6, 8))
    assert judged(searches("a", "a").ended(), repeats=0).status == "fail"


def test_repeating_after_a_failure_is_no_loop():
    """Each was made because the one before did not work."""
    assert judged(searches(*[ValueError()] * 50).ended()).passed
    assert judged(searches(*[ValueError()] * 50, "at last").ended()).passed


def test_repeating_after_a_fault_is_no_loop():
    """An answer that was changed on its way, or made up, is no answer; one that was only slow is."""
    changed, slow = Story(), Story()
    for _ in range(9):
        changed.call("search").fault("empty").delivered(["LX1"]).ok([])
        changed.call("book").fault("stale").ok("B1")
        slow.call("search").fault("latency").delivered(["LX1"]).ok(["LX1"])
    assert judged(changed.ended()).passed
    assert judged(slow.ended()).status == "fail"


def test_wishes_that_a_fault_put_into_a_models_mouth_are_no_loop():
    """The model asked once, and was made to ask again."""
    story = Story()
    for number in range(9):
        wish = [{"name": "search", "arguments": "{}"}]
        story.ask(str(number)).fault("repeated_call").delivered("", tool_calls=[]).ok("", tool_calls=wish)
    assert judged(story.ended()).passed


def test_failures_in_between_do_not_excuse_a_loop():
    """What was asked for was there already when it was asked for again."""
    assert judged(searches(*["x", ValueError()] * 5).ended()).status == "fail"


def test_asking_for_a_result_that_changes_is_no_loop():
    """A job is being waited for: queued, queued, running, running, done."""
    assert judged(searches(*[{"state": f"{done} %"} for done in range(50)]).ended()).passed
    assert judged(searches(*(["queued"] * 4 + ["running"] * 4 + ["done"])).ended()).passed


def test_other_arguments_or_another_agent_ask_for_something_else():
    """A loop is one of equal calls."""
    story = Story()
    for number in range(20):
        story.call("search", page=number).ok("none")
        story.call("search", agent=f"a{number}").ok("none")
    assert judged(story.ended()).passed


def test_several_equal_calls_at_once_are_no_repetition():
    """None of them knew what the others would be told."""
    story = Story()
    begun = [story.ask("vote") for _ in range(10)]
    for one in begun:
        one.says("yes")
    assert judged(story.ended()).passed


def test_what_may_be_repeated_can_be_named():
    """A clock tells the time and is no loop."""
    assert judged(searches(*["x"] * 9).ended(), except_for=["sea*"]).status == "unknown"
    story = searches(*["x"] * 9)
    story.call("book").ok()
    assert judged(story.ended(), except_for=["sea*"]).passed


def test_the_messages_of_mcp_are_not_judged():
    """Each connection begins with the same handshake."""
    story = Story()
    for _ in range(20):
        story.listed({"name": "search"})
    story.call("search").ok()
    assert judged(story.ended()).passed


def test_replies_that_nobody_read_are_in_doubt():
    """They may have told something new each time."""
    story = Story()
    for _ in range(5):
        index = story.call("search").index
        story.history.append("ok", at_s=0.0, of=index, data={"status": 200, "bytes": 10_000_000})
    found = judged(story.ended())
    assert (found.status, found.reason.rpartition(", with ")[2]) == ("unknown", "replies that nobody could read")


# -- turns of a model ------------------------------------------------------------------------------------------------


def turn(story: Story, *calls: tuple[str, object], result: object = None, agent: str = "") -> None:
    """A model asks for tools; those that are on a wire tell this."""
    story.ask(f"turn {len(story.history)}", agent=agent).says("", *calls)
    for name, arguments in calls:
        if result is not None:
            call = story.call(name, agent=agent, arguments=arguments)
            call.refused() if isinstance(result, Exception) else call.ok(result)


def test_turns_that_go_round_between_two_tools_are_a_loop():
    """Three rounds of two, though the conversation grows with each."""
    story = Story()
    for _ in range(2):
        turn(story, ("search", {"q": 1}), result=[])
        turn(story, ("read", {"id": 7}), result="text")
    assert judged(story.ended()).passed
    turn(story, ("search", {"q": 1}), result=[])
    turn(story, ("read", {"id": 7}), result="text")
    found = judged(story.ended(), repeats=9)
    reason = "a model asked 3 times in a row for search {'q': 1}, read {'id': 7}, which told it nothing new"
    assert (found.status, found.reason, found.ops) == ("fail", reason, (0, 4, 8, 12, 17, 21))


def test_a_round_of_three_may_have_two_equal_turns():
    """A, B, B is a circle like A, B, C."""
    story = Story()
    for name in ["a", "b", "b"] * 3:
        turn(story, (name, {}))
    found = judged(story.ended())
    assert (found.status, len(found.ops)) == ("fail", 9)


@pytest.mark.parametrize("rounds", [2, 5])
def test_how_many_rounds_make_a_circle_is_to_be_chosen(rounds):
    """One less does not."""
    story = Story()
    for _ in range(rounds - 1):
        turn(story, ("a", {}))
        turn(story, ("b", {}))
    assert judged(story.ended(), rounds=rounds).passed
    turn(story, ("a", {}))
    turn(story, ("b", {}))
    assert judged(story, rounds=rounds).status == "fail"


def test_the_same_wish_again_is_no_round_of_two():
    """How often it may be repeated is told by `repeats`."""
    story = Story()
    for _ in range(4):
        turn(story, ("a", {}))
    assert judged(story.ended(), rounds=2).passed


def test_rounds_that_bring_something_new_are_none():
    """Two jobs are looked at in turn, and both get on."""
    story = Story()
    for number in range(9):
        turn(story, ("status", {"job": 1}), result=number)
        turn(story, ("status", {"job": 2}), result=number)
    assert judged(story.ended()).passed


def test_rounds_of_failures_are_none():
    """The model tries again what did not work."""
    story = Story()
    for _ in range(9):
        turn(story, ("a", {}), result=ValueError())
        turn(story, ("b", {}), result=ValueError())
    assert judged(story.ended()).passed


def test_a_tool_that_no_wire_shows_is_judged_by_what_is_asked():
    """Five times the same wish in a row; the same JSON in other words is the same wish."""
    story = Story()
    for text in ['{"a": 1, "b": 2}', '{"b":2,"a":1}'] * 2:
        turn(story, ("local", text))
    assert judged(story).status == "unknown"  # there may be more
    assert judged(story.ended()).passed
    turn(story, ("local", '{"a": 1,   "b": 2}'))
    found = judged(story)
    reason = "a model asked 5 times in a row for local {'a': 1, 'b': 2}, which told it nothing new"
    assert (found.status, found.reason) == ("fail", reason)


def test_turns_that_ask_for_nothing_are_no_loop():
    """A chat in which the model says the same is dull."""
    story = Story()
    for number in range(20):
        story.ask(f"turn {number}").says("I do not know.")
    assert judged(story.ended()).passed


def test_each_agent_has_turns_of_its_own():
    """What two do at the same time is not one that goes round."""
    story = Story()
    for number in range(4):
        turn(story, ("a", {"n": number // 3}), agent="one")
        turn(story, ("b", {"n": number // 2}), agent="two")
    assert judged(story.ended()).passed


# -- agents ----------------------------------------------------------------------------------------------------------


def handed(*pairs: str) -> Story:
    """Agents that hand over: "ab" is a calling b."""
    story = Story()
    for number, (caller, callee) in enumerate(pairs):
        story.call(callee, kind="agent", agent=f"root/{caller}", talk=number).ok(f"talk {number}")
    return story.ended()


def test_agents_that_hand_over_to_one_another_go_round():
    """Whatever they say meanwhile, three rounds of two or three are a circle."""
    assert judged(handed(*["ab", "ba"] * 2, "ab")).passed
    found = judged(handed(*["ab", "ba"] * 3))
    assert (found.status, found.reason) == ("fail", "'a', 'b' handed over to one another 3 times round")
    assert judged(handed(*["ab", "bc", "ca"] * 3)).reason == "'a', 'b', 'c' handed over to one another 3 times round"
    nested = Story()
    for depth in range(6):
        nested.call("ab"[(depth + 1) % 2], kind="agent", agent="/".join("ab"[i % 2] for i in range(depth + 1)))
    assert judged(nested.ended("hung")).status == "fail"


def test_one_that_gives_work_to_others_does_not_go_round():
    """They answer it, and do not hand over."""
    assert judged(handed(*["ab", "ac"] * 9)).passed
    assert judged(handed(*["ab"] * 9)).passed


# -- what cannot be judged -------------------------------------------------------------------------------------------


def test_without_a_call_nothing_could_go_round():
    """And no green says that nothing did."""
    assert judged(Story().ended()).status == "unknown"


def test_a_run_that_is_under_way_may_yet_come_into_a_loop():
    """One that it is in already is a finding."""
    story = searches("a", "b")
    story.call("search")
    assert judged(story).status == "unknown"
    story = searches(*["a"] * 5)
    story.call("search")
    assert judged(story).status == "fail"


@pytest.mark.parametrize("asked", [5, "x", [5, None, {}], [{"name": {}, "arguments": []}], {"a": 1}], ids=str)
def test_hostile_wishes_do_not_crash_the_judge(asked):
    """Whatever stands where tool calls are due."""
    story = Story()
    for number in range(3):
        story.ask(str(number)).ok("", tool_calls=asked)
    assert judged(story.ended()).passed


def test_values_that_are_too_deep_to_compare_are_not_the_same():
    """Python gives up on them, and the judge does not."""
    deep: list[object] = []
    other: list[object] = []
    for _ in range(5000):
        deep, other = [deep], [other]
    story = searches()
    for number in range(6):
        story.call("search").ok(deep if number % 2 else other)
    assert JUDGE.check(story.ended().history).status in {"pass", "fail"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"repeats": -1},
        {"repeats": True},
        {"repeats": "3"},
        {"rounds": 1},
        {"rounds": 2.5},
        {"except_for": "x"},
        {"except_for": 5},
        {"except_for": [5]},
    ],
    ids=str,
)
def test_what_is_no_number_of_times_is_refused(wrong):
    """Before anything runs, with an example."""
    with pytest.raises(UsageError, match=r"^no_progress_loop\(.* is due; write "):
        invariants.no_progress_loop(**wrong)
