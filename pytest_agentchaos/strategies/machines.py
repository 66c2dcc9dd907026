"""A state machine of Hypothesis over a running system: it finds the sequence of events that breaks an invariant."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.duplicate import Duplicate
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.schedule import Rule, Selector, on
from pytest_agentchaos.schedule import rule as make_rule
from pytest_agentchaos.strategies.running import Edge, Running
from pytest_agentchaos.system import System

__tracebackhide__ = explains_itself

PAUSES_S: Final = (1.0, 0.1, 10.0, 60.0, 600.0)
"""How long it may be left alone, the plainest first."""
_OPS: Final = 60


def machine(  # noqa: PLR0913 - all by keyword but the first
    system: str | Callable[..., Any] | System,
    *,
    journeys: Iterable[Any] = (None,),
    invariants: Sequence[Invariant] = (),
    always: Sequence[Invariant] = (),
    edges: Iterable[Edge] = (("*", "*"),),
    faults: Iterable[Fault | tuple[Fault, Selector]] = (Duplicate(),),
    repeats: bool = False,
    crashes: bool = True,
    seed: int = 0,
) -> type[RuleBasedStateMachine]:
    """A state machine over the system: ``TestTrips = strategies.machine(trip, journeys=["LX1", "LX2"]).TestCase``.

    ``journeys``: each is sent once, in the end at the latest; with ``repeats`` more often. ``invariants`` (or the usual
    ones) are judged whenever nothing is under way, and in the end, when all is healed and at rest; ``always`` after
    each step, for what no later step can mend. ``edges``: (caller, callee) globs that can be cut. ``faults``: what may
    happen to the next call, or to the next that a selector selects. ``crashes``: whether its process may be killed.
    """
    told = System.of(system)
    asked, cut, menu = _some(journeys), list(edges), [_Disturbance(one) for one in faults]

    class Machine(_Machine):
        """One example."""

        def __init__(self) -> None:
            super().__init__(Running(told, seed=seed, invariants=invariants), asked, always, repeats=repeats)

        @rule(journey=st.sampled_from(asked))
        def send(self, journey: Any) -> None:
            """It is asked for a journey."""
            self.ask(journey)

    more: dict[str, Any] = {}
    if menu:
        more["disturb_next"] = rule(fault=st.sampled_from(menu))(disturb_next)
    if cut:
        more["partition"] = rule(edge=st.sampled_from(cut))(partition)
        more["heal"] = rule(edge=st.sampled_from(cut))(heal)
    if crashes:
        more["crash"], more["restart"] = rule()(crash), rule()(restart)
    # Named for its system, because Hypothesis' database tells machines apart by their names.
    return type(f"{_last_word(told)}Machine", (Machine,), more)


class _Machine(RuleBasedStateMachine):
    """What all machines do.

    Every step is possible at any time, and one that finds nothing to do does nothing: steps with preconditions cannot
    be taken away one by one, and then what is found does not shrink.
    """

    def __init__(
        self, running: Running, journeys: Sequence[Any], always: Sequence[Invariant], *, repeats: bool
    ) -> None:
        super().__init__()
        self.running = running
        self._journeys = journeys
        self._always = tuple(always)
        self._repeats = repeats
        self._sent: list[Any] = []
        self.running.__enter__()

    def ask(self, journey: Any) -> None:
        """Begin it, unless nobody is there, or it was sent and is not to be sent again."""
        if self.running.alive and (self._repeats or journey not in self._sent):
            self._sent.append(journey)
            self.running.send(journey)

    @rule(seconds=st.sampled_from(PAUSES_S))
    def let_time_pass(self, seconds: float) -> None:
        """Nothing happens to it for so long."""
        self.running.pass_time(seconds)

    @invariant()
    def holds(self) -> None:
        """After each step, what can be known then."""
        running = self.running
        running.trial.declared.account()
        self._hold(judge(one, running.trial.history) for one in self._always)
        if running.alive and not running.under_way:
            self._hold(running.verdicts())

    def teardown(self) -> None:
        """In the end, everything; nothing more where a step has failed, or Hypothesis has had enough."""
        if sys.exception() is not None:
            self.running.__exit__()
            return
        try:
            self.running.rest(one for one in self._journeys if one not in self._sent)
            verdicts = self.running.verdicts()
        finally:
            self.running.__exit__()
        if self.running.trial.engine.problems:
            raise self.running.trial.engine.problems[0]
        self._hold(verdicts)
        self._hold(verdicts, "unknown")

    def _hold(self, verdicts: Iterable[Verdict], status: str = "fail") -> None:
        wrong = [str(verdict) for verdict in verdicts if verdict.status == status]
        if wrong and current_build_context().is_final:
            wrong += ["", self.running.trial.history.timeline(_OPS)]
        if wrong:
            raise AssertionError("\n".join(wrong))


class _Disturbance:
    """A fault for the next call; in a program of steps it is told as schedules tell it."""

    def __init__(self, told: Fault | tuple[Fault, Selector]) -> None:
        self.rule: Rule = make_rule(*told) if isinstance(told, tuple) else make_rule(told, on.any())

    def __repr__(self) -> str:
        return str(self.rule)


def disturb_next(self: _Machine, fault: _Disturbance) -> None:
    """It happens to the next call that it can happen to."""
    self.running.disturb_next(*fault.rule)


def partition(self: _Machine, edge: Edge) -> None:
    """What sets out over this edge from now on is lost."""
    if edge not in self.running.cuts:
        self.running.cut(edge)


def heal(self: _Machine, edge: Edge) -> None:
    """What sets out over it arrives again."""
    if edge in self.running.cuts:
        self.running.heal(edge)


def crash(self: _Machine) -> None:
    """Its process is killed."""
    self.running.crash()


def restart(self: _Machine) -> None:
    """It is started again."""
    if not self.running.alive:
        self.running.restart()


def _last_word(system: System) -> str:
    words: list[str] = re.findall(r"[^\W_]+", system.text.partition("(")[0])
    return words[-1].capitalize() if words else "System"


def _some(journeys: Iterable[Any]) -> list[Any]:
    given = [journeys] if isinstance(journeys, str) else list(journeys)
    if not given:
        msg = "machine(journeys=[]): there is nothing to send; leave it out for the system's own first journey"
        raise UsageError(msg)
    return given
