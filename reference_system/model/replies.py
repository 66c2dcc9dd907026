"""How the embedded endpoint answers: JSON, and errors in the API's own form."""

from __future__ import annotations

import json
from typing import Any

from pytest_agentchaos.doubles import Reply


def json_reply(value: Any, *, status: int = 200) -> Reply:
    """A value."""
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))))
    return Reply(status, headers, body)


def error_reply(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Reply:
    """An error, as clients of the API expect it."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 - where the server's own begin
    return json_reply({"error": {"message": message, "type": kind, "param": param, "code": code}}, status=status)
