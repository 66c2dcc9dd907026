"""The planted bugs: nobody sees them on a clean day, the trouble that they are about shows them, and they go again.

Each trial is one of the whole travel system. The scenarios and the exploration are asked by ``make power``.
"""

import logging

import pytest

from power.bugs import UnknownBugError, bugs, system
from power.drills import DRILLS, WHOLE
from power.named import named
from power.rows import rows
from pytest_agentchaos import invariants
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.questions import invariant_from_data, invariant_to_data
from pytest_agentchaos.system import System
from reference_system.gateway import session
from reference_system.hardening import SWITCHES
from reference_system.resilience.retry import Retry
from reference_system.tools import desk

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Systems in trouble have much to log; it is looked at, and need not be shown."""
    monkeypatch.setattr(logging, "lastResort", None)


@pytest.mark.parametrize("bug", bugs())
def test_on_a_clean_day_nobody_sees_it(bug):
    """The journey is completed, what was asked for is there, and every usual invariant holds."""
    asked = (*WHOLE, invariants.no_orphan(), invariants.no_secret_leaked(), invariants.complete_trace())
    result = perform(Plan(named(bug=bug), invariants=asked, expect=("completed",))).result
    assert (result.status, result.why) == ("pass", "")


@pytest.mark.parametrize("bug", bugs())
def test_the_trouble_that_it_is_about_shows_it(bug):
    """Of the drills that are meant for it each one fails."""
    for drill in (one for one in DRILLS if bug in one.finds):
        assert any(perform(plan).result.status == "fail" for plan in drill.plans(bug)), drill.name


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_of_a_system_as_it_should_be_a_drill_says_nothing(drill):
    """In the same world, by the same seed."""
    for plan in drill.plans():
        result = perform(plan).result
        assert (result.status, result.why) == ("pass", "")


def test_each_row_has_a_drill():
    """And each drill is for a row that there is."""
    assert {name for drill in DRILLS for name in drill.finds} == {row.what for row in rows()}
    assert len({drill.name for drill in DRILLS}) == len(DRILLS)
    assert len(rows()) == len(SWITCHES) + len(bugs())


def test_there_are_enough_of_them():
    """Twenty were asked for; each says in its module what harm it does."""
    assert len(bugs()) >= 20
    for name, bug in bugs().items():
        module = __import__(f"power.bugs.{name}", fromlist=["BUG"])
        summary, _, harm = module.__doc__.partition("\n\n")
        assert bug.name == name
        assert summary.endswith(".")
        assert len(harm.split()) > 10


@pytest.mark.parametrize("bug", bugs())
def test_it_is_gone_when_its_system_is_closed(bug):
    """The next system of the process is as it should be, function by function."""
    owners = (desk, desk.Desk, session, Retry)
    before = [dict(vars(owner)) for owner in owners]
    one = system(bug)
    one.close()  # and not when somebody collects the garbage
    assert [dict(vars(owner)) for owner in owners] == before


def test_a_name_that_no_bug_has():
    """Is told with those that there are."""
    with pytest.raises(UnknownBugError, match="there is no bug 'short_windw'; the bugs are attempt_in_key"):
        system("short_windw")


def test_a_system_with_a_bug_has_a_name_that_any_process_understands():
    """Bug, safeguards that are off and occasion stand in its text."""
    one = named("reference_system.occasions:rush", "short_window", off=("breaker",))
    assert one.text == "power.bugs:system('short_window', base='reference_system.occasions:rush', off=['breaker'])"
    assert System.of(one.text) == one
    assert named().text == "power.bugs:system"


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_what_a_drill_asks_can_be_written_down(drill):
    """Its plan is plain data, so that it can be saved, replayed, and run in another process."""
    for asked in drill.asks:
        data = invariant_to_data(asked)
        assert invariant_to_data(invariant_from_data(data)) == data
    for plan in drill.plans("short_window"):
        assert Plan.from_data(plan.to_data()).id == plan.id
