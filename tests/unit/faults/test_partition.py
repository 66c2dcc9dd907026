"""Partition."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.partition import Partition
from pytest_agentchaos.faults.registry import fault_from_data, fault_to_data
from pytest_agentchaos.faults.steps import Deliver, Hang, Refuse

GROUPS = {"agents": ("planner", "main"), "tools": ("flights.*", "book_*")}


def cut(**parameters):
    """A partition between two agents and some tools."""
    return Partition(groups=GROUPS, **parameters)


def test_a_request_that_crosses_the_cut_is_lost(tool_call):
    """Both directions are cut, and the request is the first that crosses."""
    situation = tool_call(agent=("main", "planner"))
    assert cut().inapplicable(situation) is None
    assert cut().compile(situation) == (Hang(),)


def test_lost_requests_can_be_refused(tool_call):
    """As behind a firewall that says no."""
    assert cut(refuse=True).compile(tool_call()) == (Refuse(),)


def test_one_way_loses_only_what_travels_that_way(tool_call):
    """Where the reply is what is lost, the work has been done."""
    assert cut(cut="agents->tools").compile(tool_call()) == (Hang(),)
    assert cut(cut="tools -> agents").compile(tool_call()) == (Deliver(), Hang())


def test_a_blocked_reply_is_never_a_refusal(tool_call):
    """The connection stood when the callee answered."""
    assert cut(cut="tools->agents", refuse=True).compile(tool_call()) == (Deliver(), Hang())


@pytest.mark.parametrize(
    ("agent", "member"),
    [((), "main"), (("main", "planner"), "planner"), (("main", "planner"), "main/planner"), (("a", "b"), "a/*")],
)
def test_a_caller_is_known_by_its_name_or_its_path(tool_call, agent, member):
    """A caller that named no agent is called main."""
    fault = Partition(groups={"a": (member,), "b": ("search",)})
    assert fault.inapplicable(tool_call(agent=agent)) is None


def test_a_callee_is_known_by_its_target_or_its_name(function_call, tool_call):
    """Globs match either."""
    assert cut().inapplicable(function_call("book_flight")) is None
    assert cut().inapplicable(tool_call("anything")) is None


def test_calls_that_do_not_cross_are_left_alone_with_a_reason(function_call, tool_call):
    """The reason names who stands on no side."""
    assert "'billing' / 'charge'" not in str(cut().inapplicable(tool_call()))
    assert "callee 'python' / 'charge'" in str(cut().inapplicable(function_call("charge")))
    assert "caller stranger" in str(cut().inapplicable(tool_call(agent=("stranger",))).replace("'", ""))
    inside = Partition(groups={"all": ("main", "search"), "none": ("nobody",)})
    assert inside.inapplicable(tool_call()) == "caller and callee are both in the group 'all'"


def test_a_member_of_both_groups_stands_on_neither_side(tool_call):
    """Nobody can say which messages of it cross."""
    fault = Partition(groups={"a": ("*",), "b": ("search",)})
    assert "is not on one side" in str(fault.inapplicable(tool_call()))


def test_it_begins_and_heals(tool_call):
    """Before and after its time every call gets through."""
    fault = cut(start_s=5, end_s=10)
    reasons = [fault.inapplicable(tool_call(elapsed_s=now_s)) for now_s in (4.9, 5.0, 9.9, 10.0)]
    assert reasons[1] is reasons[2] is None
    assert reasons[0] == "the partition begins at 5 s, and it is 4.9 s"
    assert reasons[3] == "the partition healed at 10 s, and it is 10 s"


def test_it_flaps(tool_call):
    """Down and up in turns, counted from its beginning."""
    fault = cut(start_s=1, flap_s=(2, 3))
    down = [fault.inapplicable(tool_call(elapsed_s=now_s)) is None for now_s in (1, 2.9, 3, 5.9, 6, 8)]
    assert down == [True, True, False, False, True, False]
    assert fault.inapplicable(tool_call(elapsed_s=3)) == "the flapping partition is up at 3 s"


def test_it_can_last_for_some_calls(tool_call):
    """Time has no say then."""
    fault = cut(calls=(2, 3))
    down = [fault.inapplicable(tool_call(matches=number, elapsed_s=100)) is None for number in (1, 2, 3, 4)]
    assert down == [False, True, True, False]
    assert fault.inapplicable(tool_call(matches=4)) == "it is call 4, and the partition cuts calls 2 to 3"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "faults.Partition needs the parameter 'groups'"),
        ({"groups": {"a": ("x",)}}, "has 1 groups; give exactly two"),
        ({"groups": {"a": ("x",), "b": ()}}, "the group 'b' has no members; give at least one glob"),
        ({"groups": GROUPS, "cut": "tools"}, "cut='tools' .* valid: both, agents->tools, tools->agents"),
        ({"groups": GROUPS, "start_s": 5, "end_s": 5}, "end_s=5 is not after start_s=5"),
        ({"groups": GROUPS, "calls": (3, 1)}, r"calls=\(3, 1\) ends before it begins"),
        ({"groups": GROUPS, "calls": (1, 2), "end_s": 5}, "two ways to say when; give one"),
        ({"groups": GROUPS, "flap_s": (0, 1)}, r"faults\.Partition\(flap_s\.0=0\).*greater than 0"),
    ],
)
def test_partitions_that_cannot_be_are_errors(parameters, message):
    """The message names the value, the place and the remedy."""
    with pytest.raises(UsageError, match=message):
        Partition(**parameters)


def test_it_can_be_saved_compared_and_hashed():
    """A schedule stores it as data and finds it again."""
    fault = cut(flap_s=(1, 2))
    again = fault_from_data(fault_to_data(fault))
    assert again == fault
    assert {fault: 1}[again] == 1
