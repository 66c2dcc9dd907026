"""Paired: the same journey and seed twice, under faults and without; the difference is what recovery costs.

def build(trial):
    trial.upstreams.declare("https://api.openai.com", ScriptedModel(...))
    return lambda: agent("Book a flight")

pair = paired(build, [rule(faults.Overloaded(), on.model(nth=1))], seed=7)
pair.cost.seconds, pair.cost.tokens
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pytest_agentchaos.errors import (
    AgentChaosError,
    HungError,
    InvalidTrialError,
    ToolCallError,
    UsageError,
    explains_itself,
)
from pytest_agentchaos.evidence.figures.measures import Measures, RecoveryCost, measure, recovery_cost
from pytest_agentchaos.evidence.figures.prices import Prices
from pytest_agentchaos.schedule import Schedule
from pytest_agentchaos.trial import Trial

__tracebackhide__ = explains_itself

T = TypeVar("T")
Build = Callable[[T], Callable[[], Any]]
"""Makes the whole system anew, declares what stands behind its URLs on the trial, and gives what is to be run."""


def _itself(trial: Trial) -> Any:
    return trial


@dataclass(frozen=True, slots=True)
class Pair:
    """A run under faults, and the same without."""

    with_fault: Measures
    without: Measures
    trials: tuple[Trial, Trial]
    """In this order."""

    @property
    def cost(self) -> RecoveryCost:
        """What the faults made it cost."""
        return recovery_cost(self.with_fault, self.without)


def paired(
    build: Build[T],
    schedule: Schedule,
    *,
    seed: int = 0,
    prices: Any = None,
    given: Callable[[Trial], T] = _itself,
) -> Pair:
    """Run a journey twice. How it ends under the faults is a result; one that fails without any proves nothing.

    ``InvalidTrialError`` says so, and also where a fault never fired. ``given`` makes of a trial what ``build`` gets.
    """
    __tracebackhide__ = True
    rules = tuple(schedule)
    if not rules:
        msg = (
            "paired(build, schedule=()): two runs without a fault cost the same; give rules such as rule(fault, on...)"
        )
        raise UsageError(msg)
    listed = None if prices is None else Prices.of(prices)
    faulted, whole = _ran(build, rules, seed, given), _ran(build, (), seed, given)
    if (why := faulted.unproven()) is not None:
        raise InvalidTrialError(why)
    if whole.outcome is None or whole.outcome.ending != "completed":
        msg = f"invalid: without any fault the journey {whole.outcome}; there is nothing to compare with"
        raise InvalidTrialError(msg)
    measured = [measure(trial.history, prices=listed) for trial in (faulted, whole)]
    return Pair(measured[0], measured[1], (faulted, whole))


def _ran(build: Build[T], schedule: Schedule, seed: int, given: Callable[[Trial], T]) -> Trial:
    __tracebackhide__ = True
    trial = Trial(schedule, seed=seed)
    try:
        trial.run(build(given(trial)))
    except (Exception, HungError) as error:
        if trial.outcome is None or trial.outcome.error is not error or _is_ours(error):
            raise
    finally:
        trial.close()
    if trial.engine.problems:
        raise trial.engine.problems[0]
    return trial


def _is_ours(error: BaseException) -> bool:
    """Whether it tells of a wrong use or a defect of this package, rather than of what the system did."""
    return isinstance(error, AgentChaosError) and not isinstance(error, ToolCallError)
