"""at_most: a number of the run stays within a limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.figures.metrics import METRICS
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict

MODEL = Call("model", "api.local", "gpt-5")
TOOL = Call("tool", "flights.local", "book")
AGENT = Call("agent", "python", "planner")


def history(*exchanges: tuple[Call, str, dict[str, Any]], ended: bool = True) -> History:
    """A run of calls one after the other, a quarter of a second each."""
    made = History()
    for number, (call, ending, data) in enumerate(exchanges):
        index = made.append("invoke", at_s=number / 4, call=call)
        made.append(ending, at_s=(number + 1) / 4, of=index, data=data)  # type: ignore[arg-type]
    if ended:
        made.append("note", at_s=len(exchanges) / 4, data={"outcome": "completed"})
    return made


USAGE = {"usage": {"input_tokens": 100, "output_tokens": 20, "cached_tokens": 0}}
RUN = history(
    (MODEL, "ok", USAGE),
    (TOOL, "info", {}),
    (TOOL, "ok", {}),
    (TOOL, "ok", {}),
    (AGENT, "fail", {}),
    (MODEL, "ok", USAGE),
)
OF_RUN = {
    "calls": (6, (0, 2, 4, 6, 8, 10)),
    "steps": (6, (0, 2, 4, 6, 8, 10)),
    "model_calls": (2, (0, 10)),
    "tool_calls": (3, (2, 4, 6)),
    "agent_calls": (1, (8,)),
    "retries": (2, (2, 4, 6)),
    "amplification": (2, (4, 6, 10)),
    "errors": (2, (2, 8)),
    "concurrent_calls": (1, (0,)),
    "tokens": (240, (1, 11)),
    "input_tokens": (200, (1, 11)),
    "output_tokens": (40, (1, 11)),
    "cost": (0.00065, (1, 11)),
    "duration_s": (1.5, (12,)),
}


def test_every_metric_is_tested_here():
    """One that is added needs a line above."""
    assert set(OF_RUN) == set(METRICS)


@pytest.mark.parametrize("metric", OF_RUN)
def test_a_metric_holds_at_its_limit_and_not_above_it(metric):
    """The verdict says the number, and which ops it was counted from."""
    value, ops = OF_RUN[metric]
    name = f"at_most({metric}, {value:g})"
    assert invariants.at_most(metric, value).check(RUN) == Verdict(name, "pass", f"{metric} = {value:g}")
    limit = value / 2
    found = invariants.at_most(metric, limit).check(RUN)
    assert found == Verdict(f"at_most({metric}, {limit:g})", "fail", f"{metric} = {value:g}, above {limit:g}", ops)


@pytest.mark.parametrize("metric", OF_RUN)
def test_of_nothing_there_is_nothing(metric):
    """A run without a call is within every limit; where no run has ended there may be more."""
    limit = invariants.at_most(metric, 0)
    assert limit.check(history()) == Verdict(f"at_most({metric}, 0)", "pass", f"{metric} = 0")
    reason = f"{metric} = 0 so far, and no run has ended: there may be more"
    assert limit.check(history(ended=False)) == Verdict(f"at_most({metric}, 0)", "unknown", reason)


def test_a_call_with_other_arguments_is_no_retry():
    """It asks for something else."""
    run = history((TOOL, "ok", {}), (Call("tool", "flights.local", "book", {"seat": 2}), "ok", {}))
    assert invariants.at_most("retries", 0).check(run).passed


@pytest.mark.parametrize("metric", ["tokens", "input_tokens", "output_tokens"])
def test_tokens_that_a_model_did_not_report_are_unknown(metric):
    """A stream without usage is no proof of thrift, nor is a call that ended nobody knows how."""
    run = history((MODEL, "ok", USAGE), (MODEL, "ok", {"status": 200}), (MODEL, "info", {}))
    found = invariants.at_most(metric, 1000).check(run)
    value = {"tokens": 120, "input_tokens": 100, "output_tokens": 20}[metric]
    reason = f"{metric} = {value}, but 2 replies say nothing about it"
    assert (found.status, found.reason, found.ops) == ("unknown", reason, (3, 5))


def test_tokens_that_are_too_many_already_need_no_others():
    """Whatever was not reported could only be more."""
    run = history((MODEL, "ok", USAGE), (MODEL, "ok", {}))
    assert invariants.at_most("tokens", 119).check(run).status == "fail"


def test_large_numbers_are_told_to_the_last_digit():
    """`1e+06, above 1e+06` would explain nothing."""
    usage = {"usage": {"input_tokens": 1_000_001, "output_tokens": 0}}
    found = invariants.at_most("tokens", 1_000_000).check(history((MODEL, "ok", usage)))
    assert found.reason == "tokens = 1000001, above 1000000"
    assert invariants.at_most("duration_s", 0.1234567).name == "at_most(duration_s, 0.123457)"


@pytest.mark.parametrize("limit", [0, 12, 0.5, 1e300, 10**400])
def test_any_number_from_0_up_is_a_limit(limit):
    """Also one that is larger than any float."""
    assert invariants.at_most("calls", limit).limit == limit


@pytest.mark.parametrize(
    "limit",
    [True, False, -1, -0.5, float("nan"), float("inf"), float("-inf"), "12", None, Decimal(1), 1j, [1]],
    ids=repr,
)
def test_what_is_no_limit_is_refused_when_it_is_written(limit):
    """Before anything runs: a NaN would let everything pass."""
    with pytest.raises(UsageError) as caught:
        invariants.at_most("calls", limit)
    assert (
        str(caught.value) == f"at_most('calls', {limit!r}): the limit must be a number from 0 up; write for example 12"
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("model_cals", "did you mean 'model_calls'?"),
        ("zzz", f"valid: {', '.join(sorted(METRICS))}"),
        (5, f"valid: {', '.join(sorted(METRICS))}"),
        (["calls"], "did you mean 'calls'?"),
    ],
)
def test_an_unknown_metric_is_refused_with_the_nearest_name(name, remedy):
    """Before anything runs, whatever it is."""
    with pytest.raises(UnknownNameError) as caught:
        invariants.at_most(name, 1)
    assert str(caught.value) == f"there is no metric {name!r}; {remedy}"


# -- a part of the calls ---------------------------------------------------------------------------------------------


def trip() -> Story:
    """Two agents: one searches and asks a model, the other books."""
    story = Story()
    story.ask("plan", agent="planner", offers=["search_flights", "cancel"]).says("", tokens=(1000, 100))
    story.call("search_flights", agent="planner").wait(1).ok(["LX1"])
    story.call("search_hotels", agent="planner", target="hotels").wait(1).refused(503)
    story.call("search_hotels", agent="planner", target="hotels").wait(1).ok([])
    story.call("book_flight", agent="planner/booker").wait(4).ok({"booking": "B1"})
    return story.ended()


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        (invariants.at_most("tool_calls", 3, of="search_*"), "tool_calls of search_* = 3"),
        (invariants.at_most("retries", 1, of="search_hotels"), "retries of search_hotels = 1"),
        (invariants.at_most("steps", 4, agent="planner"), "steps by planner = 4"),
        (invariants.at_most("calls", 1, agent="*/booker"), "calls by */booker = 1"),
        (invariants.at_most("errors", 1, target="hotels"), "errors at hotels = 1"),
        (invariants.at_most("duration_s", 4, of="book_*"), "duration_s of book_* = 4"),
        (invariants.at_most("duration_s", 2, target="hotels"), "duration_s at hotels = 2"),
        (invariants.at_most("tokens", 1100, agent="planner"), "tokens by planner = 1100"),
        (invariants.at_most("calls", 0, of="delete_*"), "calls of delete_* = 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_tool_target_or_agent_can_be_bounded(judge, reason):
    """By globs, and the verdict says which, also after the history was saved."""
    told = trip().history
    assert judge.check(told) == Verdict(judge.name, "pass", reason)
    assert judge.check(History.from_jsonl(told.to_jsonl())) == judge.check(told)


def test_a_bound_on_a_part_is_broken_by_that_part_alone():
    """Its name says what was bounded, and its ops show only that."""
    found = invariants.at_most("tool_calls", 1, of="search_h*", target="hotels", agent="planner").check(trip().history)
    reason = "tool_calls of search_h* at hotels by planner = 2, above 1"
    assert found == Verdict("at_most(tool_calls of search_h* at hotels by planner, 1)", "fail", reason, (4, 6))


@pytest.mark.parametrize("part", [{"of": "serach_*"}, {"agent": "plannr"}, {"target": "hotel"}], ids=str)
def test_a_bound_on_something_that_there_is_not_is_unknown(part):
    """A misspelt glob would be green for ever."""
    found = invariants.at_most("calls", 3, **part).check(trip().history)
    assert found.status == "unknown"
    assert found.reason.endswith(
        f"{next(iter(part.values()))} was called, offered or listed, so nothing was bounded; is it spelt so?"
    )


def test_a_tool_that_was_offered_and_never_called_is_within_any_bound():
    """An agent may do without it."""
    assert invariants.at_most("tool_calls", 3, of="cancel").check(trip().history).passed
    listed = Story().listed({"name": "refund"}).ended()
    assert invariants.at_most("tool_calls", 3, of="refund").check(listed.history).passed


@pytest.mark.parametrize("wrong", [{"of": ""}, {"of": 5}, {"target": None}, {"agent": ""}, {"agent": ["a"]}], ids=str)
def test_what_is_no_glob_is_refused(wrong):
    """Before anything runs."""
    with pytest.raises(UsageError, match=r"^at_most\('calls', \w+=.*: a glob is due; write for example"):
        invariants.at_most("calls", 1, **wrong)


# -- histories that are not at their end -----------------------------------------------------------------------------


def test_of_a_run_that_is_under_way_only_too_much_is_known():
    """More may come; what is above the limit already will not come down."""
    story = trip()
    story.call("search_flights")
    found = invariants.at_most("tool_calls", 9).check(story.history)
    reason = "tool_calls = 5 so far, but 1 call is still open and no run has ended since: there may be more"
    assert (found.status, found.reason, found.ops) == ("unknown", reason, (11,))
    assert invariants.at_most("tool_calls", 4).check(story.history).status == "fail"


def test_what_an_ended_run_left_open_brings_nothing_more():
    """A run that hung has made all the calls that it ever will."""
    story = Story()
    story.call("search_flights").fault("hang")
    assert invariants.at_most("tool_calls", 1).check(story.ended("hung").history).passed


# -- money -----------------------------------------------------------------------------------------------------------


def test_a_model_without_a_price_makes_the_cost_unknown():
    """And the remedy stands in the reason."""
    story = Story()
    story.ask(model="own-7b").says("x", tokens=(10, 10))
    found = invariants.at_most("cost", 1).check(story.ended().history)
    remedy = "give prices={'own-7b': [input, output, cached]}, for a million tokens"
    reason = f"cost = 0, but there is no price for 'own-7b': {remedy}"
    assert (found.status, found.reason, found.ops) == ("unknown", reason, (1,))
    assert invariants.at_most("cost", 0.00003, prices={"own-*": [1, 2]}).check(story.history).passed
    assert invariants.at_most("cost", 0.00002, prices={"own-*": [1, 2]}).check(story.history).status == "fail"


def test_prices_are_for_cost_alone():
    """With any other metric they would change nothing."""
    with pytest.raises(UsageError, match="only cost has a price"):
        invariants.at_most("calls", 1, prices={"a": [1, 2]})
    with pytest.raises(UsageError, match="two or three numbers"):
        invariants.at_most("cost", 1, prices={"a": "cheap"})


# -- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "usage",
    [
        7,
        [1],
        {},
        {"input_tokens": 5},
        {"input_tokens": "5", "output_tokens": 1},
        {"input_tokens": -1, "output_tokens": 1},
        {"input_tokens": True, "output_tokens": 1},
        {"input_tokens": 10**4000, "output_tokens": 1},
    ],
    ids=lambda usage: str(usage)[:40],
)
def test_a_usage_that_is_none_counts_as_silence(usage):
    """It must neither crash the judge nor pass."""
    run = history((MODEL, "ok", {"status": 200, "usage": usage}))
    for metric in ("tokens", "cost"):
        assert invariants.at_most(metric, 1000).check(run).status == "unknown"


def test_a_clock_that_shows_no_number_says_nothing():
    """No comparison with NaN is ever true, and that must not be a pass."""
    run = History()
    index = run.append("invoke", at_s=0.0, call=TOOL)
    run.append("ok", at_s=float("nan"), of=index)
    for judge in (invariants.at_most("duration_s", 1), invariants.at_most("duration_s", 1, of="book")):
        assert judge.check(run).status == "unknown"
