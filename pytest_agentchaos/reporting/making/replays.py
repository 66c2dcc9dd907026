"""The line that runs a trial again, wherever the results are read."""

from __future__ import annotations

import shlex
from typing import Any

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.compact import compact
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.row import Row

_LIMIT = 6_000
"""Characters: a longer line is not pasted by anybody."""


def replay(gathered: Gathered, row: Row, result: Result) -> str:
    """A line for a shell; empty if there is none: a system without an address, a plan that holds a secret.

    It has the plan in it, so that it works where the folder is not. A test says itself how it is run again.
    """
    own: Any = result.plan.get("replay")
    if isinstance(own, str):
        return str(redact(own)) if len(own) <= _LIMIT else ""
    system = str(result.plan.get("system", ""))
    if not system or any(mark in system for mark in "<#?"):
        return ""
    try:
        line = f"agentchaos replay {compact(result)}"
    except UsageError:
        return ""
    hash_seed = gathered.sources[row.source].head.hash_seed
    start = f"PYTHONHASHSEED={shlex.quote(hash_seed)} " if hash_seed else ""
    return start + line if len(line) <= _LIMIT else ""
