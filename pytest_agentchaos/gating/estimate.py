"""An estimate: what a sample says of one number, as bounds. A verdict knows no more of statistics than these few words.

Bounds are one-sided: each is wrong with a chance of at most ``alpha``, over one look or, with ``evalue``, over all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, Self

Method = Literal["clopper_pearson", "wilson", "evalue"]

MOST_RUNS: Final = 1_000_000
"""Whoever would need more needs another question."""


class Estimate(Protocol):
    """One number of a sample."""

    @property
    def value(self) -> float | None:
        """As observed."""

    @property
    def baseline(self) -> float | None:
        """The baseline's, for one that compares."""

    @property
    def n(self) -> int:
        """Of so many trials, or pairs."""

    @property
    def is_sampled(self) -> bool:
        """Whether chance has a part in it; what was counted is what it is."""

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Lower and upper; None where so few trials have none."""

    def above(self, limit: float, alpha: float) -> bool:
        """Whether the lower bound is at this limit or above."""

    def below(self, limit: float, alpha: float) -> bool:
        """Whether the upper bound is at this limit or below."""

    def grown(self, n: int) -> Self | None:
        """What it would be after so many trials of the same kind; None if nobody can say."""


class ByBounds:
    """An estimate that sides with a limit by where its bounds are."""

    __slots__ = ()

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """Lower and upper; None where so few trials have none."""
        raise NotImplementedError

    def above(self, limit: float, alpha: float) -> bool:
        """By the bound."""
        low, _ = self.bounds(alpha)
        return low is not None and low >= limit

    def below(self, limit: float, alpha: float) -> bool:
        """By the bound."""
        _, high = self.bounds(alpha)
        return high is not None and high <= limit


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, or is taken as it was observed: no chance, though some of it may not be known."""

    low: float
    high: float
    """More than ``low`` where some trials do not tell."""
    n: int
    baseline: float | None = None
    what: str = ""
    """Which kinds of it there were."""
    of: Estimate | None = None
    """What would be estimated, if it were not taken as it was observed."""
    is_sampled: bool = False

    @property
    def value(self) -> float:
        """What is sure."""
        return self.low

    def bounds(self, alpha: float) -> tuple[float | None, float | None]:
        """What it may be."""
        del alpha
        return self.low, self.high

    def above(self, limit: float, alpha: float) -> bool:
        """Surely."""
        del alpha
        return self.low >= limit

    def below(self, limit: float, alpha: float) -> bool:
        """Surely."""
        del alpha
        return self.high <= limit

    def grown(self, n: int) -> None:
        """What is missing is no question of how many."""
        del n


def runs_needed(estimate: Estimate, decided: Callable[[Estimate], bool], least: int = 1) -> int | None:
    """So many more trials of the same kind until it is decided; None: never, or nobody can say."""
    if estimate.n == 0 or estimate.grown(estimate.n) is None:
        return None

    def enough(n: int) -> bool:
        grown = estimate.grown(n)
        return grown is not None and n >= least and decided(grown)

    low, high = estimate.n, max(estimate.n * 2, least)
    while not enough(high):
        low, high = high, high * 2
        if high > MOST_RUNS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high - estimate.n


class Unmeasured(Exception):  # noqa: N818 - it is told, not raised at anybody
    """The sample does not tell it; why, in half a sentence, and what the rule is then: never a pass."""

    def __init__(self, why: str, status: Literal["invalid", "inconclusive", "fail"] = "invalid") -> None:
        super().__init__(why)
        self.status = status
