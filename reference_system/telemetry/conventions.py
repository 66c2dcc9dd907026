"""The names of OpenTelemetry's GenAI and MCP conventions, all in one place: they are still being changed."""

from __future__ import annotations

from typing import Final

# --- operations: the first word of a span's name ----------------------------------------------------------------------

INVOKE_WORKFLOW: Final = "invoke_workflow"
INVOKE_AGENT: Final = "invoke_agent"
PLAN: Final = "plan"
CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"
TOOLS_CALL: Final = "tools/call"
"""A request to an MCP server, named by its method: one attempt of an ``execute_tool``."""

# --- attributes -------------------------------------------------------------------------------------------------------

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_VERSION: Final = "gen_ai.agent.version"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
OUTPUT_TYPE: Final = "gen_ai.output.type"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
PROMPT_NAME: Final = "gen_ai.prompt.name"
MCP_METHOD_NAME: Final = "mcp.method.name"
ERROR_TYPE: Final = "error.type"
TOOL_ERROR: Final = "tool_error"
"""The error of a request that was answered, and whose answer says that the tool failed or said no."""
SERVER_ADDRESS: Final = "server.address"

NAME_OF: Final = {
    INVOKE_WORKFLOW: WORKFLOW_NAME,
    INVOKE_AGENT: AGENT_NAME,
    CHAT: REQUEST_MODEL,
    EXECUTE_TOOL: TOOL_NAME,
    TOOLS_CALL: TOOL_NAME,
}
"""Operation -> the attribute that repeats the second word of the span's name."""

# --- this system's own attributes -------------------------------------------------------------------------------------

CORRELATION: Final = "travel.correlation"
TRIP: Final = "travel.trip"
STEP: Final = "travel.step"
REASON: Final = "travel.reason"

# --- figures, as Prometheus writes them (dots are underscores there) --------------------------------------------------

WORKFLOW_DURATION: Final = "gen_ai_invoke_workflow_duration_seconds"
CHAT_DURATION: Final = "gen_ai_client_inference_duration_seconds"
CHAT_INPUT_TOKENS: Final = "gen_ai_client_inference_usage_input_tokens"
CHAT_OUTPUT_TOKENS: Final = "gen_ai_client_inference_usage_output_tokens"
TOOL_DURATION: Final = "gen_ai_execute_tool_duration_seconds"


def attribute(name: str) -> str:
    """The attribute for a keyword: two underscores stand for a dot."""
    return name.replace("__", ".")
