"""The shape of a reply of the Responses API. The SDK takes whatever comes; here it has this shape or is no reply."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reference_system.resilience.retry import TransientError

Json = dict[str, Any]
_COMPLAINTS_SHOWN = 3


class InvalidReplyError(TransientError):
    """A reply of which nothing can be made. The same question may bring a better one."""

    def __init__(self, message: str, *, unhealthy: bool = False) -> None:
        super().__init__(message, unhealthy=unhealthy)


class _Shape(BaseModel):
    """Strict in what is read, indifferent to what is added."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class OutputText(_Shape):
    """Words."""

    type: Literal["output_text"]
    text: str


class RefusalPart(_Shape):
    """The model will not."""

    type: Literal["refusal"]
    refusal: str


class MessageItem(_Shape):
    """What the model says."""

    type: Literal["message"]
    role: Literal["assistant"]
    status: str | None = None
    content: list[Annotated[OutputText | RefusalPart, Field(discriminator="type")]]


class CallItem(_Shape):
    """A tool that the model calls."""

    type: Literal["function_call"]
    status: str | None = None
    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    arguments: str


class ReasoningItem(_Shape):
    """What the model thinks; not for us."""

    type: Literal["reasoning"]


class Reply(_Shape):
    """One response."""

    id: Annotated[str, Field(min_length=1)]
    status: Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
    output: list[Annotated[MessageItem | CallItem | ReasoningItem, Field(discriminator="type")]]
    model: str = ""
    error: Any = None
    incomplete_details: Any = None
    usage: Any = None


def read(raw: bytes | Json) -> Reply:
    """The reply in a body, or in the last event of a stream. InvalidReplyError says what is wrong with it."""
    try:
        return Reply.model_validate_json(raw) if isinstance(raw, bytes) else Reply.model_validate(raw)
    except ValidationError as error:
        no_json = error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"
        msg = "the body is no JSON" if no_json else f"the reply has the wrong shape: {complaints(error)}"
        raise InvalidReplyError(msg, unhealthy=no_json) from None


def complaints(error: ValidationError) -> str:
    """What is wrong and where, in one line, without the values."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, problem['loc'])) or 'it'}: {problem['msg']}" for problem in problems]
    more = len(told) - _COMPLAINTS_SHOWN
    return "; ".join(told[:_COMPLAINTS_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def usage(reply: Reply) -> tuple[int, int] | None:
    """Tokens in and out, if it says them."""
    counts = reply.usage if isinstance(reply.usage, dict) else {}
    match counts:
        case {"input_tokens": int(spent_in), "output_tokens": int(spent_out)} if min(spent_in, spent_out) >= 0:
            return spent_in, spent_out
    return None
