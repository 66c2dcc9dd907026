"""The end of a session whose results were kept: its report is drawn, and a policy decides whether it may ship."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from pytest_agentchaos.clock import WallClock
from pytest_agentchaos.errors import AgentChaosError
from pytest_agentchaos.evidence.gathered import Gathered, gather
from pytest_agentchaos.plugin import settings

if TYPE_CHECKING:
    from pytest_agentchaos.evidence.decision import Decision
    from pytest_agentchaos.gating.policy import Policy

_CODES: Final = {"rollback": 20, "hold": 21, "invalid": 22}
_INVALID: Final = _CODES["invalid"]
_UNTOLD: Final = int(pytest.ExitCode.INTERNAL_ERROR)
"""What was asked for could not be written."""
_DECIDED_ON: Final = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED})
"""Sessions that came to their end; of any other the results are a part, and pytest's own exit code tells why."""


class Ended(NamedTuple):
    """What is to be told."""

    lines: tuple[str, ...]
    code: int | None = None
    """The exit code of the session; None: pytest's own."""

    def replaces(self, exitstatus: int) -> bool:
        """Whether it takes the place of pytest's own, which says more where the session failed by itself."""
        if self.code is None:
            return False
        return exitstatus in _DECIDED_ON and (self.code != _UNTOLD or exitstatus != pytest.ExitCode.TESTS_FAILED)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is to become of the results."""

    draws: bool
    policy: Policy | None
    baseline: Gathered | None
    started: Path

    def of(self, place: Path, exitstatus: int) -> Ended:
        """Decide and draw. Whatever goes wrong with it, the session does not look as if nothing had."""
        lines: list[str] = []
        code: int | None = None
        decision: Decision | None = None
        is_decided = self.policy is None
        try:
            gathered = gather([place])
            if self.policy is not None and exitstatus in _DECIDED_ON:
                decision = self._decided(self.policy, gathered)
                code = _CODES.get(decision.decision)
                lines.append(_told(decision, code))
            elif self.policy is not None:
                lines.append("gate: not asked, for the session did not come to its end")
            is_decided = True
            if self.draws:
                lines.append(f"report: {self._drawn(gathered, decision, place)}")
        except AgentChaosError as error:
            why = str(error)
        except Exception:  # noqa: BLE001 - whatever it is, it is this package's own
            why = f"pytest-agentchaos itself failed:\n{traceback.format_exc()}"
        else:
            return Ended((*lines,), code)
        if not is_decided:
            return self.broken(why)
        return Ended((*lines, f"report: none, {why}"), _UNTOLD if code is None else code)

    def broken(self, why: str) -> Ended:
        """Of a session whose results could not be kept, or not be decided on: a pass without proof is none."""
        if self.policy is not None:
            return Ended((f"gate: INVALID, {why} (exit code {_INVALID})",), _INVALID)
        return Ended((f"report: none, {why}",), _UNTOLD)

    def _decided(self, policy: Policy, gathered: Gathered) -> Decision:
        from pytest_agentchaos.gating import decide

        return decide(policy, gathered, self.baseline, at=datetime.fromtimestamp(WallClock().epoch_s, UTC))

    def _drawn(self, gathered: Gathered, decision: Decision | None, place: Path) -> str:
        from pytest_agentchaos.reporting.folder import write
        from pytest_agentchaos.reporting.making import make

        write(make(gathered, baseline=self.baseline, decision=decision), place)
        return Path(os.path.relpath(place / "index.html", self.started)).as_posix()


def asked(config: pytest.Config) -> Ending:
    """What the options say; a policy or a baseline that cannot be read is an error before anything runs."""
    option = config.option
    started = config.invocation_params.dir
    policy = None
    if option.agentchaos_gate:
        from pytest_agentchaos.gating.policy import load

        policy = load(option.agentchaos_gate)
    baseline = gather([Path(started, option.agentchaos_baseline)]) if option.agentchaos_baseline else None
    return Ending(settings.report_folder(config) is not None, policy, baseline, started)


def _told(decision: Decision, code: int | None) -> str:
    exits = "" if code is None else f" (exit code {code})"
    return f"gate {decision.policy}: {decision.decision.upper()}. {decision.reason}{exits}"
