"""Which rules act on a link, and when."""

from __future__ import annotations

import re
from math import inf

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.errors import InternalError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.schedule import rule, select
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.tcp.decisions import Decisions
from pytest_agentchaos.wires.tcp.joined import link_flight

GROUPS = {"agents": ("planner", "main"), "data": ("postgres", "redis")}


class Case:
    """A link in a trial, whose moments are told."""

    def __init__(self, *rules, caller="", seed=7):
        self.trial = Trial(tuple(rule(*one) for one in rules), seed=seed)
        trial = self.trial
        active = Active(
            trial.engine, trial.clock, sim=False, upstreams=trial.upstreams, late=LateDeliveries(trial.clock)
        )
        self.flight = link_flight(active, "postgres", caller)
        self.decisions = Decisions(self.flight)

    def acting(self, at_s=0.0):
        """The faults that act at a moment."""
        return [one.tally.rule.fault.name for one in self.decisions.now(at_s)]

    @property
    def declined(self):
        """Why rules left the link alone."""
        return [why for tally in self.trial.engine.tallies for why in tally.declined]

    @property
    def matched(self):
        """How many calls each rule counted."""
        return [tally.matched for tally in self.trial.engine.tallies]


def test_a_link_is_a_call_of_its_own_kind():
    """By its name, made by whoever connects through it."""
    call = Case(caller="team/planner").flight.call
    assert (call.kind, call.target, call.name, call.wire, call.dialect) == ("tcp", "postgres", "postgres", "tcp", "tcp")
    assert call.agent == ("team", "planner")
    assert str(call) == "team/planner -> tcp postgres @ postgres"


@pytest.mark.parametrize(
    ("selector", "acts"),
    [
        (on.tcp(), True),
        (on.tcp("post*"), True),
        (on.tcp("redis"), False),
        (on.any(name="postgres"), True),
        (on.any(target="postgres"), True),
        (on.edge("planner", "postgres"), True),
        (on.edge("waiter", "postgres"), False),
        (on.edge("planner"), False),
        (on.any(), False),
        (on.any(name="*", agent="planner"), False),
        (on.tcp(agent="planner"), True),
        (on.tcp(agent="waiter"), False),
        (on.http(), False),
        (on.site("planner|tcp|postgres|postgres|0|1"), False),
        (on.tcp(writes=False), False),
    ],
    ids=str,
)
def test_rules_act_on_a_link_that_they_name(selector, acts):
    """Those on every call mean the calls of the agents."""
    case = Case((faults.DropRequest(), selector), caller="planner")
    assert bool(case.acting()) == acts
    assert case.matched == [int(acts)]


def test_a_site_is_a_name_too():
    """As a history printed it."""
    site = str(Case().trial.history[0].site)
    assert Case((faults.DropRequest(), on.site(site))).acting() == ["drop_request"]


def test_a_declared_effect_makes_a_link_no_writing_call():
    """Nobody knows what its bytes do to the world."""
    case = Case((faults.DropRequest(), on.write("postgres")))
    case.trial.declared.effect(Effect("seat", tool="book", key=("flight",)))
    assert case.acting() == []


@pytest.mark.parametrize(
    ("fault", "selector", "why"),
    [
        (faults.DropRequest(), on.tcp(nth=2), "nth=2 counts calls, and nobody sees how many"),
        (faults.DropRequest(), on.tcp(times=3), "times=3 counts calls"),
        (faults.Partition(groups=GROUPS, calls=(2, 3)), on.tcp(), r"calls=\(2, 3\) counts calls"),
        (faults.Duplicate(), on.tcp(), "cannot be sent twice"),
        (faults.Partition(groups={"a": ("x",), "b": ("postgres",)}), on.any(), "its caller 'main' is not on one side"),
        (faults.Crash(of="caller"), on.tcp(), "nobody has said which one calls: caller=NAME"),
        (faults.Crash(of="callee"), on.tcp(), "nobody has said which one is 'postgres': start it under this name"),
        (faults.Refused(), on.tcp(probability=0.5), "refuses all connections or none"),
    ],
    ids=str,
)
def test_what_cannot_act_on_a_link_says_why(fault, selector, why):
    """Once, however often it is looked at; a report of unfired faults tells it."""
    case = Case((fault, selector))
    case.trial.engine.processes.start_live(lambda *_: None)
    assert case.acting(0.0) == case.acting(1.0) == []
    assert case.matched == [1]
    assert len(case.declined) == 1
    assert case.declined[0].startswith("tcp postgres @ postgres: ")
    assert re.search(why, case.declined[0])
    assert re.search(why, case.trial.unproven())


def test_a_link_takes_no_place_among_the_calls_of_agents():
    """The second call on an edge is the second that an agent makes."""
    case = Case((faults.DropRequest(), on.edge(callee="post*", nth=1)))
    assert case.acting() == []
    assert case.matched == [0]


@pytest.mark.parametrize(
    ("selector", "fault", "edges", "states"),
    [
        (on.tcp(), faults.DropRequest(), [], "1"),
        (on.tcp(between=(1, 2)), faults.DropRequest(), [1, 2], "010"),
        (on.tcp(between=(1, None)), faults.DropRequest(), [1], "01"),
        (on.any(), faults.Partition(groups=GROUPS, start_s=1, end_s=3), [1, 3], "010"),
        (on.any(between=(2, None)), faults.Partition(groups=GROUPS, end_s=3), [2, 3], "010"),
        (on.any(), faults.Partition(groups=GROUPS, start_s=1, end_s=4, flap_s=(1, 0.5)), [1, 2, 2.5, 3.5], "01010"),
    ],
    ids=str,
)
def test_a_window_opens_and_closes(selector, fault, edges, states):
    """At the moments that it says, each of which is foreseen."""
    case, at_s, found = Case((fault, selector)), 0.0, []
    seen = str(len(case.acting(at_s)))
    while (next_s := case.decisions.next_s(at_s)) < inf:
        assert next_s < 10
        found.append(next_s)
        at_s = next_s + 0.001
        state = str(len(case.acting(at_s)))
        seen += state
    moments = [moment for moment, state, before in zip(found, seen[1:], seen, strict=False) if state != before]
    assert moments == pytest.approx(edges)
    assert seen[0] + "".join(now for now, before in zip(seen[1:], seen, strict=False) if now != before) == states


def test_a_partition_that_flaps_for_ever_is_decided_again_and_again():
    """Each edge is in the future of the one before."""
    case, at_s = Case((faults.Partition(groups=GROUPS, flap_s=(0.1, 0.3)), on.any())), 0.0
    for number in range(100):
        assert case.acting(at_s) == (["partition"] if number % 2 == 0 else [])
        following_s = case.decisions.next_s(at_s) + 0.001
        assert at_s < following_s <= at_s + 0.31
        at_s = following_s


def test_what_was_drawn_stays_while_a_rule_acts():
    """Also if the fault would compile to something else a moment later."""
    made = []

    class Moody(Fault):
        name = "moody"
        family = "delivery"

        def compile(self, situation):
            made.append(situation)
            return faults.DropRequest().compile(situation)

    case = Case((Moody(), on.tcp()))
    first, second = case.decisions.now(0.0), case.decisions.now(5.0)
    assert first == second
    assert len(made) == 1


def test_draws_are_those_of_the_seed_and_the_site():
    """As for any other call."""
    jitter = (faults.Latency(seconds=1, jitter_s=10), on.tcp())
    drawn = [Case(jitter, seed=seed).decisions.now(0.0)[0].disturbance for seed in (7, 7, 8)]
    assert drawn[0] == drawn[1] != drawn[2]
    twins = [one.disturbance for one in Case(jitter, jitter).decisions.now(0.0)]
    assert twins[0] == drawn[0] != twins[1]


def test_a_fault_that_fails_is_told_of_once():
    """It is a defect, and not of the system under test."""

    class Broken(Fault):
        name = "broken"
        family = "delivery"

        def compile(self, situation):
            1 / 0  # noqa: B018 - so that it fails

    case = Case((Broken(), on.tcp()))
    assert case.acting(0.0) == case.acting(1.0) == []
    (problem,) = case.trial.engine.problems
    assert isinstance(problem, InternalError)
    assert "the fault faults.Broken() failed while deciding about tcp postgres @ postgres: ZeroDivisionError" in str(
        problem
    )


def test_a_rule_that_comes_later_counts_as_well():
    """A test may inject one while the trial is live."""
    case = Case()
    assert case.acting() == []
    case.trial.inject(rule(faults.DropRequest(), select(kind="tcp")))
    assert case.acting() == ["drop_request"]
