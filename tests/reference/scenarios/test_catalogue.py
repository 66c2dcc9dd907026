"""The shipped catalogue on the bundled system: each scenario holds there, and each is failed without some safeguard.

``caught.toml`` says which scenario is failed without which safeguard, and by which trial that is shown here.
"""

import logging
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pytest_agentchaos import scenario
from pytest_agentchaos.errors import ToolCallError
from pytest_agentchaos.performance import perform
from pytest_agentchaos.system import System
from reference_system.hardening import SWITCHES

pytestmark = pytest.mark.unmeasured  # the same trips, once more with each trouble
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
FILES = scenario.names(ROOT / "scenarios")
GENERIC = [name for name in FILES if not name.startswith("travel/")]
TABLE = tomllib.loads((HERE / "caught.toml").read_text("utf-8"))
DOCUMENT = (ROOT / "docs" / "catalogue.md").read_text("utf-8")
WORLD = ("terminates", "no_duplicate_effect", "no_phantom", "no_orphan", "world_agrees")
"""What the usual questions are on a system that declares everything; the document says so once."""


@pytest.fixture(autouse=True)
def _quiet():
    """A system in trouble has much to log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@cache
def read(name):
    """A scenario."""
    return scenario.load(FILES[name])


def cases(name, switch=None):
    """The trials of a scenario by their names, with all safeguards or without one."""
    told = read(name)
    if switch is None:
        return dict(told.cases())
    system = told.plans()[0].system.text
    return dict(told.cases(system=f'{system[:-1]}, "{switch}")' if system.endswith(")") else f'{system}("{switch}")'))


# --- what it is worth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_it_holds_on_the_hardened_system(name):
    """The first trial of each: every fault acts, and all that is asked is true."""
    plan, *_ = cases(name).values()
    result = perform(plan).result
    assert result.status == "pass", result.why


@pytest.mark.parametrize("switch", TABLE["shown"])
def test_it_fails_without_the_safeguard(switch):
    """For each safeguard the first trial of some scenario is failed, which the test above has seen pass with it."""
    name, _, case = TABLE["shown"][switch].partition("::")
    assert switch in TABLE["caught"][name]
    assert case == next(iter(cases(name)))
    assert perform(cases(name, switch)[case]).result.status == "fail"


def test_no_safeguard_is_forgotten():
    """Each is missed by some scenario, or it is said why none can miss it."""
    assert sorted([*TABLE["shown"], *TABLE["unseen"]]) == sorted(SWITCHES)
    assert {switch for switches in TABLE["caught"].values() for switch in switches} == set(TABLE["shown"])


def test_each_scenario_bites():
    """One that no missing safeguard fails would be no question."""
    assert set(TABLE["caught"]) == set(FILES)
    assert [name for name, switches in TABLE["caught"].items() if not switches] == []


# --- that it is for any system ----------------------------------------------------------------------------------------


def test_there_are_many():
    """Of each family some."""
    families = [name.partition("/")[0] for name in FILES]
    assert len(GENERIC) >= 45
    assert min(map(families.count, families)) >= 4


def test_a_foreign_system_changes_one_line():
    """Nothing but that line is about the bundled system: no journey, no name of a tool, an agent or a model."""
    for name in GENERIC:
        text = FILES[name].read_text("utf-8")
        assert text.count("reference_system") == 1, name
        assert "\nsystem: reference_system:travel  # the one line to change\n" in text, name
        assert "\njourneys:" not in text, name
        for rule in rules(name):
            on = rule.selector
            assert (on.name, on.target, on.agent, on.callee, on.site) == ("*", "*", None, None, None), name


def rules(name):
    """The rules of all trials of a scenario."""
    return [rule for plan in read(name).plans() for rule in plan.schedule]


def test_what_not_every_system_has_is_skipped_there():
    """A system without a model on a wire, without a read, or without a seventh write, is not to blame for it."""
    for name in GENERIC:
        assert {plan.if_unfired for plan in read(name).plans()} == {"skip"}, name


def shopping(chaos):
    """A foreign system: plain functions, and not one declaration."""
    orders = []

    def find(article):
        return {"article": article, "price": 12}

    def order(article, price):
        orders.append((article, price))
        return {"order": len(orders)}

    finds, orders_ = chaos.tool(find), chaos.tool(order)

    def patiently(call, *args):
        for _ in range(3):
            try:
                return call(*args)
            except (OSError, TimeoutError, ToolCallError) as error:
                last = error
        raise last

    def take(article="lamp"):
        found = patiently(finds, article)
        return patiently(orders_, article, found.get("price", 0)).get("order")

    return take


def test_a_foreign_system_that_declares_nothing_is_judged_by_what_can_be_known():
    """No scenario is invalid there; what stays unknown was asked by name, and never by the usual questions."""
    results = {name: perform(read(name).cases(system=System.of(shopping))[0].plan).result for name in GENERIC}
    counts = Counter(result.status for result in results.values())
    assert not {*counts} - {"pass", "fail", "unknown", "inapplicable"}
    assert counts["pass"] > counts["unknown"]
    assert counts["pass"] >= 20
    doubts = {one.invariant for result in results.values() for one in result.verdicts if one.status == "unknown"}
    assert not doubts & {*WORLD}


def test_each_says_what_it_is():
    """A sentence, the incident that it stands for, its family among its tags."""
    for name in FILES:
        family, _, stem = name.partition("/")
        told = read(name)
        assert (told.name, told.tags[0]) == (stem, family)
        assert told.summary.endswith((".", "?")), name
        assert told.incident.endswith((".", "?")), name


# --- the document -----------------------------------------------------------------------------------------------------


def asked(name):
    """What a scenario asks beside what nearly all ask, in words."""
    plan = read(name).plans()[0]
    ends = " or ".join(f"*{word}*" for word in plan.expect) or "any end"
    names = [one.name for one in plan.invariants]
    missing = [one for one in WORLD if one not in names and "usual" not in names]
    more = [f"`{name}`" for name in names if name not in {"usual", *WORLD}]
    return "; ".join([ends, *more, *(["without the usual questions"] if len(missing) > 1 else [])])


def row(name):
    """The line of the document about a scenario."""
    told = read(name)
    proves = ", ".join(f"`{switch}`" for switch in TABLE["caught"][name])
    link = f"[{told.name}](../scenarios/{name}{scenario.SUFFIX})"
    return f"| {link} | {told.summary} | {told.incident} | {asked(name)} | {proves} |"


def test_the_document_has_each():
    """With its incident, what it asks, and the safeguards that it proves."""
    lines = DOCUMENT.splitlines()
    assert [row(name) for name in FILES if row(name) not in lines] == []


def test_the_document_has_no_others():
    """A scenario that was renamed or taken out is no longer told of."""
    assert DOCUMENT.count("](../scenarios/") == len(FILES)


def test_the_document_says_which_safeguard_nothing_proves():
    """And why."""
    assert [line for line in DOCUMENT.splitlines() if line.startswith("- `")] == [
        f"- `{switch}`: {why}." for switch, why in TABLE["unseen"].items()
    ]
