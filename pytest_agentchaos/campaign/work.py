"""Work: one plan carried out, and what a campaign keeps of it. It happens in any process, on any machine."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass, replace
from typing import Literal

from pytest_agentchaos.evidence.canonical import dump, encode, told
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import HISTORIES
from pytest_agentchaos.performance import Performance, perform
from pytest_agentchaos.plan import Plan

Keep = Literal["failed", "all", "none"]
"""Of which trials the history is kept."""
_UNREMARKABLE = frozenset({"pass", "inapplicable"})


@dataclass(frozen=True, slots=True)
class Done:
    """A plan that was carried out."""

    line: str
    """The result as JSON, so that it is the same whether it comes from here, another process or a file."""
    history: bytes = b""
    """The file of its history; empty if it is not kept."""
    spent: bool = False
    """No other trial should be run in the process, if there are others."""

    @property
    def result(self) -> Result:
        """The result that the line tells of."""
        return Result.from_data(json.loads(self.line))


def carry_out(plan: Plan, keep: Keep) -> Done:
    """Run a plan, and pack what is kept of it."""
    try:
        done = _settled(plan)
        result = done.result
        history = b""
        if keep == "all" or (keep == "failed" and result.status not in _UNREMARKABLE):
            history = gzip.compress(encode(done.history.to_jsonl()), mtime=0)
            result = replace(result, history=f"{HISTORIES}/{result.trial}.jsonl.gz")
        return Done(dump(result.to_data()), history, spent=result.status == "infrastructure")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a campaign has other trials to run, whatever became of this one
        return lost(plan, f"the trial broke off: {told(error)}")


def _settled(plan: Plan) -> Performance:
    """Run a plan; again, if something was left and it may be that only a module did it, which was imported just now.

    A module is imported once in a process: its doing belongs to no trial, and must not depend on which came first.
    """
    known = len(sys.modules)
    done = perform(plan)
    if plan.mode == "live":
        return done
    again = done.result.left and done.result.status != "infrastructure" and len(sys.modules) != known
    return perform(plan) if again else done


def lost(plan: Plan, why: str) -> Done:
    """What stands in the place of a result when there is none."""
    return Done(dump(Result(plan.id, plan.to_data(), "infrastructure", why).to_data()), spent=True)
