"""``@pytest.mark.agentchaos("delivery/lost-ack")``: a test under the faults of a scenario, judged as the file says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.performance import judged, perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.plugin import settings
from pytest_agentchaos.plugin.fixture import AgentChaos
from pytest_agentchaos.plugin.scenario_verdict import settle
from pytest_agentchaos.scenario import Case, find, load
from pytest_agentchaos.system import System


def cases(item: pytest.Item, marked: settings.Marked) -> tuple[Case, ...]:
    """The trials that a marker asks for; their systems are looked for when they are needed."""
    config = item.config
    scenario = load(find(str(marked.scenario), near(item)), resolve=False)
    asked = config.option.agentchaos_trials if marked.trials is None else marked.trials
    return scenario.cases(
        seed=settings.setting(config, "seed") + marked.seed,
        trials=asked,
        usual_trials=settings.setting(config, "trials"),
        system=settings.system(config),
        resolve=False,
    )


def names_of_trials(item: pytest.Item, marked: settings.Marked) -> list[str]:
    """How the trials of a test are told apart: by number, and by what differs besides."""
    if "agentchaos" not in getattr(item, "fixturenames", ()):
        msg = f"the marker of {item.nodeid} names a scenario: have the test take the fixture agentchaos as a parameter"
        raise pytest.Collector.CollectError(msg)
    try:
        found = cases(item, marked)
    except UsageError as error:
        msg = f"@pytest.mark.agentchaos({marked.scenario!r}) on {item.nodeid}: {error}"
        raise pytest.Collector.CollectError(msg) from None
    alike = len({case.name.partition("[")[0] for case in found}) == 1
    told = [case.name.rstrip("]").partition("[") for case in found]
    return ["-".join(filter(None, ("" if alike else name, number))) for name, _, number in told]


def begin(chaos: AgentChaos, plan: Plan) -> None:
    """Before the test: its faults, and what the file declares."""
    chaos.plan = plan
    for rule in plan.schedule:
        chaos.trial.inject(rule)
    if plan.effects:
        chaos.effect(*plan.effects)


def end(chaos: AgentChaos, plan: Plan) -> None:
    """After the test: judge what it has run, or have the scenario's own system take its journey."""
    __tracebackhide__ = True
    if not chaos.trial.ran:
        own = replace(plan, system=System.of(plan.system.text), schedule=(), effects=())  # begin() has done the rest
        result = chaos.result = perform(own, chaos=chaos).result
        chaos.left += result.left
        settle(chaos, result.verdicts, result.status, result.why, result.differs)
        return
    chaos.trial.declared.account()
    verdicts = judged(plan, chaos)
    skip = plan.if_unfired == "skip" and chaos.trial.unproven() is not None
    failed = any(verdict.status == "fail" for verdict in verdicts)
    settle(chaos, verdicts, "inapplicable" if skip and not failed else "", "")


def near(item: pytest.Item) -> Iterator[Path]:
    """The folders in which a project's own scenarios are looked for: the test's, and those above it."""
    root = item.config.rootpath
    for folder in item.path.parents:
        yield folder
        if folder == root:
            return
