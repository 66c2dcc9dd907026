"""Malformed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.base import Turn
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.malformed import Malformed, _is_json

BODY = json.dumps({"flights": [1, 2]}).encode()


@pytest.mark.parametrize("how", ["any", "unclosed", "garbled", "html"])
@pytest.mark.parametrize("seed", range(4))
def test_the_body_is_no_json_any_more(http_call, rewritten, how, seed):
    """Status and length are in order, the content is not."""
    got = rewritten(Malformed(how=how).compile(http_call(seed=seed)), Reply(200, body=BODY))
    assert got.status == 200
    assert got.header("content-length") == str(len(got.body))
    assert not _is_json(got.body)


def test_a_page_of_html_says_that_it_is_one(http_call, rewritten):
    """A login wall does not pretend to be JSON."""
    true = Reply(200, (("Content-Type", "application/json"), ("x-id", "7")), BODY)
    got = rewritten(Malformed(how="html").compile(http_call()), true)
    assert got.header("content-type") == "text/html; charset=utf-8"
    assert got.header("x-id") == "7"
    assert got.body.startswith(b"<html>")


def test_one_event_of_a_stream_is_broken(model_call, rewritten):
    """All other events arrive as they were."""
    situation = model_call(stream=True)
    true = situation.dialect.write_turn(situation.request, Turn("four score and seven"))
    got = rewritten(Malformed().compile(situation), true)
    old, new = (reply.body.split(b"\n\n") for reply in (true, got))
    ((before, after),) = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    head, data = before.split(b"data: ", 1)
    assert after in {head + b"data: " + data[:-1], head + b"data: \xff" + data[1:]}


def test_how_it_breaks_can_be_told(http_call, rewritten):
    """The last bracket is missing, or the first byte is one that no text has."""
    bodies = [
        rewritten(Malformed(how=how).compile(http_call()), Reply(200, body=BODY)).body
        for how in ("unclosed", "garbled")
    ]
    assert bodies == [BODY[:-1], b"\xff" + BODY[1:]]


def test_what_has_no_bracket_is_garbled(http_call, rewritten):
    """A text or a number that lost its end might be JSON still."""
    got = rewritten(Malformed(how="unclosed").compile(http_call()), Reply(200, body=b"1234"))
    assert got.body == b"\xff234"


def test_any_way_has_its_turn(http_call, rewritten):
    """The seed decides."""
    replies = [rewritten(Malformed().compile(http_call(seed=seed)), Reply(200, body=BODY)) for seed in range(12)]
    assert {reply.body for reply in replies} == {BODY[:-1], b"\xff" + BODY[1:]}


@pytest.mark.parametrize("body", [b"", b"plain text", b"data: [DONE]\n\n", b": comment\n\n"])
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_what_is_no_json_is_left_alone(http_call, rewritten, body, kind):
    """Then the fault has not fired."""
    true = Reply(200, (("content-type", kind),), body)
    assert rewritten(Malformed().compile(http_call()), true) is true


def test_the_same_seed_breaks_the_same_way(http_call, rewritten):
    """However often the change is made."""
    program = Malformed().compile(http_call(seed=3))
    bodies = {
        rewritten(made, Reply(200, body=BODY)).body
        for made in (program, program, Malformed().compile(http_call(seed=3)))
    }
    assert len(bodies) == 1


def test_a_function_answers_no_text(function_call):
    """It says so."""
    assert "plain function" in str(Malformed().inapplicable(function_call()))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=JSON_VALUES, seed=st.integers(0, 99))
def test_no_value_survives(value, seed):
    """Whatever the JSON was, it is none afterwards."""
    body = json.dumps(value).encode()
    assert not _is_json(Malformed()._broken(body, rng.stream(seed, "test")))


def test_what_is_deeper_than_can_be_read_is_left_alone(http_call, rewritten):
    """A server's answer must not be told as a defect of the fault."""
    deep = Reply(200, body=b"[" * 100_000)
    assert rewritten(Malformed(how="unclosed").compile(http_call()), deep).body == deep.body
