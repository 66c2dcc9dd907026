"""What the SDK's errors mean: try again, begin again, or give up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx2
import openai

from reference_system.errors import ChainLostError, ModelError, ModelRefusedError, ModelUnavailableError
from reference_system.resilience.retry import TransientError

_PASSING = frozenset({408, 409, 429})
_SERVER_FAULT = 500
_UNHEALTHY = frozenset({408})
_KEY_REFUSED = frozenset({401, 403})
_EMPTY_PURSE = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes of a 429 that no waiting cures."""


def failure(error: openai.OpenAIError | httpx2.HTTPError) -> TransientError | ModelError:
    """What is to be raised in its place."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
        return TransientError("the endpoint sent nothing for too long")
    if isinstance(error, (openai.APIConnectionError, httpx2.HTTPError)):
        cause = error.__cause__ or error
        return TransientError(f"the connection failed ({type(cause).__name__})")
    return ModelUnavailableError(f"the SDK cannot ask ({type(error).__name__}: {error})")


def _of_status(error: openai.APIStatusError) -> TransientError | ModelError:
    status, code = error.status_code, error.code or ""
    if code == "previous_response_not_found" or (status in (400, 404) and error.param == "previous_response_id"):
        return ChainLostError(f"the endpoint does not know the reply that this continues ({status})")
    if code == "content_filter":
        return ModelRefusedError("a content filter stopped the question")
    if status in _KEY_REFUSED:
        # What the server says is not repeated: some quote the key.
        return ModelUnavailableError(f"the endpoint refuses the key ({status}); check OPENAI_API_KEY")
    said = f"the endpoint answered {status}{f' ({code})' if code else ''}"
    rest_s = retry_after_s(error.response.headers)
    if _asks_again(error):
        unhealthy = status >= _SERVER_FAULT or status in _UNHEALTHY
        return TransientError(said, retry_after_s=rest_s, unhealthy=unhealthy)
    return ModelUnavailableError(f"{said}: {error.message}", retry_after_s=rest_s)


def _asks_again(error: openai.APIStatusError) -> bool:
    told = error.response.headers.get("x-should-retry")
    if told in ("true", "false"):
        return told == "true"
    return may_pass(error.status_code) and error.code not in _EMPTY_PURSE


def may_pass(status: int) -> bool:
    """Whether the same request may be answered better later."""
    return status in _PASSING or status >= _SERVER_FAULT


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long the server wants to be left alone, if it says so in one of the three ways."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit_s)
        except (KeyError, ValueError):
            continue
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, ValueError):
        return None
