"""What every contract is: frozen, closed, strict about types. One definition gives the Python type and the schema."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Contract(BaseModel):
    """A message that crosses a boundary. What is written under a field is its description in the schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


def _iso_day(value: object) -> object:
    """Only ``2027-03-01`` is a day; numbers and times of day are not."""
    if isinstance(value, str) and len(value) == len("2027-03-01"):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    msg = f"{value!r} is not a day; write it like 2027-03-01"
    raise ValueError(msg)


def _as_tuple(value: object) -> object:
    """JSON knows lists only."""
    return tuple(value) if isinstance(value, list) else value


Day = Annotated[date, BeforeValidator(_iso_day), Field(json_schema_extra={"type": "string", "format": "date"})]
"""A calendar day, in ISO form on the wire."""

AsTuple = BeforeValidator(_as_tuple)
"""For fields of type tuple: a list from JSON is welcome."""

Minor = Annotated[int, Field(ge=0, le=100_000_000)]
"""An amount of money in minor units (cents)."""

Name = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(max_length=20_000)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$")]
