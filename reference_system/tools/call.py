"""One tool call, checked: the business arguments, and what a write carries besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, ValidationError

from reference_system.contracts.base import Contract
from reference_system.contracts.schemas import KEY_LENGTH_AT_MOST
from reference_system.contracts.tools import ToolContract
from reference_system.tools.refusals import bad_request, invalid

A_co = TypeVar("A_co", bound=Contract, covariant=True)


class Envelope(Contract):
    """What the caller of a write tells besides its business arguments."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_AT_MOST)] | None = None
    trip: Annotated[str, Field(min_length=1, max_length=120)] | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[A_co]):
    """One call that is worth being looked at."""

    tool: ToolContract
    arguments: A_co
    key: str | None = None
    """Of a write; None where keys are not kept."""
    trip: str = ""


def read(tool: ToolContract, wire: Mapping[str, Any], *, keys_kept: bool) -> Call[Any]:
    """The call with these arguments, which are flat on the wire; refused if they break the tool's schema.

    Where keys are kept a write needs one; where they are not it may have one, and nobody looks at it.
    """
    business, around = dict(wire), {}
    if tool.writes:
        around = {name: business.pop(name) for name in _envelope(tool) if name in business}
    try:
        envelope = Envelope.model_validate(around)
        arguments = tool.arguments.model_validate(business)
    except ValidationError as error:
        raise invalid(tool, error) from None
    if keys_kept and tool.writes and envelope.idempotency_key is None:
        raise bad_request(
            at="idempotency_key", problem="missing; give one that stays the same when this call is repeated"
        )
    key = envelope.idempotency_key if keys_kept else None
    return Call(tool, arguments, key, envelope.trip or "")


def _envelope(tool: ToolContract) -> tuple[str, ...]:
    """The names that are not business of this tool: an itinerary's trip is."""
    return tuple(name for name in Envelope.model_fields if name not in tool.arguments.model_fields)
