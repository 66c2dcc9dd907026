"""Whether a test that ran to its end may pass."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects import registry as dialects
from pytest_agentchaos.errors import AgentChaosError, InternalError
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.plugin import determinism
from pytest_agentchaos.plugin.fixture import AgentChaos


def conclude(item: pytest.Item, chaos: AgentChaos) -> None:
    """Fail the test when its trial proves nothing, or when it was not the same twice."""
    __tracebackhide__ = True
    if getattr(item, "_excinfo", None):
        return  # a unittest.TestCase that has failed or was skipped: pytest raises that later
    if dialects.added():
        chaos.history[0:0]  # read what nobody has read so far: a dialect of somebody else's may fail at it
    if chaos.plan is not None:
        from pytest_agentchaos.plugin.scenario_marker import end

        end(chaos, chaos.plan)
    problem = next(iter(chaos.trial.engine.problems), None)
    if problem is not None:
        _invalid(chaos, whose(problem))
    if (why := chaos.trial.unproven()) is not None:
        _invalid(chaos, why)
    if (parts := determinism.difference(item, chaos)) is not None:
        pytest.fail(parts, pytrace=False)


def whose(problem: AgentChaosError) -> str:
    """The problem, and who has to do something about it."""
    if isinstance(problem, InternalError):
        return f"pytest-agentchaos itself failed, which says nothing about the system: {problem}"
    return f"invalid: the trial met an error of use, whatever became of it: {type(problem).__name__}: {problem}"


def _invalid(chaos: AgentChaos, message: str) -> None:
    __tracebackhide__ = True
    chaos.verdicts.append(Verdict("the trial proves something", "invalid", message.splitlines()[0]))
    pytest.fail(message, pytrace=False)
