"""Ops as a timeline shows them."""

from __future__ import annotations

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.op import ENDINGS, OP_KINDS, Op

KEY = "sk-aB3dE5gH7jK9mN1pQ"


def test_an_invoke_op_shows_its_call():
    """When, what, from whom to whom."""
    op = Op(3, "invoke", 1.5, 0.1, call=Call("tool", "x.local", "book", agent=("planner",)))
    assert str(op) == "   3      1.500 s  invoke  planner -> tool book @ x.local"


def test_any_other_op_shows_the_call_that_it_belongs_to():
    """By the index of its invoke op, with what it says."""
    op = Op(4, "ok", 2.0, 0.1, of=3, data={"status": 200, "result": None})
    assert str(op) == "   4      2.000 s  ok      of 3 status=200, result=None"


def test_a_note_belongs_to_no_call():
    """It has only what it says."""
    assert str(Op(0, "note", 0.0, 0.0, data={"outcome": "hung"})) == "   0      0.000 s  note     outcome='hung'"


def test_long_values_are_cut():
    """A timeline is read by people."""
    shown = str(Op(0, "ok", 0.0, 0.0, of=0, data={"result": "x" * 500}))
    assert shown.endswith("xxx...")
    assert len(shown) < 150


def test_secrets_are_hidden_before_a_value_is_cut():
    """The timeline of a failure ends in the log of a build server."""
    data = {"password": "hunter2", "result": [KEY]}
    op = Op(0, "ok", 0.0, 0.0, call=Call("http", "x.local", f"GET /bot/{KEY}"), data=data)
    assert str(op).endswith("http GET /bot/[hidden] @ x.local password='[hidden]', result=['[hidden]']")


def test_every_ending_is_a_kind_of_op():
    """So that a file with another one is refused."""
    assert ENDINGS < OP_KINDS
