"""at_most: a number of the run stays within a limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.metrics import METRICS

MODEL = Call("model", "api.local", "m-1")
TOOL = Call("tool", "flights.local", "book")
AGENT = Call("agent", "python", "planner")


def history(*exchanges: tuple[Call, str, dict[str, Any]]) -> History:
    """Calls one after the other, a quarter of a second each."""
    made = History()
    for number, (call, ending, data) in enumerate(exchanges):
        index = made.append("invoke", at_s=number / 4, call=call)
        made.append(ending, at_s=(number + 1) / 4, of=index, data=data)  # type: ignore[arg-type]
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
    "model_calls": (2, (0, 10)),
    "tool_calls": (3, (2, 4, 6)),
    "agent_calls": (1, (8,)),
    "retries": (2, (2, 4, 6)),
    "tokens": (240, (1, 11)),
    "input_tokens": (200, (1, 11)),
    "output_tokens": (40, (1, 11)),
    "duration_s": (1.5, (11,)),
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
    limit = value - 0.5
    found = invariants.at_most(metric, limit).check(RUN)
    assert found == Verdict(f"at_most({metric}, {limit:g})", "fail", f"{metric} = {value:g}, above {limit:g}", ops)


@pytest.mark.parametrize("metric", OF_RUN)
def test_of_nothing_there_is_nothing(metric):
    """An empty history is within every limit."""
    assert invariants.at_most(metric, 0).check(History()) == Verdict(f"at_most({metric}, 0)", "pass", f"{metric} = 0")


def test_a_call_with_other_arguments_is_no_retry():
    """It asks for something else."""
    run = history((TOOL, "ok", {}), (Call("tool", "flights.local", "book", {"seat": 2}), "ok", {}))
    assert invariants.at_most("retries", 0).check(run).passed


@pytest.mark.parametrize("metric", ["tokens", "input_tokens", "output_tokens"])
def test_tokens_that_a_model_did_not_report_are_unknown(metric):
    """A stream without usage is no proof of thrift: unknown is never a pass."""
    run = history((MODEL, "ok", USAGE), (MODEL, "ok", {"status": 200}), (MODEL, "info", {}))
    found = invariants.at_most(metric, 1000).check(run)
    value = {"tokens": 120, "input_tokens": 100, "output_tokens": 20}[metric]
    reason = f"{metric} = {value} without 1 replies that say nothing about it"
    assert (found.status, found.reason, found.ops) == ("unknown", reason, (3,))


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
