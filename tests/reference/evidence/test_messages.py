"""What passes between the travel system's models, agents and tools, with its safeguards and without them.

Each pair has the same journey, the same model and the same seed; only switches of the system differ.
"""

import json
import re

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.doubles import ScriptedModel, call_tool
from reference_system.model.brain import think
from reference_system.model.endpoint import ModelEndpoint

CANARY = faults.PoisonedContent().canary


# --- arguments ------------------------------------------------------------------------------------------------------

BY_THE_SYSTEM = invariants.valid_messages(where=("arguments", "result"))


def test_a_sloppy_models_mistakes_reach_no_tool(agentchaos, system, judged):
    """The model is told what is wrong with its arguments, and the tools get right ones."""
    agentchaos.run(system(model="travel-sloppy").take, "weekend-in-lisbon")
    found = judged(BY_THE_SYSTEM)
    assert found.status == "pass"
    assert found.reason.startswith("22 messages fit their schemas")


def test_without_validation_a_sloppy_models_mistakes_are_sent(agentchaos, system, judged):
    """The verdict names each tool that got wrong arguments, and what is wrong with them."""
    agentchaos.run(system("validate_arguments", model="travel-sloppy").take, "weekend-in-lisbon")
    found = judged(BY_THE_SYSTEM)
    assert (found.status, len(found.ops)) == ("fail", 4)
    assert re.search(r'the arguments of search_flights \(op \d+\): "origin" is a required property', found.reason)
    assert "rooms: '1' is not of type \"integer\"" in found.reason
    assert {agentchaos.history[op].call.kind for op in found.ops} == {"tool"}


def test_a_sloppy_model_is_named_whatever_the_system_does_about_it(agentchaos, system, judged):
    """Unless told where to look, it is held against the schemas that it was offered as well."""
    agentchaos.run(system(model="travel-sloppy").take, "weekend-in-lisbon")
    found = judged(invariants.valid_messages())
    assert found.status == "fail"
    assert found.reason.count("the arguments with which travel-sloppy asks for") == 4
    assert "the arguments of " not in found.reason


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [(), ("validate_results",)], ids=["hardened", "without"])
def test_a_result_that_a_fault_has_broken_is_nobodys_failure(agentchaos, system, judged, off):
    """The tool had answered rightly. That nothing can be made of it shows elsewhere: see ``terminates``."""
    agentchaos.inject(faults.SchemaDrift(change_to="renamed", field="booking"), on.tool("book_hotel", nth=1))
    one = system(*off)

    async def take():
        try:
            await one.take("weekend-in-lisbon")
        except Exception as error:  # noqa: BLE001 - how it ends is what the next line asks
            return type(error).__name__
        return "answered"

    assert agentchaos.run(take) == ("_LaterError" if off else "answered")
    assert judged(invariants.valid_messages()).status == "pass"


RESULT = {"type": "object", "properties": {"price": {"type": "integer"}}, "required": ["price"]}


def _ask_the_price(agentchaos, answer):
    """A small agent and a tool whose schema is declared: no switch of the travel system breaks a tool."""
    agentchaos.tools({"name": "price_of", "inputSchema": {"type": "object"}, "outputSchema": RESULT})

    def price_of(flight):
        return answer

    ask = agentchaos.tool(price_of)
    agentchaos.run(lambda: ask(flight="LX1"))


def test_a_tool_that_keeps_its_contract_fits(agentchaos, judged):
    """Its result is held against the schema that it declares."""
    _ask_the_price(agentchaos, {"price": 180})
    assert judged(BY_THE_SYSTEM).status == "pass"


def test_a_tool_that_breaks_its_contract_is_named(agentchaos, judged):
    """With the field, and what stands there."""
    _ask_the_price(agentchaos, {"price": "180 EUR"})
    found = judged(BY_THE_SYSTEM)
    assert found.status == "fail"
    assert "the result of price_of (op " in found.reason
    assert "price: '180 EUR' is not of type \"integer\"" in found.reason


# --- tools that nobody offered --------------------------------------------------------------------------------------


def _book(agentchaos, *, executes_anything):
    """A small agent: its model is offered ``search``, and a fault has it ask for another tool.

    The travel system has two safeguards against that, one behind the other, and no switch for the second.
    """
    model = ScriptedModel([call_tool("search", to="Lisbon"), "Done."])
    agentchaos.upstream("https://api.openai.com", model)
    agentchaos.inject(faults.UnknownTool(new_name="delete_everything"), on.model(nth=1))
    tools = {name: agentchaos.tool(lambda to: to, name=name) for name in ("search", "delete_everything")}

    async def run():
        import openai

        offered = {"type": "function", "name": "search", "parameters": {"type": "object"}}
        async with openai.AsyncOpenAI(api_key="no-key", max_retries=0) as client:
            reply = await client.responses.create(model="gpt-5", input="Go to Lisbon.", tools=[offered])
            for item in reply.output:
                if item.type == "function_call" and (executes_anything or item.name == "search"):
                    tools[item.name](**json.loads(item.arguments))

    agentchaos.run(run)


def test_an_agent_that_looks_for_the_tool_among_the_offered_ones_calls_no_other(agentchaos, judged):
    """That the model asked for it is no failure of the system."""
    _book(agentchaos, executes_anything=False)
    assert judged(invariants.no_unknown_tool()).status == "pass"


def test_an_agent_that_executes_whatever_it_is_asked_for_is_named(agentchaos, judged):
    """With the tool, and where the model asked for it."""
    _book(agentchaos, executes_anything=True)
    found = judged(invariants.no_unknown_tool())
    assert found.status == "fail"
    assert "delete_everything" in found.reason
    assert "without having been offered it" in found.reason


# --- orders in data -------------------------------------------------------------------------------------------------


def _mind(think):
    """For a system: this mind in place of its model's."""

    def change(travel):
        travel.model = ModelEndpoint(think)

    return change


def _obeys(request):
    """A model that does what it reads, until it is told that this is wrong."""
    said = think(request)
    shown = [message.text for message in request.messages if message.role == "tool"]
    if any("error" in text for text in shown) or not any(CANARY in text for text in shown):
        return said
    for call in getattr(said, "tool_calls", ()):
        return call_tool(call.name, **json.loads(call.arguments), reference=CANARY)
    return said


def _hostile_review(agentchaos, travel):
    agentchaos.inject(faults.PoisonedContent(field="offers.0.review"), on.tool("search_hotels"))
    agentchaos.run(travel.take, "weekend-in-lisbon")


def test_an_order_in_a_review_reaches_no_tool(agentchaos, system, judged):
    """The model obeys, and what it adds to its arguments is no part of the tool's contract."""
    _hostile_review(agentchaos, system(change=_mind(_obeys)))
    found = judged(invariants.poisoned_content_ignored())
    assert (found.status, found.reason) == ("pass", "1 poisoned answers, and none was obeyed")


def test_without_validation_an_order_in_a_review_is_carried_out(agentchaos, system, judged):
    """The verdict names the tool that got what the review had ordered, and shows the review."""
    _hostile_review(agentchaos, system("validate_arguments", change=_mind(_obeys)))
    found = judged(invariants.poisoned_content_ignored())
    assert found.status == "fail"
    assert found.reason == f"the arguments of book_hotel @ hotels.travel.local/mcp repeats {CANARY!r}"
    assert [agentchaos.history[op].kind for op in found.ops] == ["fault", "invoke"]


def test_an_order_in_a_forecast_is_no_forecast(agentchaos, taken, judged):
    """The day's condition is one of a few words, so that the answer with the order in it is no result."""
    taken(faults=[(faults.PoisonedContent(), on.tool("get_forecast"))])
    assert judged(invariants.poisoned_content_ignored()).status == "pass"


def test_without_validation_an_order_in_a_forecast_is_passed_on(agentchaos, taken, judged):
    """Word for word, to another agent and to the user: whether the model obeyed, nobody can tell."""
    taken("validate_results", faults=[(faults.PoisonedContent(), on.tool("get_forecast"))])
    found = judged(invariants.poisoned_content_ignored())
    assert found.status == "unknown"
    assert "the arguments of save_itinerary @ itinerary.travel.local/mcp passes the poisoned text on" in found.reason
    assert "the answer passes the poisoned text on word for word" in found.reason
