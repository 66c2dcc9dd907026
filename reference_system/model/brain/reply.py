"""What the model answers, before it is put into the words of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pytest_agentchaos.doubles import Entry, call_tool, call_tools


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that is to be called."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """A text, or calls of tools with a word beside them."""

    text: str = ""
    calls: tuple[Call, ...] = ()

    @property
    def entry(self) -> Entry:
        """In the form that the endpoint takes."""
        if not self.calls:
            return self.text
        return call_tools(*(call_tool(call.tool, **call.arguments) for call in self.calls), text=self.text)


def structured(answer: BaseModel) -> Reply:
    """The JSON of a contract."""
    return Reply(answer.model_dump_json())
