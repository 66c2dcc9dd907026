"""Schedules that are drawn while a trial runs: at each call that sets out, "no fault" or one of a menu.

Nobody knows beforehand which calls a system will make, least of all under faults. So a list of faults for calls that
were guessed shrinks badly: take one away, and the others mean other calls. Here each call takes one number, whether or
not a fault may still happen, and 0 is "no fault": what is left out is left out, and all else stays where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from pytest_agentchaos import rng
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import registered
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.schedule import Rule, Schedule, Selector, on, rule
from pytest_agentchaos.trial import Trial

T = TypeVar("T")
Choice = Fault | SearchStrategy[Fault]
RATE = 0.5
"""Half of the calls: what is too much is shrunk away, and what needs several faults is met soon."""
_COUNTING = ("nth", "times", "probability", "site")


def schedules(
    faults: Iterable[Choice] | None = None,
    *,
    on: Selector | None = None,
    rate: float = RATE,
    at_most: int | None = None,
) -> SearchStrategy[DrawnSchedule]:
    """Schedules for :func:`check`, drawn call by call.

    ``faults``: the menu, the simplest first; faults, or strategies for them. All that need no parameters, unless told.
    ``on``: only calls that this selects. ``rate``: the share of them that meets a fault before anything is shrunk.
    ``at_most``: faults in one trial.
    """
    menu = _menu(faults)
    _check(on, rate, at_most)
    return _schedules(menu, on, rate, at_most)


@st.composite
def _schedules(
    draw: DrawFn, menu: Sequence[Choice], selector: Selector | None, rate: float, at_most: int | None
) -> DrawnSchedule:
    return DrawnSchedule(draw, menu, selector, rate=rate, at_most=at_most)


class DrawnSchedule:
    """One schedule, which comes about while its trial runs."""

    def __init__(
        self,
        draw: Callable[[SearchStrategy[Any]], Any],
        menu: Sequence[Choice],
        selector: Selector | None = None,
        *,
        rate: float = RATE,
        at_most: int | None = None,
    ) -> None:
        self._draw = draw
        self._menu = menu
        self._selector = selector
        self._at_most = at_most
        numbers = max(len(menu) + 1, ceil(len(menu) / rate))
        self._first = numbers - len(menu)
        """The number that stands for the first fault; those below stand for none."""
        self._number = st.integers(0, numbers - 1)
        self._trial: Trial | None = None
        self._rules: list[Rule] = []
        self._interruption: BaseException | None = None

    def __repr__(self) -> str:
        if self._trial is None:
            return "<faults, drawn at each call>"
        return f"<{', '.join(map(str, self._rules)) or 'no fault'}>"

    def attend(self, trial: Trial) -> None:
        """Draw for each call of this trial, and of no other."""
        if self._trial is not None:
            msg = "this schedule was drawn for another trial already; draw one for each: @given(first=..., second=...)"
            raise UsageError(msg)
        self._trial = trial
        trial.engine.watch = self._look

    def conclude(self) -> Schedule:
        """What was drawn, without the faults that had nothing to act on; Hypothesis gets its word in first."""
        if self._interruption is not None:
            raise self._interruption
        if self._trial is None:
            return ()
        return tuple(tally.rule for tally in self._trial.engine.tallies if tally.fired)

    def _look(self, flight: Flight) -> None:
        trial = self._trial
        if trial is None or self._interruption is not None or not self._selected(trial, flight):
            return
        try:
            fault = self._drawn()
        except BaseException as error:  # noqa: BLE001 - how Hypothesis ends an example; no agent may catch it
            self._interruption = error
            return
        if fault is None or (self._at_most is not None and len(self._rules) >= self._at_most):
            return
        site = trial.engine.history[flight.index].site
        seeded = partial(rng.stream, trial.seed, "drawn", site)
        situation = trial.engine.situation(flight, seeded)
        if site is not None and fault.inapplicable(situation) is None:
            self._rules.append(rule(fault, on.site(site)))
            trial.engine.add(self._rules[-1])

    def _selected(self, trial: Trial, flight: Flight) -> bool:
        selector = self._selector
        if selector is None:
            return True
        if not selector.matches(flight.call) or not selector.is_open(trial.clock.now_s()):
            return False
        return selector.writes is None or trial.engine.writes(flight.call) is selector.writes

    def _drawn(self) -> Fault | None:
        number = self._draw(self._number)
        if number < self._first:
            return None
        choice = self._menu[number - self._first]
        fault: Fault = choice if isinstance(choice, Fault) else self._draw(choice)
        return fault


def _menu(faults: Iterable[Choice] | None) -> tuple[Choice, ...]:
    if faults is None:
        return tuple(make() for make in registered().values() if not make.needs())
    menu = tuple(faults)
    for one in menu:
        if not isinstance(one, (Fault, SearchStrategy)):
            msg = f"schedules(faults=...): {one!r} is no fault; write for example faults.DropResponse()"
            raise UsageError(msg)
    if not menu:
        msg = "schedules(faults=[]): there is nothing to draw from; leave it out for all faults"
        raise UsageError(msg)
    return menu


def _check(selector: Selector | None, rate: float, at_most: int | None) -> None:
    if selector is not None and (given := [name for name in _COUNTING if getattr(selector, name) is not None]):
        msg = f"schedules(on={selector}): which of the calls is drawn, so {given[0]}= can have no part in it"
        raise UsageError(msg)
    if not 0 < rate <= 1:
        msg = f"schedules(rate={rate!r}): it is the share of calls that meets a fault, above 0 and at most 1"
        raise UsageError(msg)
    if at_most is not None and at_most < 0:
        msg = f"schedules(at_most={at_most!r}): write how many faults one trial may meet, or leave it out"
        raise UsageError(msg)
