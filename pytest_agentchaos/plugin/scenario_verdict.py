"""What becomes of a test whose trial a scenario judges."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.plugin.fixture import AgentChaos


def settle(chaos: AgentChaos, verdicts: Sequence[Verdict], status: str, why: str, differs: Sequence[str] = ()) -> None:
    """Fail or skip the test; what makes a trial invalid fails every test, and is told where that is done."""
    __tracebackhide__ = True
    chaos.verdicts.extend(verdicts)
    if chaos.trial.engine.problems:
        return
    if status == "infrastructure":
        pytest.fail(f"there was no proper trial: {why}", pytrace=False)
    if status == "inapplicable":
        reason = "inapplicable: the system makes no call that a fault of the scenario could act on"
        raise pytest.skip.Exception(reason, _use_item_location=True)  # which scenario it is, and not where we stand
    if not all(verdict.passed for verdict in verdicts):
        message = "\n".join(["the trial does not hold:", *(f"  {verdict}" for verdict in verdicts), *_told(differs)])
        pytest.fail(message, pytrace=False)
    if differs:
        pytest.fail("\n".join(_told(differs)), pytrace=False)


def _told(differs: Sequence[str]) -> list[str]:
    head = ["it came out otherwise in real time than in virtual time:"] if differs else []
    return head + [f"  {one}" for one in differs]
