"""How the whole system is set up for one trial. Scenario files, explorations and replays name it: ``chaos:trip``."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import agent
from airline import Airline
from pytest_agentchaos import Effect, ScriptedModel
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.doubles import call_tool

os.environ.setdefault("OPENAI_API_KEY", "no key is needed: nothing leaves this process")


def trip(chaos: Chaos, *, safe: bool = True) -> Callable[..., Any]:
    """Everything is made anew; nothing is carried from one trial to the next."""
    airline = Airline()
    chaos.upstream("https://api.openai.com", ScriptedModel([call_tool("book_flight", flight="TP-12"), "Booked."]))
    chaos.upstream(agent.AIRLINE, airline.server)
    chaos.effect(Effect("seat", tool="book_flight", key="flight", id="result.booking"))  # with the id, one is one
    chaos.probe("seat", airline.rows)
    return partial(agent.trip, safe=safe)
