"""What is the same in all questions of one kind, in the words of the Responses API: made once, then shared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reference_system.contracts.base import Contract
from reference_system.contracts.schemas import strict_schema, tool_schema
from reference_system.contracts.tools import ToolContract
from reference_system.model.interface import FunctionOutput, Question

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One kind of question. The dictionaries are shared: read them, never change them."""

    role: str
    instructions: str
    tools: tuple[Json, ...]
    """Function tools with strict schemas."""
    format: Json | None
    """Of the reply's text, if it has a contract."""
    body: Json
    """All of that, as part of a request's body."""


def form_of(question: Question) -> Form:
    """The form of a question; questions of one kind get the very same object."""
    return _form(question.role, question.instructions, question.tools, question.answer)


def input_of(question: Question) -> str | list[Json]:
    """What is asked, as the API wants it."""
    if isinstance(question.input, str):
        return question.input
    return [_output(output) for output in question.input]


@lru_cache(maxsize=256)
def _form(role: str, instructions: str, tools: tuple[ToolContract, ...], answer: type[Contract] | None) -> Form:
    functions = tuple(_function(tool) for tool in tools)
    wanted = None if answer is None else _format(answer)
    body: Json = {"instructions": instructions}
    if functions:
        body["tools"] = list(functions)
    if wanted is not None:
        body["text"] = {"format": wanted}
    return Form(role, instructions, functions, wanted, body)


def _function(tool: ToolContract) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool_schema(tool, wire=False),
        "strict": True,
    }


def _format(answer: type[Contract]) -> Json:
    return {"type": "json_schema", "name": answer.__name__, "schema": strict_schema(answer), "strict": True}


def _output(output: FunctionOutput) -> Json:
    return {"type": "function_call_output", "call_id": output.call_id, "output": output.output}
