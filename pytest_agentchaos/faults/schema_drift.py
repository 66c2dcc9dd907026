"""Schema drift: the callee was released in a new version overnight."""

from __future__ import annotations

import random
import re
from typing import Any, ClassVar, Literal

from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import Path, choose, removed, renamed, replaced, retyped, value_at

_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
_SNAKE_BEND = re.compile(r"_([a-z0-9])")


@register
class SchemaDrift(ResultFault):
    """A new version of the callee renames, drops or retypes one field of its result; the status is still 200.

    The caller's own validation is all that can notice.
    """

    name: ClassVar[str] = "schema_drift"

    change_to: Literal["any", "renamed", "removed", "retyped"] = "any"
    field: str | None = None
    """Which field, with dots and globs (``flights.*.price``); one is drawn unless told."""

    def change(self, value: Any, draw: random.Random) -> Any:
        """Change one field."""
        change_to = draw.choice(("renamed", "removed", "retyped")) if self.change_to == "any" else self.change_to
        path = choose(value, draw, _is_field, self.field)
        if path is None:
            # A result without fields, a plain text say, can only become something else as a whole.
            return retyped(value) if change_to == "retyped" and self.field is None else value
        if change_to == "retyped":
            return replaced(value, path, retyped(value_at(value, path)))
        if change_to == "removed":
            return removed(value, path)
        return renamed(value, path, _new_name(str(path[-1]), value_at(value, path[:-1])))


def _is_field(path: Path, value: Any) -> bool:  # noqa: ARG001 - every value may be in a field
    return bool(path) and isinstance(path[-1], str)


def _new_name(name: str, taken: dict[str, Any]) -> str:
    """The name in the other style of writing, as after a rewrite in another language; else with a version."""
    camel = _SNAKE_BEND.sub(lambda found: found[1].upper(), name)
    snake = _CAMEL_HUMP.sub(lambda found: "_" + found[0].lower(), name)
    new = next((other for other in (camel, snake) if other != name), f"{name}_v2")
    while new in taken:
        new += "_"
    return new
