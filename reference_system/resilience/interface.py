"""What a trip may use, passed along explicitly to everything that uses it."""

from __future__ import annotations

from dataclasses import dataclass

from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one trip; shared by all of its steps."""

    deadline: Deadline
    budget: Budget
