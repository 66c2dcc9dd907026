"""The travel model's mind: a function of the request. It has no clock, no randomness and no memory."""

from __future__ import annotations

from pytest_agentchaos.doubles import Entry, ModelRequest
from reference_system.contracts.asks import AskCompression, AskPlan, AskRoute, AskStep, AskSummary
from reference_system.model.brain.ask import Conversation, understand
from reference_system.model.brain.reply import Reply, structured
from reference_system.model.brain.roles.compress import compress
from reference_system.model.brain.roles.plan import plan
from reference_system.model.brain.roles.route import route
from reference_system.model.brain.roles.step import next_move
from reference_system.model.brain.roles.summary import summarise
from reference_system.model.brain.temperament import answer_as, temperament_of

NOT_AN_ASK = "I plan trips. Give me one of the asks that my instructions explain, as JSON."


def think(request: ModelRequest) -> Entry:
    """What the model says to a request; the script of a :class:`pytest_agentchaos.doubles.ScriptedModel`."""
    return answer_as(temperament_of(request.model), answer, understand(request)).entry


def answer(conversation: Conversation) -> Reply:
    """The right answer."""
    ask = conversation.ask
    if isinstance(ask, AskRoute):
        return structured(route(ask))
    if isinstance(ask, AskPlan):
        return structured(plan(ask))
    if isinstance(ask, AskStep):
        return next_move(ask, conversation.exchanges)
    if isinstance(ask, AskSummary):
        return Reply(summarise(ask))
    if isinstance(ask, AskCompression):
        return structured(compress(ask))
    return Reply(NOT_AN_ASK)
