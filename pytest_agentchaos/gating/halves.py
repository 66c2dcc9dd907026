"""Halves: the ratio of two means of pairs, by what random halves of the pairs make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt
from typing import Final

from pytest_agentchaos.gating.estimate import ByBounds
from pytest_agentchaos.gating.figures import FEWEST
from pytest_agentchaos.statistics.ratios import place

HALVED: Final = 500
"""With more pairs a standard error is as good, and faster."""


@dataclass(frozen=True, slots=True)
class Halves(ByBounds):
    """Right for few pairs and for figures with rare large values too, where a standard error is too small.

    If the candidate might as well have been the baseline, the true ratio lies between any two neighbours of
    ``ranked`` with the same chance (Hartigan).
    """

    value: float
    ranked: Sequence[float]
    """The ratios of random halves of the pairs."""
    n: int
    baseline: float | None = None
    nearer: float = 1.0
    """How far its bounds are from the value, of what the halves say: of samples that are only imagined."""
    is_sampled: bool = True

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Two of the halves; none of fewer pairs than anybody should trust."""
        at = place(len(self.ranked), alpha)
        if self.n < FEWEST or at < 1:
            return None, None
        low, high = self.ranked[at - 1], self.ranked[-at]
        return self._near(low), self._near(high) if isfinite(high) else None

    def _near(self, bound: float) -> float:
        return float(self.value * (bound / self.value) ** self.nearer)

    def grown(self, n: int) -> Halves:
        """The same spread."""
        return replace(self, nearer=self.nearer * sqrt(self.n / n), n=n)
