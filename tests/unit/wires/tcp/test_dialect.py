"""A link as a message: there is nothing to read."""

from __future__ import annotations

from pytest_agentchaos.dialects.base import Dialect, Problem
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.wires.tcp.dialect import Bytes


def test_nothing_is_read_and_nothing_is_written():
    """A name is all that is known."""
    dialect: Dialect = Bytes()
    request, reply = Request("CONNECT", "tcp:a:b"), Reply(200, body=b"{}")
    assert dialect.read_call(request).name == dialect.read_call(request).target == "a:b"
    assert dialect.read_result(reply) is None
    assert dialect.read_usage(reply) is None
    assert dialect.write_result(reply, 3) is reply
    assert [dialect.problem(request, Problem("unavailable", status)).status for status in (None, 418)] == [503, 418]
