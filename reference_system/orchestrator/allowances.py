"""What a trip may use, by the manifest, the switches, its budget and the time that it has had."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from reference_system.contracts.manifest import Manifest
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget, Limits
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance


class Allowances:
    """Gives each trip its own."""

    def __init__(self, manifest: Manifest, hardening: Hardening) -> None:
        self._manifest = manifest
        self._hardening = hardening

    def begin(self, began_at_s: float, used: Mapping[str, Any] | None = None) -> Allowance:
        """For a trip that begins, or goes on with what it has used. Its time runs on while nobody works on it."""
        deadline_s = self._manifest.workflow.deadline_s - (time.time() - began_at_s)
        deadline = Deadline.after(deadline_s if self._hardening.deadline else None)
        return Allowance(deadline, self._budget(self._manifest.policy.spend_limit_minor, used))

    def with_money(self, allowance: Allowance, limit_minor: int) -> Allowance:
        """The same, once it is known what the trip may cost."""
        return Allowance(allowance.deadline, self._budget(limit_minor, allowance.budget.used()))

    def to_undo(self) -> Allowance:
        """Of its own: a trip that has used up everything can still be undone."""
        deadline = Deadline.after(self._manifest.workflow.deadline_s if self._hardening.deadline else None)
        return Allowance(deadline, Budget(retries=self._manifest.errors.retries_at_most))

    def _budget(self, limit_minor: int, used: Mapping[str, Any] | None) -> Budget:
        workflow, on = self._manifest.workflow, self._hardening
        limits = Limits(
            model_calls=workflow.model_calls_at_most if on.step_budget else None,
            tokens=workflow.tokens_at_most if on.token_budget else None,
            tool_calls=workflow.tool_calls_at_most if on.tool_budget else None,
            retries=self._manifest.errors.retries_at_most if on.retry_budget else None,
            spend_minor=limit_minor,
        )
        return Budget.resume(limits, used or Budget().used())
