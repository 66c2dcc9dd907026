"""The specialists' mind: which tool calls come next in a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_system.contracts.asks import AskStep
from reference_system.contracts.plan import Dine, Fly, Forecast, Keep, Stay, Ticket, Undo
from reference_system.model.brain.ask import Exchange
from reference_system.model.brain.reply import Reply
from reference_system.model.brain.specialists.flights import fly, ticket
from reference_system.model.brain.specialists.hotels import stay
from reference_system.model.brain.specialists.itinerary import keep
from reference_system.model.brain.specialists.progress import Progress, impossible
from reference_system.model.brain.specialists.restaurants import dine
from reference_system.model.brain.specialists.undoing import undo
from reference_system.model.brain.specialists.weather import forecast


def next_move(ask: AskStep, exchanges: tuple[Exchange, ...]) -> Reply:
    """The next calls, or a report."""
    try:
        reply = _SKILLS[type(ask.task)](ask.task, Progress(ask, exchanges))
    except (KeyError, TypeError, ValueError) as error:
        # A tool's answer that the gateway let through although it has not the form that it promised.
        return impossible("other", f"I cannot make sense of what the tools answered ({type(error).__name__}: {error}).")
    if ask.complaints and not reply.calls:
        return impossible("other", f"I do not see what is left to do: {ask.complaints[-1]}")
    return reply


_SKILLS: dict[type[Any], Callable[[Any, Progress], Reply]] = {
    Fly: fly,
    Ticket: ticket,
    Stay: stay,
    Forecast: forecast,
    Dine: dine,
    Keep: keep,
    Undo: undo,
}
