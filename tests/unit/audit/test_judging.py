"""Judging: effects and answers written by hand, held against what one execution does and what two do."""

from __future__ import annotations

from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.effect import effect, leaves
from pytest_agentchaos.audit.experiments import Heard
from pytest_agentchaos.audit.judging import Seen, Yardstick

OK = Heard(Answer(["done"]), Answer(["done"]))


def seen(world, heard=OK, **more):
    """What became of an empty world: ``list`` is what the reading tool says."""
    after = {"list": world, **more}
    before = {witness: [] for witness in after}
    return Seen(effect(leaves(before, {}), leaves(after, {})), heard)


def answered(first, last, error=None):
    """Nothing is seen but these two answers."""
    return seen([], Heard(Answer(first), Answer(last, error)))


def test_one_execution_is_safe_and_two_are_two():
    """What else there is, nobody knows."""
    yardstick = Yardstick(seen(["a"]), seen(["a"]), seen(["a", "a"]))
    assert yardstick.judge(seen(["a"])).status == "safe"
    assert yardstick.judge(seen(["a", "a"])).status == "twice"
    assert yardstick.judge(seen(["a", "a", "a"])).status == "twice"
    assert yardstick.judge(seen(["b"])).status == "unknown"
    assert yardstick.judge(seen([])).status == "unknown"


def test_a_world_that_is_broken_by_a_retry_is_not_safe():
    """Though two executions that are both meant leave what one leaves."""
    yardstick = Yardstick(seen(["a"]), seen(["a"]), seen(["a"]))
    told = yardstick.judge(seen(["a", "half of it"]))
    assert (told.status, "neither one execution nor two" in told.why) == ("unknown", True)


def test_values_that_differ_between_servers_are_no_witnesses_and_their_number_is():
    """Two random names are two names."""
    yardstick = Yardstick(seen(["x"]), seen(["y"]), seen(["z", "w"]))
    assert yardstick.judge(seen(["q"])).status == "safe"
    assert yardstick.judge(seen(["q", "r"])).status == "twice"


def test_a_witness_who_sees_more_on_one_server_than_on_another_is_not_believed():
    """If there is no other, nothing is decided; if there is, that one decides."""
    alone = Yardstick(seen(["x"]), seen(["y", "z"]), seen(["x"]))
    assert "differ in what list shows" in alone.sees_nothing
    both = Yardstick(seen(["x"], f=["a"]), seen(["y", "z"], f=["a"]), seen([], f=["a", "a"]))
    assert both.sees_nothing is None
    assert both.judge(seen(["p", "q", "r"], f=["a"])).status == "safe"
    assert both.witnesses == ["f"]


def test_bytes_that_differ_prove_nothing_and_the_same_bytes_do():
    """A database file has counters of its own; where something else sees it, bytes are not asked."""
    one, two, three = ({"data.db": {"bytes": f"{digit}.sha"}} for digit in "123")
    yardstick = Yardstick(seen([], f=one), seen([], f=one), seen([], f=two))
    assert yardstick.judge(seen([], f=one)).status == "safe"
    assert yardstick.judge(seen([], f=two)).status == "unknown"
    assert yardstick.judge(seen([], f=three)).status == "unknown"
    with_list = Yardstick(seen(["a"], f=one), seen(["a"], f=one), seen(["a"], f=two))
    assert with_list.judge(seen(["a"], f=three)).status == "safe"


def test_an_order_is_judged_by_what_the_calls_in_order_leave():
    """A late copy that wins is stale; one more of everything is twice; else nobody knows."""
    upsert = Yardstick(seen({"v": "old"}), seen({"v": "old"}), seen({"v": "old"}))
    assert upsert.judge_order(seen({"v": "new"}), seen({"v": "new"})).status == "safe"
    assert upsert.judge_order(seen({"v": "old"}), seen({"v": "new"})).status == "stale"
    append = Yardstick(seen(["a"]), seen(["a"]), seen(["a", "a"]))
    assert append.judge_order(seen(["a", "b", "a"]), seen(["a", "b"])).status == "twice"
    assert append.judge_order(seen(["b"]), seen(["a", "b"])).status == "unknown"
    answers = Yardstick(answered([1], [1]), answered([1], [1]), answered([1], [2]))
    assert answers.judge_order(seen([]), seen([])).status == "not run"


def test_answers_decide_only_where_they_can():
    """Like the first, like the second, refused, lost, or like nothing that was seen before."""
    yardstick = Yardstick(answered([1], [1]), answered([1], [1]), answered([1], [2]))
    assert yardstick.sees_nothing is None
    assert yardstick.judge(answered([1], [1])).status == "safe"
    assert yardstick.judge(answered([1], [2])).status == "twice"
    assert yardstick.judge(answered([1], [7])).status == "unknown"
    assert yardstick.judge(answered([1], None, "no database")).status == "unknown"
    assert yardstick.judge(seen([], Heard(Answer([1]), None, "it was not answered"))).status == "unknown"


def test_a_refusal_is_safe_where_a_second_execution_is_refused_too():
    """An error of another kind would prove nothing."""
    refused = answered(["made"], None, "exists already")
    yardstick = Yardstick(answered(["made"], ["made"]), answered(["made"], ["made"]), refused)
    told = yardstick.judge(refused)
    assert (told.status, told.why) == ("safe", "the client sees an error: exists already")


def test_ids_of_the_exchange_are_no_ids_of_what_was_made():
    """A request has another id each time, and so has its trace."""
    pair = [{"request_id": one, "traceId": one, "valid": "yes"} for one in ("x1", "x2")]
    assert Yardstick(*(answered(pair[0], pair[1]) for _ in range(3))).sees_nothing is not None
    made = [{"orderId": one} for one in ("o1", "o2")]
    yardstick = Yardstick(answered(made[0], made[0]), answered(made[1], made[1]), answered(made[0], made[1]))
    assert yardstick.judge(answered({"orderId": "o5"}, {"orderId": "o5"})).status == "safe"
    assert yardstick.judge(answered({"orderId": "o5"}, {"orderId": "o6"})).status == "twice"
    assert yardstick.judge(answered({"orderId": "o5"}, {})).status == "unknown"
