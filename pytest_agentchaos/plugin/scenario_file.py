"""``*.chaos.yaml`` as test files: each trial of a scenario is a test like any other, with fixtures and a name.

Pytest has a collector made for every file of a folder, also if it is asked for only one of them. So nothing is loaded
here until a scenario is collected.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_agentchaos.plugin import settings

if TYPE_CHECKING:
    from pytest_agentchaos.plugin.fixture import AgentChaos
    from pytest_agentchaos.scenario import Case, Scenario


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterable[pytest.Item]:
        """Its trials; what is wrong with it, all of it, is an error of collection."""
        from pytest_agentchaos.errors import UsageError
        from pytest_agentchaos.scenario import load

        config = self.config
        system = settings.system(config)
        try:
            scenario = load(self.path, system=system)
            cases = scenario.cases(
                seed=settings.setting(config, "seed"),
                trials=config.option.agentchaos_trials,
                usual_trials=settings.setting(config, "trials"),
                system=system,
            )
        except UsageError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            trial: ScenarioTrial = ScenarioTrial.from_parent(self, name=case.name, callobj=_taking(case))
            trial.described(scenario, case)
            yield trial


class ScenarioTrial(pytest.Function):
    """One trial of a scenario."""

    def described(self, scenario: Scenario, case: Case) -> None:
        """What it is found by: its scenario's name and tags for ``-k``, its marker for ``-m``."""
        self.case, self.scenario = case, scenario.name
        self.add_marker("agentchaos")
        self.extra_keyword_matches.update({scenario.name, *scenario.tags})

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what stands above its failure."""
        return self.path, 0, f"{self.scenario}: {self.name}"

    def without_pytest(self, chaos: AgentChaos) -> str:
        """The command that runs it without pytest."""
        from pytest_agentchaos.scenario.command import run_line

        option = self.config.option
        file = Path(os.path.relpath(self.path, self.config.invocation_params.dir))
        seed = chaos.seed - chaos.seed_offset
        return run_line(
            file, self.name, system=settings.system(self.config), seed=seed, trials=option.agentchaos_trials
        )


def _taking(case: Case) -> Callable[[AgentChaos], None]:
    from pytest_agentchaos.performance import perform
    from pytest_agentchaos.plugin.scenario_verdict import settle

    def trial(agentchaos: AgentChaos) -> None:
        __tracebackhide__ = True
        result = agentchaos.result = perform(case.plan, chaos=agentchaos).result
        agentchaos.left += result.left
        settle(agentchaos, result.verdicts, result.status, result.why, result.differs)

    return trial
