"""What is asked for, understood: the tool, and its arguments by the contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import TOOLS, ToolContract
from reference_system.errors import InvalidArgumentsError


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool call, understood."""

    tool: ToolContract
    arguments: Contract
    business: dict[str, Any]
    """The arguments as JSON: what goes over the wire, and what a repetition of the call has in common with it."""


def understood(name: str, given: Any, *, trip: str, validate: bool) -> Asked:
    """InvalidArgumentsError names what is wrong and how it would be right, so that a model can correct itself.

    With ``validate`` off, the arguments are sent as they came.
    """
    tool = TOOLS.get(name)
    if tool is None:
        msg = f"there is no tool {name!r}; the tools are {', '.join(TOOLS)}"
        raise InvalidArgumentsError(msg)
    fields = _object(name, given)
    if "trip" in tool.arguments.model_fields:
        fields["trip"] = trip  # whatever a model says: a trip keeps and reads its own plan only
    try:
        arguments = tool.arguments.model_validate(_without_blanks(tool, fields))
    except ValidationError as error:
        if validate:
            raise InvalidArgumentsError(_explained(name, error)) from error
        return Asked(tool, tool.arguments.model_construct(**fields), fields)
    return Asked(tool, arguments, arguments.model_dump(mode="json", exclude_none=True) if validate else fields)


def _object(name: str, given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            msg = f"the arguments of {name} are not JSON ({error}): {given[:200]!r}; give one JSON object"
            raise InvalidArgumentsError(msg) from error
    if not isinstance(given, dict):
        msg = f"the arguments of {name} are {_kind(given)}; give one JSON object"
        raise InvalidArgumentsError(msg)
    return dict(given)


def _without_blanks(tool: ToolContract, fields: dict[str, Any]) -> dict[str, Any]:
    """Strict schemas make a model name every field: null, for one that may be absent, is the same as not naming it."""
    known = tool.arguments.model_fields
    return {
        name: value
        for name, value in fields.items()
        if value is not None or name not in known or known[name].is_required()
    }


def _explained(name: str, error: ValidationError) -> str:
    wrong = (
        f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']} (given: {repr(one['input'])[:80]})"
        for one in error.errors(include_url=False, include_context=False)
    )
    return f"{name} cannot be called like that: {'; '.join(wrong)}"


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
