"""The ``agentchaos`` fixture: what a test author holds in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.paired import Pair, paired
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.plugin import settings
from pytest_agentchaos.schedule import Selector, on, rule
from pytest_agentchaos.system import System
from pytest_agentchaos.trial import Trial

if TYPE_CHECKING:
    from pytest_agentchaos.explore import Found

__tracebackhide__ = explains_itself


class AgentChaos(Chaos):
    """One trial, in the words of a test."""

    def __init__(self, *, seed: int = 0, seed_offset: int = 0, trial: Trial | None = None) -> None:
        super().__init__(seed=seed, trial=trial)
        self.seed_offset = seed_offset
        """What the test itself added to the session's seed: its marker, and the number of the trial."""
        self.verdicts: list[Verdict] = []
        """What :meth:`check` has found so far."""
        self.plan: Plan | None = None
        """What the scenario of the test asks, if its marker names one."""
        self.left: tuple[str, ...] = ()
        """What the system of a scenario left behind or changed around itself."""
        self.result: Result | None = None
        """What became of the scenario, where its own system took its journey."""

    def paired(self, build: Callable[[AgentChaos], Callable[[], Any]], *faults: Fault | tuple[Fault, Selector]) -> Pair:
        """Run the same journey under these faults and without: ``.cost`` is what recovery cost.

        ``build`` gets an ``agentchaos`` of its own for each of the two runs; it makes the system anew, declares what
        stands behind its URLs, and gives what is to be run.
        """
        __tracebackhide__ = True
        rules = tuple(rule(*one) if isinstance(one, tuple) else rule(one, on.any()) for one in faults)
        return paired(build, rules, seed=self.seed, given=lambda trial: AgentChaos(trial=trial))

    def explore(self, system: str | Callable[..., Any] | System, **asked: Any) -> Found:
        """Try every fault at every call of a journey, one in each trial, or ``depth`` of them together.

        ``system``: ``module:factory``, or a function that sets up a trial, as for :meth:`paired`, and gives what is
        run. What else may be asked is what ``pytest_agentchaos.explore.explore`` takes; the seed is this trial's.
        ``.assert_ok()`` decides on what it gives.
        """
        __tracebackhide__ = True
        from pytest_agentchaos.explore import explore

        return explore(system, **{"seed": self.seed, **asked})

    def crash_everywhere(self, system: str | Callable[..., Any] | System, **asked: Any) -> Found:
        """Crash caller and callee at every point of every call, one in each trial, and start them again."""
        __tracebackhide__ = True
        from pytest_agentchaos.explore import crash_everywhere

        return crash_everywhere(system, **{"seed": self.seed, **asked})

    def check(self, *judges: Invariant) -> tuple[Verdict, ...]:
        """Judge the history; anything but a pass fails the test."""
        __tracebackhide__ = True
        if not judges:
            msg = "agentchaos.check() got nothing to check; give for example invariants.at_most('model_calls', 12)"
            raise UsageError(msg)
        if not self._trial.ran:
            msg = "agentchaos.check() has no history to judge: call agentchaos.run(system, ...) before it"
            raise UsageError(msg)
        self._trial.declared.account()
        verdicts = tuple(judge(one, self.history) for one in judges)
        self.verdicts.extend(verdicts)
        if not all(verdict.passed for verdict in verdicts):
            message = "\n".join(["the trial does not hold:", *(f"  {verdict}" for verdict in verdicts)])
            pytest.fail(message, pytrace=False)
        return verdicts


def make(item: pytest.Item, upstreams: Mapping[str, Any], effects: Sequence[Any]) -> AgentChaos:
    """The fixture of one trial of one test; the trial has a number when there are several."""
    __tracebackhide__ = True
    marked = settings.marked(item, UsageError)
    number = item.callspec.params.get("agentchaos") if hasattr(item, "callspec") else None
    if marked.trials not in {None, 1} and number is None:
        msg = (
            f"trials={marked.trials} on {item.nodeid} can have no effect: put the marker on a test function or its"
            " class, and have the function take the fixture agentchaos as a parameter"
        )
        raise UsageError(msg)
    if not isinstance(upstreams, Mapping):
        msg = f"the fixture agentchaos_upstreams gave {upstreams!r}; it has to return a dictionary URL -> answerer"
        raise UsageError(msg)
    given: object = effects  # whatever it gave
    if not isinstance(given, (list, tuple)):
        msg = f"the fixture agentchaos_effects gave {effects!r}; it has to return a list of effects"
        raise UsageError(msg)
    plan = _plan(item, marked, number)
    session_seed = settings.setting(item.config, "seed")
    seed = session_seed + marked.seed + (number or 0) if plan is None else plan.seed
    chaos = AgentChaos(seed=seed, seed_offset=seed - session_seed)
    for url, thing in upstreams.items():
        chaos.upstream(url, thing)
    if effects:
        chaos.effect(*effects)
    if plan is not None and marked.scenario is not None:
        from pytest_agentchaos.plugin.scenario_marker import begin

        begin(chaos, plan)
    return chaos


def _plan(item: pytest.Item, marked: settings.Marked, number: int | None) -> Plan | None:
    """What the scenario of a test asks: the one that it is a trial of, or the one that its marker names."""
    if marked.scenario is None:
        case = getattr(item, "case", None)
        return None if case is None else case.plan
    from pytest_agentchaos.plugin.scenario_marker import cases

    found = cases(item, marked)
    if len(found) > 1 and number is None:
        msg = (
            f"the scenario {marked.scenario!r} has {len(found)} trials, of which {item.nodeid} can have only one: have"
            " a test function take the fixture agentchaos as a parameter"
        )
        raise UsageError(msg)
    return found[number or 0].plan
