"""A partial answer: a part of the data is missing, and nothing says so."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from pydantic import Field

from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import Path, choose, replaced, shortened, value_at


@register
class Partial(ResultFault):
    """One shard or page did not answer in time: a list lost its tail, or an object its last keys, with status 200.

    The caller sees a valid result that is not the whole truth.
    """

    name: ClassVar[str] = "partial"

    fraction: float = Field(default=0.5, ge=0, lt=1)
    """How much is left, rounded down."""
    field: str | None = None
    """Which list, object or text, with dots and globs; unless told, a list is drawn, or else the whole is cut."""

    def change(self, value: Any, draw: random.Random) -> Any:
        """Cut one list, object or text."""
        path = choose(value, draw, _is_list if self.field is None else _is_long, self.field)
        if path is None and self.field is None and _is_long((), value):
            path = ()
        if path is None:
            return value
        return replaced(value, path, shortened(value_at(value, path), self.fraction))


def _is_list(path: Path, value: Any) -> bool:  # noqa: ARG001 - a list may stand anywhere
    return isinstance(value, (list, tuple)) and bool(value)


def _is_long(path: Path, value: Any) -> bool:  # noqa: ARG001 - such a value may stand anywhere
    return isinstance(value, (list, tuple, dict, str)) and bool(value)
