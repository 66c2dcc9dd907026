"""What a schedule makes of a link at a moment: which rules act on it, and when that changes.

A link is no call that begins and ends, but the way there, for as long as the trial lasts. So it is decided anew
whenever a window of a rule opens or closes; ``probability`` is the share of connections that a rule acts on; and what
counts calls has no meaning here, as nobody sees how many of them a connection carries. Rules act on a link that they
name: by its kind, by a glob on its name, or in the groups of a partition. ``on.any()`` means the calls of the agents.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import inf

from pytest_agentchaos import rng
from pytest_agentchaos.errors import InternalError
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.faults.partition import Partition
from pytest_agentchaos.flight import NOT_THE_SYSTEM, Flight, Tally
from pytest_agentchaos.schedule import Rule, Selector
from pytest_agentchaos.wires.tcp.toxics import DeclinedError, Disturbance, disturbance


@dataclass(frozen=True, slots=True)
class Acting:
    """A rule that acts on the link now."""

    number: int
    """Its place in the schedule."""
    tally: Tally
    disturbance: Disturbance


class Decisions:
    """The decisions of one trial about one link."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._site = flight.engine.history[flight.index].site
        self._acting: dict[int, Acting] = {}
        self._counted: set[int] = set()
        self._declined: set[tuple[int, str]] = set()

    def now(self, at_s: float) -> tuple[Acting, ...]:
        """The rules that act at this moment; those that did before keep what they have drawn."""
        acting = (self._decided(number, tally, at_s) for number, tally in self._tallies())
        self._acting = {one.number: one for one in acting if one is not None}
        return tuple(self._acting.values())

    def next_s(self, at_s: float) -> float:
        """The first moment after this one at which another decision is due."""
        rules = (tally.rule for _, tally in self._tallies() if self._concerns(tally.rule))
        return min((edge for rule in rules for edge in _edges(rule, at_s) if edge > at_s), default=inf)

    def _tallies(self) -> Iterator[tuple[int, Tally]]:
        return enumerate(tuple(self._flight.engine.tallies), start=1)  # a test may inject more meanwhile

    def _concerns(self, rule: Rule) -> bool:
        selector, call = rule.selector, self._flight.call
        if not selector.matches(call) or not (_names(selector) or isinstance(rule.fault, Partition)):
            return False
        if selector.writes is not None and self._flight.engine.writes(call) is not selector.writes:
            return False
        return self._site is not None and selector.covers(self._site)

    def _decided(self, number: int, tally: Tally, at_s: float) -> Acting | None:
        rule = tally.rule
        if not self._concerns(rule) or not rule.selector.is_open(at_s):
            return None
        self._count(number, tally)
        try:
            return self._acts(number, tally, at_s)
        except DeclinedError as error:
            self._decline(number, tally, str(error))
        except Exception as error:  # noqa: BLE001 - of a fault, which may be anybody's
            msg = f"the fault {rule.fault} failed while deciding about {self._flight.call}: {told(error)}"
            problem = InternalError(f"{msg}; {NOT_THE_SYSTEM}")
            problem.__cause__ = error
            if self._decline(number, tally, "it failed"):
                self._flight.engine.problem(problem)
        return None

    def _acts(self, number: int, tally: Tally, at_s: float) -> Acting:
        flight, rule = self._flight, tally.rule
        situation = replace(flight.engine.situation(flight, partial(self._draw, tally)), elapsed_s=at_s)
        why = _counts(rule) or rule.fault.inapplicable(situation)
        if why is not None:
            raise DeclinedError(why)
        if number in self._acting:
            return self._acting[number]
        return Acting(number, tally, disturbance(rule.fault.compile(situation), rule.selector.probability or 1.0))

    def _draw(self, tally: Tally) -> random.Random:
        return rng.stream(self._flight.engine.seed, "fault", tally.stream, self._site)

    def _count(self, number: int, tally: Tally) -> None:
        """The link is one call that matches, once; not where that would take the place of one of the agents' calls."""
        if number not in self._counted and (tally.rule.selector.kind == "tcp" or _counts(tally.rule) is None):
            tally.matched += 1
        self._counted.add(number)

    def _decline(self, number: int, tally: Tally, why: str) -> bool:
        """Whether that is news."""
        if (number, why) in self._declined:
            return False
        self._declined.add((number, why))
        self._flight.decline(tally, why)
        return True


def _names(selector: Selector) -> bool:
    """Whether it asks for something by name, rather than for all calls there are."""
    globs = (selector.name, selector.target, selector.callee or "*")
    return selector.kind is not None or selector.site is not None or any(glob != "*" for glob in globs)


def _counts(rule: Rule) -> str | None:
    """Why a rule has no meaning where nobody sees calls; None if it does not count any."""
    selector = rule.selector
    if selector.nth is not None or selector.times is not None:
        what = f"nth={selector.nth}" if selector.nth is not None else f"times={selector.times}"
    elif isinstance(rule.fault, Partition) and rule.fault.calls is not None:
        what = f"calls={rule.fault.calls}"
    else:
        return None
    return f"{what} counts calls, and nobody sees how many of them a link carries; say when: between=(start_s, end_s)"


def _edges(rule: Rule, at_s: float) -> Iterator[float]:
    """The moments around this one at which a rule may begin or cease to act."""
    yield from (edge for edge in rule.selector.between or () if edge is not None)
    if isinstance(rule.fault, Partition):
        fault = rule.fault
        end_s = inf if fault.end_s is None else fault.end_s
        yield from (fault.start_s, end_s)
        if fault.flap_s is not None and fault.start_s <= at_s < end_s:
            down_s, up_s = fault.flap_s
            began_s = at_s - (at_s - fault.start_s) % (down_s + up_s)
            yield from (began_s + down_s, began_s + down_s + up_s)
