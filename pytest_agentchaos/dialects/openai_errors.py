"""How an OpenAI server reports a problem: the body, status and headers from which the SDKs make their exceptions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pytest_agentchaos.dialects.base import Problem, ProblemKind
from pytest_agentchaos.dialects.openai_http import json_reply, model_name, read_object, whole_reply
from pytest_agentchaos.evidence.message import Headers, Reply, Request


@dataclass(frozen=True, slots=True)
class Form:
    """What one kind of problem looks like."""

    status: int
    message: str
    type: str | None = "invalid_request_error"
    param: str | None = None
    code: str | None = None


FORMS: dict[ProblemKind, Form] = {
    "rate_limited": Form(
        429,
        "Rate limit reached for {model} in organization org-agentchaos on requests per min (RPM): Limit 500, "
        "Used 500, Requested 1. Please try again in {wait}. "
        "Visit https://platform.openai.com/account/rate-limits to learn more.",
        "requests",
        None,
        "rate_limit_exceeded",
    ),
    "quota": Form(
        429,
        "You exceeded your current quota, please check your plan and billing details. "
        "For more information on this error, read the docs: "
        "https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "insufficient_quota",
        None,
        "insufficient_quota",
    ),
    "overloaded": Form(503, "The engine is currently overloaded, please try again later", "server_error"),
    "unavailable": Form(
        503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination", None
    ),
    "server_error": Form(
        500, "The server had an error while processing your request. Sorry about that!", "server_error"
    ),
    "timeout": Form(408, "Timed out reading request body. Try again, or use a smaller request size.", "server_error"),
    "unauthorized": Form(
        401,
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    ),
    "forbidden": Form(
        403,
        "You have insufficient permissions for this operation. Missing scopes: model.request. "
        "Check that you have the correct role in your organization, and if you're using a restricted API key, "
        "that it has the necessary scopes.",
        code="missing_scope",
    ),
    "not_found": Form(
        404, "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
    ),
    "bad_request": Form(400, "Invalid value: the request could not be processed.", code="invalid_value"),
    "conflict": Form(
        409,
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        code="conversation_locked",
    ),
    "content_filter": Form(
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry. To learn more about our content filtering policies "
        "please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
        None,
        "prompt",
        "content_filter",
    ),
}

_DEFAULT_WAIT_S = 0.12


def problem_reply(request: Request, problem: Problem) -> Reply:
    """The reply with which api.openai.com (or Azure, for its content filter) reports this problem."""
    form = FORMS[problem.kind]
    status = problem.status or form.status
    message = problem.message if problem.message is not None else _message(form, request, problem)
    headers = (*_limit_headers(problem), *_retry_headers(problem))
    if problem.kind == "unavailable":  # what answers then is a gateway, which knows nothing of JSON
        return whole_reply(request, message.encode("utf-8", "replace"), "text/plain", status=status, headers=headers)
    error = error_object(message, form.type, form.param, form.code)
    if problem.kind == "content_filter":
        error |= _filtered(status)
    return json_reply(request, {"error": error}, status=status, headers=headers)


def error_object(message: str, kind: str | None, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The object that describes an error."""
    return {"message": message, "type": kind, "param": param, "code": code}


def error_reply(
    request: Request, status: int, message: str, *, param: str | None = None, code: str | None = None
) -> Reply:
    """The reply to a request that is wrong."""
    return json_reply(request, {"error": error_object(message, "invalid_request_error", param, code)}, status=status)


def _message(form: Form, request: Request, problem: Problem) -> str:
    wait_s = _DEFAULT_WAIT_S if problem.retry_after_s is None else problem.retry_after_s
    model = model_name(read_object(request.body) or {})
    return form.message.replace("{wait}", _wait(wait_s)).replace("{model}", model)


def _wait(seconds: float) -> str:
    return f"{seconds:g}s" if seconds >= 1 else f"{round(seconds * 1000)}ms"


def _limit_headers(problem: Problem) -> Headers:
    if problem.kind != "rate_limited":
        return ()
    reset = _wait(_DEFAULT_WAIT_S if problem.retry_after_s is None else problem.retry_after_s)
    return (
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "500000"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens", "499000"),
        ("x-ratelimit-reset-requests", reset),
        ("x-ratelimit-reset-tokens", "120ms"),
    )


def _retry_headers(problem: Problem) -> Headers:
    if problem.retry_after_s is None:
        return ()
    return (
        ("retry-after", str(math.ceil(problem.retry_after_s))),
        ("retry-after-ms", str(round(problem.retry_after_s * 1000))),
    )


def _filtered(status: int) -> dict[str, Any]:
    clean = {"filtered": False, "severity": "safe"}
    result = {
        "hate": clean,
        "jailbreak": {"filtered": True, "detected": True},
        "self_harm": clean,
        "sexual": clean,
        "violence": clean,
    }
    return {"status": status, "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}}
