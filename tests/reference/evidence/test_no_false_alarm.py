"""No false alarm: of the system with all its safeguards, no invariant says anything bad.

Every journey in a world without faults, and every fault of the plugin once: at the first write to a tool, and at the
first call of the model that it can act on. Each fault meets three journeys, and each journey meets several faults.
"""

from dataclasses import replace

import pytest

from pytest_agentchaos import AgentChaos, invariants, on
from pytest_agentchaos.faults.registry import fault_class, registered
from pytest_agentchaos.invariants.base import judge
from reference_system.contracts.manifest import load
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import Reason
from reference_system.journeys import find, shipped
from reference_system.system import QUIET, travel

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
MANIFEST = load("v1")
REASON = "answers.*.reason"
UNDONE = ["budget_exhausted", "deadline", "failed", "needs_input", "refused"]
"""Reasons that promise that nothing stays booked."""
LEAVES_HOLDS = {Reason.ESCALATED, Reason.FAILED, Reason.DEADLINE, Reason.BUDGET_EXHAUSTED}
"""A person may still want what is held; and where a tool is down for good, holds end by themselves."""
ALL_BUT_HOLDS = "*_[br]*"

JOURNEYS = sorted(journey.name for journey in shipped())
WITHOUT_WRITES = {
    "contradictory-days", "contradictory-nights", "injection-alone", "missing-everything", "out-of-calendar",
    "out-of-scope", "sold-out-flight", "too-many-travellers", "unknown-city", "weather-question",
}  # fmt: skip
WITH_WRITES = [name for name in JOURNEYS if name not in WITHOUT_WRITES]
WITH_TOOLS = [name for name in JOURNEYS if name not in WITHOUT_WRITES - {"sold-out-flight", "weather-question"}]

PARAMETERS = {
    "partition": {"groups": {"service": ("main", *DOMAINS), "rest": ("*.travel.local*",)}},
    "corrupted_value": {"field": "booking"},
    "wrong_entity": {"field": "booking"},
}
CANNOT_ACT = {
    ("stale", "tool"): "the first write has no answer before it that could come again",
    ("stream_cut", "tool"): "a tool's answer is no stream",
    ("stream_drip", "tool"): "the same",
    ("stream_stall", "tool"): "the same",
    ("empty", "model"): "no list in a model's reply could be empty",
}

UNDECIDED = {
    # Only rate_limited does; and the flights of a trip are held in one instant, before the first of them is answered.
    "respects_retry_after": "no reply said when to come back|perhaps by a call that was decided before",
    "backs_off": "no call was tried again after trouble|no call was tried a third time",  # one failure is no row
    "valid_messages": "no schema is known for POST /trips",  # a trip that ended before any tool came into it
    "no_unknown_tool": "nothing tells which tools there are",  # the same
}
"""Where nothing was there to judge, and a pass would prove nothing: invariant -> what it says then."""


def promised(journey, reason, where):
    """What the system promises for each trip, whatever happens to it."""
    turns = len(find(journey).turns)
    trip, policy = MANIFEST.workflow, MANIFEST.policy
    yield invariants.no_duplicate_effect()
    yield invariants.no_duplicate_effect(ever=True)
    yield invariants.no_phantom()
    yield invariants.no_orphan(ALL_BUT_HOLDS if reason in LEAVES_HOLDS else "*")
    yield invariants.world_agrees()
    if turns == 1:  # a change that fails leaves the trip as it was
        effects = ALL_BUT_HOLDS if reason in LEAVES_HOLDS else "*"
        yield invariants.undone_if_failed(effects, failed_when={where: UNDONE})
    yield invariants.terminates(where, among=list(Reason))
    yield invariants.no_progress_loop()
    yield invariants.no_deadlock()
    yield invariants.at_most("model_calls", trip.model_calls_at_most * turns)
    yield invariants.at_most("tool_calls", trip.tool_calls_at_most * turns, of="[!c]*")
    yield invariants.at_most("tokens", trip.tokens_at_most * turns)
    yield invariants.at_most("cost", 0.3 * turns)
    yield invariants.deadline_respected(trip.deadline_s * turns)
    yield invariants.valid_messages()
    yield invariants.no_unknown_tool()
    yield invariants.no_secret_leaked()
    yield invariants.complete_trace(roots=turns)
    yield invariants.correlated(by="travel.correlation", ids=turns)
    yield invariants.respects_retry_after()
    yield invariants.backs_off()
    spend = {"limit": policy.spend_limit_minor * turns, "effect": "*_booking"}
    yield invariants.obeys_policy(allow={agent: list(tools) for agent, tools in policy.tools.items()}, spend=spend)


def alarms(journey, *faults):
    """What the invariants say that should not be said, and whether all faults acted."""
    chaos = AgentChaos()
    system = travel(settings=replace(QUIET, api_key=chaos.canary("the key of the model")))
    system.introduce(chaos)
    for fault, where in faults:
        chaos.inject(fault, where)
    taken, where = chaos.run(system.take, journey), REASON
    answers = () if taken is None else taken.answers
    if chaos.outcome.ending == "crashed":
        answers, where = chaos.run(system.resume), REASON.removeprefix("answers.")
    system.close()
    verdicts = [(one, judge(one, chaos.history)) for one in promised(journey, answers[-1].reason, where)]
    chaos.trial.close()
    acted = len(chaos.measures().faults) == len(faults)
    return [f"{journey}: {verdict}" for one, verdict in verdicts if not is_expected(one, verdict)], acted


def is_expected(invariant, verdict):
    """A pass; or nobody knows, where that was to be expected."""
    told = UNDECIDED.get(type(invariant).__name__)
    undecided = told is not None and any(one in verdict.reason for one in told.split("|"))
    return verdict.passed or (verdict.status == "unknown" and undecided)


def some(journeys, number):
    """Three of them; the next number gets the next three."""
    return [journeys[(3 * number + one) % len(journeys)] for one in range(3)]


def broken():
    """Every fault at both places, and the journeys in which it acts there."""
    for kind, journeys in (("tool", WITH_WRITES), ("model", WITH_TOOLS)):
        names = [name for name, known in sorted(registered().items()) if kind in known.kinds]
        names = [name for name in names if (name, kind) not in CANNOT_ACT]
        for number, name in enumerate(names):
            yield pytest.param(name, kind, some(journeys, number), id=f"{name}-{kind}")


@pytest.mark.parametrize("journey", JOURNEYS)
def test_in_a_world_without_faults(journey):
    """Each golden journey keeps every promise."""
    assert alarms(journey) == ([], True)


@pytest.mark.parametrize(("name", "kind", "journeys"), list(broken()))
def test_under_every_fault(name, kind, journeys):
    """Once and for good, anywhere that matters: it costs time, and no promise."""
    fault = fault_class(name)(**PARAMETERS.get(name, {}))
    found, acted = [], []
    for journey in journeys:
        first_write = "book_hotel" if journey == "hotel-only" else "hold_flight"
        where = on.model(times=1) if kind == "model" else on.tool(first_write, times=1)
        wrong, is_met = alarms(journey, (fault, where))
        found += wrong
        acted += [journey] if is_met else []
    assert found == []
    assert acted, f"{name} acted in none of {journeys}"
