"""Metrics: what a rule can be about. A small vocabulary; whatever is not in it is a mistake in the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["count", "rate", "share_of_runs", "repeated", "cost_per_success", "figure"]

AT_LEAST: Final = ("min", "min_lower_bound")
AT_MOST: Final = ("max", "max_upper_bound")
RATIO: Final = "max_ratio_upper"
TEST: Final = "test"


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that can be measured in results."""

    name: str
    kind: Kind
    unit: Literal["trials", "share", "s", "money", ""]
    limits: tuple[str, ...]
    """The keys of a rule that can limit it."""
    tells: str
    figure: tuple[str, ...] = ()
    """Which of a trial's measures, added up."""
    stat: str = ""
    """``mean``, ``median``, ``p95`` ... of the trials."""
    may_lack: bool = False
    """A trial without this figure is no gap: it had nothing to recover from."""

    @property
    def better(self) -> Literal["more", "less"]:
        """Which direction is good."""
        return "more" if "min" in self.limits else "less"

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.unit == "share"


QUANTILES: Final[Mapping[str, float]] = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
STATS: Final = ("mean", *QUANTILES)

_FIGURES: Final = (
    ("latency", ("duration_s",), "s", "virtual seconds from the beginning to the end of a trial"),
    ("recovery", ("recovery_s",), "s", "seconds from the last fault to the end, of trials that met one"),
    ("cost", ("cost",), "money", "cost of a trial at the prices that its results name"),
    ("tokens", ("input_tokens", "output_tokens"), "", "tokens that a trial spent"),
    ("steps", ("steps",), "", "calls to models, tools and agents"),
    ("calls", ("calls",), "", "calls of every kind"),
    ("model_calls", ("model_calls",), "", "calls to models"),
    ("agent_calls", ("agent_calls",), "", "calls to other agents"),
    ("retries", ("retries",), "", "the most that one call was repeated"),
)


def _metrics() -> dict[str, Metric]:
    rate, repeated, bad = (*AT_LEAST, TEST), AT_LEAST, AT_MOST
    known = [
        Metric("violations", "count", "trials", ("max",), "trials in which an invariant fails"),
        Metric("violation_rate", "rate", "share", bad, "share of trials in which an invariant fails"),
        Metric("pass_rate", "rate", "share", rate, "share of trials in which everything holds"),
        Metric("pass_hat_k", "repeated", "share", repeated, "chance that k trials of one case all pass"),
        Metric("pass_at_k", "repeated", "share", repeated, "chance that one of k trials of one case passes"),
        Metric("infra_rate", "share_of_runs", "share", bad, "share of all runs that were no proper trials"),
        Metric("unfired_rate", "share_of_runs", "share", bad, "share of all runs whose fault never acted"),
        Metric("cost_per_success", "cost_per_success", "money", (*bad, RATIO), "cost of all trials by those that pass"),
    ]
    for name, figure, unit, tells in _FIGURES:
        for stat in STATS:
            told = f"{stat} of: {tells}"
            lacks = name == "recovery"
            known.append(Metric(f"{name}_{stat}", "figure", unit, (*bad, RATIO), told, figure, stat, lacks))  # type: ignore[arg-type]  # each is one
    return {one.name: one for one in known}


METRICS: Final[Mapping[str, Metric]] = _metrics()
