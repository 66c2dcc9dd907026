"""What is told of a tool call: a span, figures, and messages between the agent and the tool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reference_system.contracts.base import Contract
from reference_system.errors import (
    BudgetExhaustedError,
    CircuitOpenError,
    DeadlineExceededError,
    InvalidArgumentsError,
    InvalidResultError,
    NotAllowedError,
    ToolError,
    ToolRefusedError,
    ToolUnavailableError,
)
from reference_system.gateway.interface import ToolReply, ToolRequest
from reference_system.telemetry.conventions import EXECUTE_TOOL
from reference_system.telemetry.interface import Telemetry

OUTCOMES: dict[type[BaseException], str] = {
    InvalidArgumentsError: "invalid_arguments",
    NotAllowedError: "not_allowed",
    CircuitOpenError: "circuit_open",
    ToolRefusedError: "refused",
    ToolUnavailableError: "unavailable",
    InvalidResultError: "invalid",
    BudgetExhaustedError: "budget_exhausted",
    DeadlineExceededError: "deadline",
}
"""Besides ``ok``; ``cancelled`` if nobody waits any more, ``failed`` for what should not happen."""


class Account:
    """Of one call, while it is made."""

    def __init__(self) -> None:
        self.reply: ToolReply | None = None


@contextmanager
def accounted(telemetry: Telemetry, request: ToolRequest) -> Iterator[Account]:
    """Around a call: whatever becomes of it is told."""
    account = Account()
    began_s = time.monotonic()
    _tell(telemetry, request, "tool_call", {"arguments": request.arguments})
    with telemetry.span(
        EXECUTE_TOOL,
        request.tool,
        gen_ai__tool__type="extension",
        gen_ai__agent__name=request.agent,
        travel__trip=request.trip,
        travel__step=request.step,
    ) as span:
        try:
            yield account
        except BaseException as error:
            outcome = _outcome(error)
            span.fail(error)
            telemetry.tool_called(request.tool, outcome, time.monotonic() - began_s)
            _tell(telemetry, request, "tool_error", _trouble(outcome, error))
            raise
    telemetry.tool_called(request.tool, "ok", time.monotonic() - began_s)
    if account.reply is not None:
        _tell(telemetry, request, "tool_result", _told(account.reply))


def _outcome(error: BaseException) -> str:
    cancelled = isinstance(error, asyncio.CancelledError)
    return "cancelled" if cancelled else OUTCOMES.get(type(error), "failed")


def as_json(contract: Contract) -> dict[str, Any]:
    """Also of one that was believed unchecked, whatever is in it."""
    return contract.model_dump(mode="json", warnings=False)


def _told(reply: ToolReply) -> dict[str, Any]:
    return {"result": as_json(reply.result), "key": reply.key, "adopted": reply.adopted}


def _trouble(outcome: str, error: BaseException) -> dict[str, Any]:
    in_doubt = isinstance(error, ToolError) and error.in_doubt
    return {"outcome": outcome, "message": str(error), "in_doubt": in_doubt}


def _tell(telemetry: Telemetry, request: ToolRequest, kind: str, body: dict[str, Any]) -> None:
    parties = (request.agent, request.tool) if kind == "tool_call" else (request.tool, request.agent)
    body = {"step": request.step, **body}
    telemetry.tell(*parties, kind, body, trip=request.trip, correlation=request.correlation)
