"""From a scenario come the plans of its trials, and each has a name."""

from __future__ import annotations

import pickle

import pytest

from pytest_agentchaos.errors import UnknownNameError
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.scenario import DocumentError, load, names, selected, shipped
from pytest_agentchaos.scenario.catalogue import find
from pytest_agentchaos.scenario.command import run_line
from pytest_agentchaos.system import System

LOST_ACK = """
version: 1
system: shop_of_scenarios:shop
faults: [{fault: drop_response, on: {write: "*", nth: 1}}]
expect: {outcome: completed}
sometimes: [retry_succeeded]
"""


def cases(path, **asked):
    """Names and seeds."""
    return [(case.name, case.plan.seed) for case in load(path).cases(**asked)]


def test_without_journeys_the_systems_own_first_one_is_taken(write):
    """By its name; a system that tells none has a usual one."""
    assert cases(write(LOST_ACK)) == [("one-book", 0)]
    assert cases(write(LOST_ACK.replace(":shop", ":asks_first"))) == [("usual", 0)]


def test_trials_and_seeds_can_be_given_from_outside(write):
    """The file says how many, who asks has the last word, and a default holds where nobody says."""
    three = write(LOST_ACK + "trials: 3\nseed: 10")
    assert cases(three) == [("one-book[trial0]", 10), ("one-book[trial1]", 11), ("one-book[trial2]", 12)]
    assert cases(three, trials=1, seed=5, usual_trials=4) == [("one-book", 15)]
    assert len(cases(write(LOST_ACK), usual_trials=4)) == 4


def test_a_journey_may_be_a_text_or_data_and_has_a_name_that_a_shell_takes(write):
    """Two of the same name are told apart."""
    path = write("""
        version: 1
        system: shop_of_scenarios:asks_first
        journeys: ["Lisbon, 3 nights; for 2!", {name: tour, nights: 3}, {nights: 4}, "Lisbon 3 nights for 2", "???"]
    """)
    told = load(path).cases()
    assert [case.name for case in told] == [
        "Lisbon-3-nights-for-2",
        "tour",
        "journey3",
        "Lisbon-3-nights-for-2-2",
        "journey5",
    ]
    assert told[1].plan.journey == {"name": "tour", "nights": 3}


def test_a_case_is_asked_for_by_name_with_all_its_trials_or_one(write):
    """A glob stands for several cases."""
    found = load(write(LOST_ACK + "journeys: [one-book, two-books]\ntrials: 2")).cases()
    assert [case.name for case in selected(found, "one-book")] == ["one-book[trial0]", "one-book[trial1]"]
    assert [case.name for case in selected(found, "two-books[trial1]")] == ["two-books[trial1]"]
    assert len(selected(found, "*-book*")) == 4
    assert selected(found, "three-books") == []


def test_another_system_can_take_the_place_of_the_one_that_is_named(write):
    """Also of one that is not there; its journeys are what counts then."""
    path = write(LOST_ACK.replace("shop_of", "nobodys") + "journeys: [two-books]")
    scenario = load(path, system="shop_of_scenarios:shop")
    assert scenario.plans(system="shop_of_scenarios:shop")[0].system == System.of("shop_of_scenarios:shop")
    with pytest.raises(DocumentError, match="no module 'nobodys_scenarios'"):
        scenario.plans()


def test_a_plan_runs_and_tells_what_was_reached(write):
    """The careful shop orders once; the careless one twice."""
    careful = perform(load(write(LOST_ACK)).plans()[0]).result
    assert (careful.status, careful.ended, careful.reached) == ("pass", "completed", {"retry_succeeded": True})
    careless = load(write(LOST_ACK), system="shop_of_scenarios:shop(careful=False)")
    result = perform(careless.plans(system="shop_of_scenarios:shop(careful=False)")[0]).result
    assert (result.status, [verdict.invariant for verdict in result.failed]) == ("fail", ["no_duplicate_effect"])


@pytest.mark.parametrize(("text", "status"), [("", "invalid"), ("if_unfired: skip", "inapplicable")])
def test_a_fault_that_never_fires_makes_the_trial_invalid_or_inapplicable(write, text, status):
    """As the file says: a catalogue has faults for calls that not every system makes."""
    path = write(LOST_ACK.replace("drop_response, on: {write", "drop_response, on: {model") + text)
    assert perform(load(path).plans()[0]).result.status == status


def test_what_fails_fails_even_if_a_fault_never_fired(write):
    """Inapplicable is no excuse."""
    path = write(
        LOST_ACK.replace("nth: 1", "nth: 9") + "if_unfired: skip\ninvariants: [{at_most: {metric: calls, limit: 0}}]"
    )
    assert perform(load(path).plans()[0]).result.status == "fail"


def test_effects_of_the_file_are_declared_for_a_system_that_declares_none(write, project):
    """So that a foreign system can be asked whether it does things twice."""
    (project / "bare_shop.py").write_text(
        "def bare(chaos):\n"
        "    @chaos.tool\n"
        "    def order(title): return {'id': title}\n"
        "    def take(journey=None): return [order('Emma'), order('Emma')]\n"
        "    return take\n",
        encoding="utf-8",
    )
    path = write("""
        version: 1
        system: bare_shop:bare
        effects: [{name: order, tool: order, key: [title]}]
    """)
    assert [one.invariant for one in perform(load(path).plans()[0]).result.failed] == ["no_duplicate_effect"]


def test_a_condition_that_fails_is_a_problem_of_the_trial_and_nothing_is_raised(write):
    """The user's own may raise anything."""
    path = write(LOST_ACK.replace("retry_succeeded", "shop_of_scenarios:bad_condition"))
    result = perform(load(path).plans()[0]).result
    assert result.status == "invalid"
    assert "the condition shop_of_scenarios:bad_condition failed: RuntimeError: no" in result.why


def test_a_plan_with_all_that_a_file_can_say_goes_through_a_file_and_another_process(write):
    """Plain data, the same name."""
    path = write(
        LOST_ACK
        + "effects: [{name: look, tool: look_up, key: [title], undo: forget}]\nif_unfired: skip\n"
        + "invariants: [terminates, {at_most: {metric: steps, limit: 9}}]\njourneys: [two-books]\nseed: 4"
    )
    (plan,) = load(path).plans()
    assert Plan.from_data(plan.to_data()) == plan
    assert pickle.loads(pickle.dumps(plan)).id == plan.id  # noqa: S301 - our own


def test_scenarios_are_found_by_name_in_a_project_first_and_in_the_catalogue(write, project):
    """Nearest folder first, with or without ``scenarios/``; the nearest name for one that is not there."""
    own = write(LOST_ACK, "scenarios/delivery/mine.chaos.yaml")
    beside = write(LOST_ACK, "tests/mine.chaos.yaml")
    assert find("delivery/mine", [project]) == own
    assert find("mine", [project / "tests", project]) == beside
    with pytest.raises(UnknownNameError, match="no scenario 'delivery/mime'; did you mean 'delivery/mine'"):
        find("delivery/mime", [project])
    name, path = next(iter(names(shipped()).items()))
    assert find(name, [project]) == path


def test_the_command_that_runs_a_case_again_can_be_pasted_into_a_shell(project):
    """Brackets and blanks are quoted; what is as usual is left out."""
    path = (project / "a b.chaos.yaml").relative_to(project)
    assert run_line(path, "one[trial1]", seed=7, trials=2, system='m:f("x")') == (
        "agentchaos run 'a b.chaos.yaml' --only 'one[trial1]' --system 'm:f(\"x\")' --seed 7 --trials 2"
    )
    assert run_line(path, "one") == "agentchaos run 'a b.chaos.yaml' --only one"


@pytest.mark.parametrize(
    ("system", "expected", "status"),
    [("shop", "refused", "unknown"), ("shop", "completed", "pass"), ("tells_ends", "refused", "fail")],
)
def test_an_answer_that_tells_no_end_may_be_any(write, monkeypatch, system, expected, status):
    """Of a system that says nothing about its ends, nobody knows if what it returned was a refusal."""
    import shop_of_scenarios

    def tells_ends(chaos):
        made = shop_of_scenarios.shop()
        made.introduce(chaos)
        chaos.ends(lambda _answer: "completed")
        return lambda: made.take("one-book")

    monkeypatch.setattr(shop_of_scenarios, "tells_ends", tells_ends, raising=False)
    path = write(LOST_ACK.replace(":shop", f":{system}").replace("completed", expected))
    assert perform(load(path).plans()[0]).result.status == status


def test_usual_stands_for_what_the_system_has_declared_enough_for(write):
    """Beside others, each is asked once; in the plan it is still one word."""
    path = write(LOST_ACK + "invariants: [usual, {at_most: {metric: calls, limit: 9}}, terminates]")
    plan = load(path).plans()[0]
    assert plan.to_data()["invariants"][0] == "usual"
    assert Plan.from_data(plan.to_data()) == plan
    told = [verdict.invariant for verdict in perform(plan).result.verdicts]
    assert told == ["terminates", "no_duplicate_effect", "at_most(calls, 9)", "ends(completed)"]
