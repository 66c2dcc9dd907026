"""Scenarios with windows of time that also run on real processes: there each call takes time, on a busy machine much.

A window that is narrow for that is missed by the calls that it waits for, and the trial says nothing. Measured on two
busy cores: up to 0.1 s a call.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentchaos import faults, on, scenario
from pytest_agentchaos.performance import perform
from pytest_agentchaos.schedule import rule

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
ROOT = Path(__file__).parents[3]
FILES = scenario.names(ROOT / "scenarios")
LIVE = tomllib.loads((ROOT / "tests" / "reference" / "live" / "catalogue.toml").read_text("utf-8"))["run"]
WINDOWED = [name for name in LIVE if "between:" in FILES[name].read_text("utf-8")]


def test_there_are_such_scenarios():
    """Else the test below would hold of nothing."""
    assert {"partitions/flapping", "storms/cascade"} < set(WINDOWED)


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("name", WINDOWED)
def test_its_windows_are_wide_enough_for_a_slow_machine(name, seconds):
    """Every call of a tool and of the model takes so much longer: all faults still fire, and all verdicts hold."""
    plan = {one.name: one.plan for one in scenario.load(FILES[name]).cases()}[LIVE[name]]
    slow = [rule(faults.Latency(seconds=seconds), selector) for selector in (on.tool(), on.model())]
    result = perform(replace(plan, schedule=(*slow, *plan.schedule))).result
    assert result.status == "pass", result.why
