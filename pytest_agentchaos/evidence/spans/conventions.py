"""The names by which OpenTelemetry's GenAI and MCP conventions say what a span is; old and new ones are read.

They are still being changed, and others (OpenInference, OpenLLMetry, Logfire) have names of their own. What a span is,
how many tokens it tells of and for which agent it speaks is asked here and nowhere else.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pytest_agentchaos.evidence.spans.span import Span

What = Literal["workflow", "agent", "model", "tool", "plan", "mcp", "http", "other"]
CallKind = Literal["model", "tool", "agent"]

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
_SPAN_KIND: Final = ("openinference.span.kind", "traceloop.span.kind")
_WHAT_BY_SPAN_KIND: Final[dict[str, What]] = {
    "llm": "model",
    "tool": "tool",
    "agent": "agent",
    "workflow": "workflow",
}
_MODEL_NAMES: Final = ("openai.response", "openai.chat", "Chat Completion with ", "Responses API with ")
"""How the spans of model calls begin that say nothing else of what they are."""
_INPUT_TOKENS: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
_OUTPUT_TOKENS: Final = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
_REQUESTED_MODEL: Final = "gen_ai.request.model"
_MODEL: Final = ("gen_ai.response.model", _REQUESTED_MODEL, "llm.model_name")
_ENTITY: Final = "traceloop.entity.name"
_AGENT: Final = ("gen_ai.agent.name", "agent.name", _ENTITY)
_TOOL: Final = ("gen_ai.tool.name", "mcp.tool.name", "tool.name", _ENTITY)
_WORKFLOW: Final = ("gen_ai.workflow.name", _ENTITY)
_MCP_METHOD: Final = "mcp.method.name"
_MCP_CLIENT: Final = "MCP send "
_TOOL_CALL: Final = "tools/call"
_ENDLESS: Final = 1e15
_HTTP_METHOD: Final = ("http.request.method", "http.method")


def what(span: Span) -> What:
    """What a span tells of: by its operation, else by its name and the attributes that others use."""
    attributes, name = span.attributes, span.name
    operation = attributes.get(OPERATION)
    known = _WHAT.get(operation) if isinstance(operation, str) else None
    if known is not None:
        return known
    if attributes.get(_MCP_METHOD) is not None or name.startswith((_MCP_CLIENT, f"{_TOOL_CALL} ")):
        return "mcp"
    told = first(span, _SPAN_KIND)
    if isinstance(told, str):
        return _WHAT_BY_SPAN_KIND.get(told.lower(), "other")
    if operation is None:  # an operation that is not known here (embeddings) is none of these, whatever its name
        known = _WHAT.get(name.partition(" ")[0])
        if known is not None:
            return known
        if attributes.get("llm.request.type") or name.startswith(_MODEL_NAMES):
            return "model"
    return "http" if first(span, _HTTP_METHOD) is not None else "other"


def call_kind(span: Span) -> CallKind | None:
    """The kind of the calls that it would tell of; None if it tells of none."""
    told = what(span)
    if told in {"model", "tool", "agent"}:
        return told
    return "tool" if told == "mcp" and _mcp_method(span) == _TOOL_CALL else None


def subject(span: Span) -> str:
    """The tool, model, agent or workflow that it is about; the rest of its name where no attribute says."""
    told = first(span, _NAMES.get(what(span), ()))
    if told is not None:
        return str(told)
    name = span.name.removeprefix(_MCP_CLIENT)
    return name.partition(" ")[2] or name


_NAMES: Final[dict[What, tuple[str, ...]]] = {
    "model": _MODEL,
    "agent": _AGENT,
    "tool": _TOOL,
    "mcp": _TOOL,
    "workflow": _WORKFLOW,
}


def requested_model(span: Span) -> str | None:
    """The model that was asked for, which need not be the one that answered."""
    told = span.attributes.get(_REQUESTED_MODEL)
    return told if isinstance(told, str) else None


def tokens(span: Span) -> tuple[int, int] | None:
    """Tokens in and out; None when it says nothing about them, or nothing that could be a number of tokens."""
    into, out = _count(first(span, _INPUT_TOKENS)), _count(first(span, _OUTPUT_TOKENS))
    return None if into is None and out is None else (into or 0, out or 0)


def first(span: Span, names: tuple[str, ...]) -> Any:
    """The first of these attributes that it has."""
    return next((value for name in names if (value := span.attributes.get(name)) is not None), None)


def _mcp_method(span: Span) -> str:
    told = span.attributes.get(_MCP_METHOD)
    return told if isinstance(told, str) else span.name.removeprefix(_MCP_CLIENT).partition(" ")[0]


def _count(value: Any) -> int | None:
    """Some exporters write every number as one with a point."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _ENDLESS:
        return None
    return int(value)
