"""The names by which OpenTelemetry's GenAI and MCP conventions say what a span is; old and new ones are read.

They are still being changed. What a span is, how many tokens it tells of and for which agent it speaks is asked here
and nowhere else.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pytest_agentchaos.evidence.span import Span

What = Literal["workflow", "agent", "model", "tool", "plan", "mcp", "http", "other"]

OPERATION: Final = "gen_ai.operation.name"
_WHAT: Final[dict[str, What]] = {
    "invoke_workflow": "workflow",
    "invoke_agent": "agent",
    "create_agent": "other",
    "plan": "plan",
    "chat": "model",
    "text_completion": "model",
    "generate_content": "model",
    "execute_tool": "tool",
}
_INPUT_TOKENS: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
_OUTPUT_TOKENS: Final = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens")
_MODEL: Final = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
_AGENT: Final = ("gen_ai.agent.name",)
_TOOL: Final = ("gen_ai.tool.name", "mcp.tool.name", "tool.name")
_MCP_METHOD: Final = ("mcp.method.name", "rpc.method")
_HTTP_METHOD: Final = ("http.request.method", "http.method")


def what(span: Span) -> What:
    """What a span tells of: by its operation, else by its name and the attributes that others use."""
    attributes = span.attributes
    operation = attributes.get(OPERATION)
    if isinstance(operation, str) and operation in _WHAT:
        return _WHAT[operation]
    if first(span, _MCP_METHOD) is not None or span.name.startswith(("MCP send ", "tools/call ")):
        return "mcp"
    word = span.name.partition(" ")[0]
    if word in _WHAT:
        return _WHAT[word]
    if attributes.get("llm.request.type") or word in {"openai.response", "openai.chat"}:
        return "model"
    if first(span, _HTTP_METHOD) is not None:
        return "http"
    return "other"


def subject(span: Span) -> str:
    """The tool, model, agent or workflow that it is about; the rest of its name where no attribute says."""
    names = {"model": _MODEL, "agent": _AGENT, "tool": _TOOL, "mcp": _TOOL}.get(what(span), ())
    told = first(span, names)
    if told is not None:
        return str(told)
    name = span.name.removeprefix("MCP send ")
    return name.partition(" ")[2] or name


def requested_model(span: Span) -> str | None:
    """The model that was asked for, which need not be the one that answered."""
    told = span.attributes.get("gen_ai.request.model")
    return told if isinstance(told, str) else None


def tokens(span: Span) -> tuple[int, int] | None:
    """Tokens in and out; None when it says nothing about them."""
    told = first(span, _INPUT_TOKENS), first(span, _OUTPUT_TOKENS)
    if told == (None, None):
        return None
    into, out = (value if isinstance(value, int) and not isinstance(value, bool) else 0 for value in told)
    return into, out


def first(span: Span, names: tuple[str, ...]) -> Any:
    """The first of these attributes that it has."""
    return next((value for name in names if (value := span.attributes.get(name)) is not None), None)
