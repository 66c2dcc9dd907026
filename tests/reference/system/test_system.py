"""The factory that chaos tests drive: fresh each time, honest about its effects, able to go on after an end."""

import asyncio

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.contracts.schemas import tool_schema
from reference_system.contracts.tools import TOOLS
from reference_system.hardening import SWITCHES
from reference_system.journeys import find, shipped
from reference_system.system import EDGES, EFFECTS, travel


def drive(system, scene, *args):
    """Run a scene of this system in virtual time."""
    trial = Trial()
    for url, thing in system.upstreams.items():
        trial.upstreams.declare(url, thing)
    return trial.run(scene, *args), trial


def test_each_system_is_fresh():
    """What one trial books is not in the next one."""
    first, second = travel(), travel()
    drive(first, first.take, "weekend-in-lisbon")
    assert first.store.bookings()
    assert second.store.bookings() == ()
    assert first.state_digest() != second.state_digest()


def test_the_same_trial_is_the_same_history():
    """Bit for bit, state included."""
    systems = [travel(), travel()]
    trials = [drive(system, system.take, "tour-of-two-cities")[1] for system in systems]
    assert len({trial.history.digest() for trial in trials}) == 1
    assert len({system.state_digest() for system in systems}) == 1


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.name)
def test_effects_name_what_is_there(effect):
    """Tool, key, amount and undoing exist in the contracts."""
    tool = TOOLS[effect.tool]
    arguments = set(tool_schema(tool, wire=True)["properties"])
    assert set(effect.key) <= arguments
    for field in filter(None, (effect.id, effect.amount)):
        assert field.removeprefix("result.") in tool.result.model_fields
    undoing = [effect.undo] if isinstance(effect.undo, str) else effect.undo
    assert tool.undo in undoing
    named = {name.partition("=")[0] for name in effect.undo_by}
    assert named <= {name for one in undoing for name in tool_schema(TOOLS[one], wire=True)["properties"]}


def test_every_write_that_lasts_is_an_effect():
    """A tool that books and is no effect would escape every check."""
    undoable = {name for name, tool in TOOLS.items() if tool.undo}
    assert {effect.tool for effect in EFFECTS} == undoable


def test_the_edges_are_those_that_are_used():
    """Each callee that a trip meets stands in the list."""
    system = travel()
    _, trial = drive(system, system.take, "weekend-in-lisbon")
    met = {op.site.target.partition(".")[0] for op in trial.history if op.kind == "invoke"}
    assert met == {callee for _, callee in EDGES}


def test_a_service_that_ends_in_the_middle_goes_on():
    """The trip ends once, in a new service, with everything booked once."""
    system = travel()
    request = find("weekend-in-lisbon").turns[0].request(None)

    async def scene():
        async with system.service() as service:
            asking = asyncio.ensure_future(service.ask(request, key="one"))
            while not system.store.bookings():  # noqa: ASYNC110 - the store has no events
                await asyncio.sleep(0)
            asking.cancel()
        assert system.store.trips("running")
        return await system.resume()

    (answer,), _ = drive(system, scene)
    assert answer.reason == "completed"
    assert system.store.trips("running") == ()
    stands = system.store.bookings(state="booked")
    assert sorted(row.booking for row in stands) == sorted(row.booking for row in answer.bookings)
    assert len({(row.kind, row.item) for row in stands}) == len(stands) == 4


def test_what_was_used_is_counted():
    """For the budgets of journeys."""
    system = travel()
    taken, trial = drive(system, system.take, "weekend-in-lisbon")
    kinds = [op.site.kind for op in trial.history if op.kind == "invoke"]
    assert taken.use.model_calls == kinds.count("model")
    assert len(taken.use.tools) == kinds.count("tool")
    assert taken.use.tokens > 1_000


def test_all_is_ready_and_does_business():
    """What an operator asks can be asked in a trial too."""
    system = travel()

    async def scene():
        async with system.service() as service:
            paths = ("/health", "/ready", "/health/business")
            return [(await service.http.get(path)).status_code for path in paths]

    assert drive(system, scene)[0] == [200, 200, 200]


def test_a_dead_store_is_not_ready():
    """And is named, by the service and by the tool servers."""
    system = travel()

    async def scene():
        async with system.service() as service:
            system.store.close()
            return await service.http.get("/ready")

    reply, _ = drive(system, scene)
    assert reply.status_code == 503
    assert {"store", "flights", "itinerary"} <= {
        name for name, status in reply.json()["dependencies"].items() if status != "ready"
    }


def test_switches_are_named():
    """A typo does not silently leave a safeguard on."""
    assert len(SWITCHES) >= 22
    with pytest.raises(ValueError, match="there is no switch 'idempotence'; the switches are idempotency"):
        travel("idempotence")


def test_journeys_are_found_by_name():
    """All of them can be taken by name."""
    assert all(find(journey.name) is journey for journey in shipped())
