"""What a fault is: frozen data, a family, the calls it can act on, and a program of steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pytest_agentchaos.dialects.base import Dialect
from pytest_agentchaos.errors import UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.call import KINDS, Call, Kind
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.faults.steps import Program

__tracebackhide__ = explains_itself

Family = Literal["delivery", "answer", "stream", "model", "process"]
ANY_KIND: frozenset[Kind] = frozenset(KINDS)


def _anybody(_of: str) -> None:
    """Nothing is known that would keep a process from being stopped."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The call that a fault is about to act on."""

    call: Call
    request: Request
    dialect: Dialect
    seeded: Callable[[], random.Random]
    """Makes the fault's own randomness, decided by seed and site; few faults need any."""
    elapsed_s: float = 0.0
    """Since the trial began."""
    matches: int = 1
    """How many calls its selector has matched so far, this one included."""
    unstoppable: Callable[[str], str | None] = _anybody
    """Why the process of the ``caller``, or of the ``callee``, cannot be stopped; None when it can."""

    @property
    def draw(self) -> random.Random:
        """The fault's own randomness, from its beginning each time that it is asked for."""
        return self.seeded()


class Fault(BaseModel):
    """Base of every fault. A subclass names itself, says where it applies and compiles to steps."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str] = ""
    family: ClassVar[Family]
    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    """Kinds of call that it can act on at all."""

    def __init__(self, **parameters: Any) -> None:
        try:
            super().__init__(**parameters)
        except ValidationError as error:
            raise UsageError(_explain(type(self), error)) from None

    @classmethod
    def needs(cls) -> tuple[str, ...]:
        """The parameters without which it cannot be made, since nobody can guess them."""
        return tuple(name for name, field in cls.model_fields.items() if field.is_required())

    def inapplicable(self, situation: Situation) -> str | None:
        """Why it cannot act on this very call, in half a sentence; None when it can."""
        if situation.call.kind in self.kinds:
            return None
        return f"it acts on {' and '.join(sorted(self.kinds))} calls"

    def compile(self, situation: Situation) -> Program:
        """The steps that happen to this call."""
        raise NotImplementedError

    def __str__(self) -> str:
        given = ", ".join(
            f"{key}={getattr(self, key)!r}" for key in type(self).model_fields if key in self.model_fields_set
        )
        return f"faults.{type(self).__name__}({given})"


def _explain(fault: type[Fault], error: ValidationError) -> str:
    place = f"faults.{fault.__name__}"
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        where = ".".join(map(str, problem["loc"])) or "parameters"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{place} has no parameter {where!r}; {nearest(where, fault.model_fields)}")
        elif problem["type"] == "missing":
            lines.append(f"{place} needs the parameter {where!r}")
        else:
            lines.append(f"{place}({where}={problem['input']!r}): {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)
