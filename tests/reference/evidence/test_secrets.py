"""Secrets in what the travel system leaves to look at, with its redaction and without it.

Each pair has the same journey and the same model; only the switch differs.
"""

import json
import logging
from dataclasses import replace

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Reply, call_tool
from reference_system.contracts.trip import TripRequest
from reference_system.model.brain import think
from reference_system.model.endpoint import ModelEndpoint

CARD = "4111 1111 1111 1111"
TOLD = TripRequest(
    text=f"A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, under 1200 euros. My card is {CARD}.",
    user="Ada",
)
MAY_KNOW = ("service.travel.local", "travel-*")
"""Whom the user told, and the model, which is asked with the user's own words."""


@pytest.fixture(autouse=True)
def _quiet():
    """Here what is logged is looked at."""


def _ask(travel, request):
    async def visit():
        async with travel.service() as service:
            return (await service.ask(request, key=request.user),)

    return visit


# --- what a user tells ----------------------------------------------------------------------------------------------


def _notes_the_card(request):
    """A model that writes the card into a field that no tool has, until it is told that there is none."""
    said = think(request)
    told = any(message.role == "tool" and "error" in message.text for message in request.messages)
    for call in () if told else getattr(said, "tool_calls", ()):
        if call.name == "book_hotel":
            return call_tool("book_hotel", **json.loads(call.arguments), notes=f"card {CARD}")
    return said


def _notes(travel):
    travel.model = ModelEndpoint(_notes_the_card)


def test_a_card_stays_between_its_user_and_the_model(agentchaos, system):
    """The span of the call that was not made says why, and hides what the model had given."""
    agentchaos.run(_ask(system(change=_notes), TOLD))
    (found,) = agentchaos.check(invariants.no_secret_leaked(CARD, allow=MAY_KNOW))
    assert "looked for 1 secret and the well-known forms in 0 prompts, 11 calls, " in found.reason
    assert "[card]" in agentchaos.history.to_jsonl()


def test_without_redaction_a_card_stands_in_a_span(agentchaos, system):
    """The verdict names the span, and not the card."""
    agentchaos.run(_ask(system("redaction", change=_notes), TOLD))
    found = invariants.no_secret_leaked(CARD, allow=MAY_KNOW).check(agentchaos.history)
    assert (found.status, found.reason) == ("fail", "secret 1 of 1 is in the span execute_tool book_hotel")
    (op,) = found.ops
    assert agentchaos.history[op].kind == "span"


def test_a_card_that_is_told_to_the_model_is_seen_there(agentchaos, system):
    """With all safeguards, the system asks the model with the user's own words; whether it may, a test has to say."""
    agentchaos.run(_ask(system(), TOLD))
    found = invariants.no_secret_leaked(CARD, where=("prompts",)).check(agentchaos.history)
    assert found.status == "fail"
    assert found.reason == "secret 1 of 1 is in the prompt to travel-steady @ model.travel.local"


# --- what the system itself has -------------------------------------------------------------------------------------


class Gossip:
    """Stands before the model, and once repeats the key that it was asked with, as real ones do."""

    def __init__(self, model):
        self._model = model
        self._asked = 0

    def handle(self, request):
        """The reply to a request."""
        self._asked += 1
        if self._asked != 5:
            return self._model.handle(request)
        key = request.header("authorization").removeprefix("Bearer ")
        error = {"message": f"Incorrect API key provided: {key}.", "type": "invalid_request_error", "code": None}
        return Reply(400, (("content-type", "application/json"),), json.dumps({"error": error}).encode())


def _asked_with(key):
    """For a system: this key of its model, which gossips."""

    def change(travel):
        travel.settings = replace(travel.settings, api_key=key)
        travel.model = Gossip(travel.model)

    return change


def test_the_key_of_the_model_is_hidden_where_the_model_repeats_it(agentchaos, system):
    """It is a canary in the settings; it stands in the header of each request, which is no leak."""
    key = agentchaos.canary("the key of the model")
    agentchaos.run(system(change=_asked_with(key)).take, "weekend-in-lisbon")
    (found,) = agentchaos.check(invariants.no_secret_leaked())
    assert "looked for 1 secret " in found.reason


def test_without_redaction_the_key_of_the_model_stands_in_a_span(agentchaos, system):
    """The verdict names the canary by its name and the span, and does not show the key."""
    key = agentchaos.canary("the key of the model")
    agentchaos.run(system("redaction", change=_asked_with(key)).take, "weekend-in-lisbon")
    found = invariants.no_secret_leaked().check(agentchaos.history)
    assert found.status == "fail"
    assert "the canary 'the key of the model' is in the span " in found.reason
    assert key not in found.reason


# --- logs -----------------------------------------------------------------------------------------------------------


def _logs(agentchaos, *, all_of_it):
    """A small agent that logs what it connects with: the travel system logs nothing of the kind, whatever is off."""
    key = agentchaos.canary("database")
    address = f"postgresql://ada:{key}@db.example/trips"

    def run():
        told = address if all_of_it else address.partition("@")[2]
        logging.getLogger("agent.store").warning("connected with %s", told)
        return "done"

    agentchaos.run(run)


def test_a_log_that_names_the_host_only_is_no_leak(agentchaos):
    """The record was looked at."""
    _logs(agentchaos, all_of_it=False)
    (found,) = agentchaos.check(invariants.no_secret_leaked())
    assert "1 log record" in found.reason


def test_a_log_that_holds_the_password_is_named(agentchaos):
    """By the name of its logger."""
    _logs(agentchaos, all_of_it=True)
    found = invariants.no_secret_leaked().check(agentchaos.history)
    assert found.status == "fail"
    assert "the canary 'database' is in a log record of agent.store" in found.reason
