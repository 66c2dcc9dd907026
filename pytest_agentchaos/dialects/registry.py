"""All dialects, in the order in which they are asked whether a request is theirs."""

from __future__ import annotations

from functools import cache

from pytest_agentchaos import extensions
from pytest_agentchaos.dialects.base import Dialect
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Request

_added: list[Dialect] = []


def add(dialect: Dialect) -> None:
    """Ask this dialect before the shipped ones."""
    if all(known.name != dialect.name for known in _added):
        _added.append(dialect)


def added() -> tuple[Dialect, ...]:
    """The dialects that others have added."""
    _load_added()
    return tuple(_added)


@cache
def _load_added() -> None:
    """Add what other packages offer as entry points."""
    for dialect in extensions.load("dialects"):
        add(dialect)


@cache
def shipped() -> tuple[Dialect, ...]:
    """The dialects that come with the package; plain HTTP, which reads anything, is last."""
    from pytest_agentchaos.dialects.anthropic_messages import AnthropicMessages
    from pytest_agentchaos.dialects.http import PlainHTTP
    from pytest_agentchaos.dialects.mcp import MCP
    from pytest_agentchaos.dialects.openai_chat import OpenAIChat
    from pytest_agentchaos.dialects.openai_responses import OpenAIResponses

    return (OpenAIResponses(), OpenAIChat(), AnthropicMessages(), MCP(), PlainHTTP())


def read(request: Request) -> tuple[Dialect, Call]:
    """The dialect of a request and the call in it; what nobody can read is plain HTTP."""
    for dialect in (*added(), *shipped()):
        call = dialect.read_call(request)
        if call is not None:
            return dialect, call
    raise AssertionError(request.url)  # plain HTTP reads everything
