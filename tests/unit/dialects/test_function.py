"""Plain functions: a call is its arguments as they were, a reply is its value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pytest_agentchaos.dialects.base import Dialect, Problem
from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Reply, Request

DIALECT: Dialect = Function()


class Seat(NamedTuple):
    """A tuple with names."""

    row: int
    letter: str


class Trip(BaseModel):
    """A model of the user's."""

    city: str
    day: date


class Broken:
    """An object that cannot be dumped."""

    def model_dump(self) -> Any:
        """Fail."""
        raise RuntimeError


class Colour(Enum):
    """Neither text nor number."""

    RED = 1


@dataclass
class Guest:
    """A mutable object."""

    name: str


def called(arguments: Any, name: str = "book_flight") -> Call:
    """The call of a function."""
    call = DIALECT.read_call(Request("CALL", f"python:{name}", arguments=arguments))
    assert call is not None
    return call


def test_a_call_is_the_name_and_the_arguments() -> None:
    """A wrapped function is a tool unless it is said to be an agent."""
    call = called({"city": "Lisbon", "seats": 2})
    assert (call.kind, call.target, call.name, call.wire, call.dialect) == (
        "tool", "python", "book_flight", "function", "function",
    )  # fmt: skip
    assert call.arguments == {"city": "Lisbon", "seats": 2}
    assert called(None).arguments == {}
    agent = Function("agent").read_call(Request("CALL", "python:plan"))
    assert agent is not None
    assert (agent.kind, agent.name) == ("agent", "plan")


@pytest.mark.parametrize(
    "request_", [Request("POST", "python:x"), Request("CALL", "http://x"), Request("MCP", "mcp:x"), Request("", "")]
)
def test_other_requests_are_not_its_business(request_: Request) -> None:
    """It only reads what a function wire made."""
    assert DIALECT.read_call(request_) is None


def test_arguments_are_json_whatever_they_were() -> None:
    """So that they can be saved, compared and matched."""
    call = called(
        {
            "seat": Seat(4, "A"),
            "trip": Trip(city="Faro", day=date(2026, 1, 2)),
            "tags": {"b", "a"},
            "pair": (1, None, True),
            "price": Decimal("9.50"),
            "raw": b"x\xff",
            "nested": {1: [Guest("ana")]},
            "broken": Broken(),
            "colour": Colour.RED,
        }
    )
    assert call.arguments == {
        "seat": {"row": 4, "letter": "A"},
        "trip": {"city": "Faro", "day": "2026-01-02"},
        "tags": ["a", "b"],
        "pair": [1, None, True],
        "price": "9.50",
        "raw": "x�",
        "nested": {"1": [{"name": "ana"}]},
        "broken": "<Broken: RuntimeError>",
        "colour": "Colour.RED",
    }


def test_what_the_callee_does_to_its_arguments_does_not_change_the_evidence() -> None:
    """A call is what was asked, not what became of it."""
    basket = {"items": [1]}
    call = called({"basket": basket})
    before = call.digest
    basket["items"].append(2)
    assert call.arguments == {"basket": {"items": [1]}}
    assert call.digest == before


def test_an_argument_that_contains_itself_has_an_end() -> None:
    """Evidence is finite."""
    loop: list[Any] = []
    loop.append(loop)
    assert called({"loop": loop}).digest


def test_a_result_is_the_value_as_it_was_returned() -> None:
    """The caller may change what it got; the evidence stays, and the reply keeps the very object."""
    basket = {"items": [1]}
    reply = Reply(200, value=basket)
    result = DIALECT.read_result(reply)
    basket["items"].append(2)
    assert result == {"items": [1]}
    assert reply.value is basket
    assert DIALECT.write_result(reply, None) == Reply(200, value=None)
    assert DIALECT.read_usage(reply) is None


def test_a_problem_is_a_status_and_a_message() -> None:
    """The wire raises it as an error of that status."""
    request = Request("CALL", "python:x")
    assert DIALECT.problem(request, Problem("overloaded")) == Reply(503, value="The service is overloaded")
    assert DIALECT.problem(request, Problem("timeout", 599, "late")) == Reply(599, value="late")


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.recursive(
            st.none() | st.floats() | st.binary(max_size=3) | st.complex_numbers() | st.dates() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.integers() | st.none() | st.tuples(st.integers()), inner, max_size=3)
            ),
        ),
    )
)
def test_any_arguments_have_a_digest(arguments: Any) -> None:
    """Whatever an agent passes around."""
    assert called(arguments).digest == called(arguments).digest
