"""Whether a test that ran to its end may pass."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import InternalError
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.plugin import determinism
from pytest_agentchaos.plugin.fixture import AgentChaos


def conclude(item: pytest.Item, chaos: AgentChaos) -> None:
    """Fail the test when its trial proves nothing, or when it was not the same twice."""
    __tracebackhide__ = True
    problems = chaos.trial.engine.problems
    if problems:
        whose = "pytest-agentchaos itself failed" if isinstance(problems[0], InternalError) else "the trial is not valid"
        _invalid(chaos, "problem", f"{whose}: {type(problems[0]).__name__}: {problems[0]}")
    if (why := chaos.trial.unproven()) is not None:
        _invalid(chaos, "every injected fault fires", why)
    determinism.compare(item, chaos)


def _invalid(chaos: AgentChaos, name: str, message: str) -> None:
    __tracebackhide__ = True
    chaos.verdicts.append(Verdict(name, "invalid", message.splitlines()[0]))
    pytest.fail(message, pytrace=False)
