"""Who may call what."""

from __future__ import annotations

from reference_system.contracts.policy import Policy
from reference_system.contracts.tools import ToolContract
from reference_system.errors import NotAllowedError
from reference_system.gateway.interface import ToolRequest


def check(policy: Policy, request: ToolRequest, tool: ToolContract) -> None:
    """NotAllowedError: the agent has no such tool, or its trip is a shadow, which may look and not touch."""
    tools = policy.tools.get(request.agent, ())
    if tool.name not in tools:
        msg = f"the agent {request.agent!r} may not call {tool.name}; it may call {', '.join(tools) or 'nothing'}"
        raise NotAllowedError(msg, rule="agent")
    if request.shadow and tool.writes:
        msg = f"{tool.name} changes something, and a shadow run may only look"
        raise NotAllowedError(msg, rule="shadow")
