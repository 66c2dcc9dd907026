"""A corrupted value: a number or a text in the answer is wrong."""

from __future__ import annotations

import random
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import Path, choose, mangled, replaced, value_at


@register
class CorruptedValue(ResultFault):
    """A unit is confused, a sign lost, a character garbled: the answer has the right shape and one wrong value.

    A price in cents is read as euros; only a check of plausibility can notice.
    """

    name: ClassVar[str] = "corrupted_value"

    how: Literal["any", "factor", "sign", "text"] = "any"
    factor: float = Field(default=100.0)
    """By what a number is multiplied."""
    field: str | None = None
    """Which value, with dots and globs; one is drawn unless told."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.factor == 1:
            msg = "factor=1 changes nothing; give another factor"
            raise ValueError(msg)
        if "factor" in self.model_fields_set and self.how in {"sign", "text"}:
            msg = f"factor={self.factor:g} is not used with how={self.how!r}; leave one of them out"
            raise ValueError(msg)
        return self

    def change(self, value: Any, draw: random.Random) -> Any:
        """Change one value."""
        path = choose(value, draw, self._accepts, self.field)
        if path is None:
            return value
        return replaced(value, path, self._wrong(value_at(value, path), draw))

    def _accepts(self, path: Path, value: Any) -> bool:  # noqa: ARG002 - a value may stand anywhere
        if isinstance(value, str):
            return bool(value) and self.how in {"any", "text"}
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and value != 0 and self.how != "text"

    def _wrong(self, value: Any, draw: random.Random) -> Any:
        if isinstance(value, str):
            return mangled(value, draw)
        how = (
            draw.choice(("factor", "sign")) if self.how == "any" and "factor" not in self.model_fields_set else self.how
        )
        if how == "sign":
            return -value
        product = value * self.factor
        # A whole number stays one where it can: the type of the field is not what is wrong here.
        return int(product) if isinstance(value, int) and product == int(product) else product
