"""A small system of two tools, and what can be wrong with it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_agentchaos import Effect, faults
from pytest_agentchaos.errors import ToolCallError

MENU = [faults.DropRequest(), faults.DropResponse(), faults.Duplicate(), faults.Latency(), faults.ToolFailure()]


def shop(chaos, *, known=True, again=2, attempts=3, told=True):
    """Looks, then books.

    ``known``: a request that comes again is known; ``again``: retries of all calls together; ``told``: in the digest.
    """
    booked: dict[str, int] = {}
    state = SimpleNamespace(again=again, made=0)

    def book(seat):
        if not known or seat not in booked:
            state.made += 1
            booked[seat] = state.made
        return {"booking": booked[seat]}

    def look(city):
        return {"city": city, "seat": "1A"}

    tools = {"look": chaos.tool(look, timeout_s=5), "book": chaos.tool(book, timeout_s=5)}
    chaos.effect(Effect("seat", tool="book", key="seat", id="result.booking"))

    def call(name, argument):
        for _ in range(attempts):
            try:
                return tools[name](argument)
            except (TimeoutError, ConnectionError, ToolCallError):
                if not state.again:
                    break
                state.again -= 1
        raise RuntimeError(name)

    class Shop:
        def take(self):
            seat = call("look", "Lisbon")["seat"]
            return f"booked {call('book', seat)['booking']}"

        def state_digest(self):
            return f"{state.made} {state.again if told else 0}"

    return Shop()


@pytest.fixture
def menu():
    """Five faults, all of which can strike a function."""
    return MENU


@pytest.fixture
def careful():
    """Holds under every single fault."""
    return shop


@pytest.fixture
def careless():
    """Books twice if an answer is lost."""

    def careless_shop(chaos):
        return shop(chaos, known=False)

    return careless_shop


@pytest.fixture
def stingy():
    """Has one retry for everything: what takes two of them makes it give up."""

    def stingy_shop(chaos):
        return shop(chaos, again=1)

    return stingy_shop


@pytest.fixture
def forgetful():
    """The same, whose digest leaves the retries out."""

    def forgetful_shop(chaos):
        return shop(chaos, again=1, told=False)

    return forgetful_shop
