"""ToolFailure."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.steps import Deliver, Return, Rewrite
from pytest_agentchaos.faults.tool_failure import ToolFailure


def test_an_mcp_tool_says_that_it_failed(answered, tool_call):
    """In a result of its own protocol, which a model gets to read."""
    message = json.loads(answered(ToolFailure(message="no seats"), tool_call()).body)
    assert message["id"] == 7
    assert message["result"]["isError"] is True
    assert message["result"]["content"][0]["text"] == "no seats"


def test_a_function_raises(answered, function_call):
    """The wire makes an exception of this reply."""
    reply = answered(ToolFailure(message="no seats"), function_call())
    assert reply.status == 500
    assert reply.value == "no seats"


def test_it_can_fail_when_the_work_is_done(tool_call, rewritten):
    """The true answer is lost."""
    program = ToolFailure(after=True).compile(tool_call())
    assert [type(step) for step in program] == [Deliver, Rewrite, Return]
    assert b'"isError":true' in rewritten(program, Reply(200, body=b"{}")).body.replace(b" ", b"")


def test_it_acts_where_a_tool_can_say_so(tool_call, function_call, http_call):
    """Plain HTTP has statuses instead."""
    assert ToolFailure().inapplicable(tool_call()) is None
    assert ToolFailure().inapplicable(function_call(kind="agent")) is None
    assert ToolFailure().inapplicable(http_call()) == "it acts on agent and tool calls"


def test_a_tool_behind_plain_http_has_no_word_for_it(http_call):
    """The reason names the fault to use."""
    situation = http_call()
    situation = replace(situation, call=replace(situation.call, kind="tool"))
    assert "use error_status" in str(ToolFailure().inapplicable(situation))
