"""The shipped catalogue on the real stack: what holds in virtual time holds in real time, and what fails, fails.

``catalogue.toml`` says which trial of each scenario is run, and which scenarios are not, and why. `make live` runs
them, in seven minutes.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentchaos import faults, invariants, on, scenario
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System
from reference_system.contracts.tools import DOMAINS

HERE = Path(__file__).parent
FILES = scenario.names(HERE.parents[2] / "scenarios")
TABLE = tomllib.loads((HERE / "catalogue.toml").read_text("utf-8"))


def case(name):
    """The plan of the one trial of a scenario that is run live."""
    return {one.name: one.plan for one in scenario.load(FILES[name]).cases(mode="live")}[TABLE["run"][name]]


@pytest.mark.parametrize("name", TABLE["run"])
def test_it_comes_out_as_in_virtual_time(name):
    """Real processes, real sockets, real time: the same status, the same end, the same verdicts."""
    result = perform(case(name)).result
    assert (result.status, result.differs) == ("pass", ()), result.why


def test_the_trace_is_complete_in_real_time_too():
    """Spans of six processes are part of the history: each call, and each attempt, has one, under one correlation."""
    asked = (
        invariants.complete_trace(attempts=True),
        invariants.correlated(by="travel.correlation", answer_at="answers.*.correlation", sent=("model", "tool")),
    )
    torn = rule(faults.Reset(), on.model(nth=4))
    done = perform(Plan(System.of("reference_system:travel"), schedule=(torn,), invariants=asked, mode="live"))
    assert (done.result.status, done.result.differs) == ("pass", ()), done.result.why
    services = {op.data["service"] for op in done.history if op.kind == "span"}
    assert services == {"travel-service", *(f"tools.{domain}" for domain in DOMAINS)}


def test_calls_bear_the_names_that_they_have_in_virtual_time():
    """So that selectors find them, draws by site come out alike, and faults find the processes."""
    plan = Plan(System.of("reference_system:travel"))
    sim, live = (perform(replace(plan, mode=mode)).history.calls() for mode in ("sim", "live"))
    links = {"postgres.travel.local"}
    assert {(one.call.kind, one.call.target, one.call.name) for one in live if one.call.target not in links} == {
        (one.call.kind, one.call.target, one.call.name) for one in sim
    }
    assert links < {one.call.target for one in live}


def test_faults_reach_the_database_too():
    """It stands behind a link: each answer of PostgreSQL comes late, and nothing is done twice for that."""
    slow = rule(faults.Latency(seconds=0.005), on.tcp("postgres*"))
    done = perform(Plan(System.of("reference_system:travel"), schedule=(slow,), mode="live"))
    assert (done.result.status, done.result.ended, done.result.fired) == ("pass", "completed", (1,)), done.result.why
    assert done.result.differs == ()  # one process has no database elsewhere, so that there is nothing to compare


def test_a_system_without_a_live_form_says_so():
    """Its model is a function of the test's own process."""
    result = perform(Plan(System.of("reference_system.occasions:credulous"), mode="live")).result
    assert result.status == "infrastructure"
    assert "no model that the stack can start" in result.why


def test_each_scenario_has_its_place():
    """It is run live, or somebody said why not."""
    assert {*TABLE["run"], *TABLE["left_out"]} == set(FILES)
    assert not TABLE["run"].keys() & TABLE["left_out"].keys()
    for name, one in TABLE["run"].items():
        assert one in [known.name for known in scenario.load(FILES[name]).cases()], name
