"""How the system talks to a language model, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import ToolContract
from reference_system.resilience.interface import Allowance


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A tool call that the model asks for; its arguments are not believed yet."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FunctionOutput:
    """What came of one, told to the model."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request to the model."""

    role: str
    """router, planner, flights, ..., summariser: for spans, messages and prices."""
    instructions: str
    input: str | Sequence[FunctionOutput]
    """A text of the user's side (the JSON of an ask), or the outputs that continue the chain of ``previous``."""
    previous: str | None = None
    """The id of the reply that this continues."""
    tools: tuple[ToolContract, ...] = ()
    answer: type[Contract] | None = None
    """The contract of the reply's text (structured output); calls of tools may come instead."""
    stream: bool = False
    correlation: str = ""
    trip: str = ""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What the model said, checked."""

    id: str
    text: str
    parsed: Any
    """An instance of ``Question.answer``; None if tools were called instead or no contract was asked for."""
    calls: tuple[FunctionCall, ...]
    input_tokens: int
    output_tokens: int


class Model(Protocol):
    """A language model. Raises the ModelError and LimitError family of errors.py."""

    async def ask(self, question: Question, allowance: Allowance) -> ModelReply:
        """Ask; with retries, deadline, budgets, and a check of everything that comes back."""

    async def close(self) -> None:
        """Let go of connections."""
