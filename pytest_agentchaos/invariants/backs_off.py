"""Backs off: whoever tries again what failed waits before, and longer each time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import lgamma, log, prod, sqrt
from typing import Final, Literal, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.attempts import (
    RESOLUTION_S,
    Series,
    in_trouble,
    is_quantity,
    missing_end,
    seconds,
    series,
    wrong_clock,
)
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import listed, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_NEVER: Final = 1e-6
"""Pauses that chance would give a right system less often than this are no chance."""
_AT_ONCE_S: Final = 0.005
_FIRST_S: Final = 0.1
"""A first pause that is drawn by chance is drawn from no less than from 0 to this."""
_WIDEST: Final = 3.0
"""A backoff is capped at no less than so many times its first pause."""
_JITTER: Final = 0.1
"""Pauses are jittered if chance varies them by no less than this part of them."""


@register
@dataclass(frozen=True, slots=True)
class backs_off:
    """Promises that a call that failed for trouble (no answer, 408, 429, 5xx) is not tried again at once nor at fixed
    intervals, and that the pauses grow; it sees equal calls only, and few pauses that chance has drawn show little.

    Each agent's calls of one name at one target are judged together. That the pauses grow is seen when the middle one
    of the later pauses is longer, by half a step, than the middle one of the first; that they do not, when pauses drawn
    from windows that grow would look like these less than once in a million times; between the two it is unknown.
    Pauses for which the server named a time are left out: see ``respects_retry_after``.
    """

    growth: float = 2.0
    """By how much longer each pause is than the one before (with full jitter: may be). 1: they need not grow."""
    jitter: bool = False
    """Whether pauses must also differ from call to call, so that many clients do not come back all together. At least
    two calls must be tried again."""
    at_least_s: float = 0.0
    """No single pause is shorter; leave it at 0 for full jitter, whose pauses may be as short as chance likes."""

    def __post_init__(self) -> None:
        if not is_quantity(self.growth) or self.growth < 1:
            msg = f"backs_off(growth={self.growth!r}): a factor from 1 up is due; write for example 2.0"
            raise UsageError(msg)
        if not isinstance(self.jitter, bool):
            msg = f"backs_off(jitter={self.jitter!r}): write True or False"
            raise UsageError(msg)
        if not is_quantity(self.at_least_s):
            msg = f"backs_off(at_least_s={self.at_least_s!r}): write seconds from 0 up, for example 0.5"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        told = [f"growth={self.growth:g}"] if self.growth != 2.0 else []  # noqa: PLR2004 - the default
        told += ["jitter"] if self.jitter else []
        told += [f"at_least_s={self.at_least_s:g}"] if self.at_least_s else []
        return f"backs_off({', '.join(told)})" if told else "backs_off"

    def check(self, history: History) -> Verdict:
        """Judge each loop that tries again."""
        if (wrong := history.view(wrong_clock)) is not None:
            return Verdict(self.name, "unknown", *wrong)
        loops = history.view(_loops)
        if not loops:
            reason = (
                "no call was tried again after trouble; make one fail more often:"
                " agentchaos.inject(faults.Unavailable(), on.tool('search', times=4))"
            )
            return Verdict(self.name, "unknown", reason)
        found: dict[str, list[Finding]] = {"fail": [], "unknown": [], "pass": []}
        for loop in loops:
            status, reason = self._judge(loop)
            found[status].append(Finding(f"{shown(loop.of)}: {reason}", tuple(loop.ops)))
        passed = listed([finding.reason for finding in found["pass"]])
        if passed and found["unknown"]:
            passed += f"; {len(found['unknown'])} others were tried again too seldom to judge"
        doubts = [] if passed else found["unknown"]
        if (missing := missing_end(history)) is not None:
            doubts = [*doubts, Finding(*missing)]
        return Findings(found["fail"], doubts).concluded(self.name, passed)

    def _judge(self, loop: _Loop) -> _Found:
        """What is shown, and the first thing that is wrong."""
        pauses = [pause for line in loop.pauses_s for pause in line]
        told = f"{len(pauses)} pauses from {seconds(min(pauses))} to {seconds(max(pauses))}"
        if min(pauses) < self.at_least_s - RESOLUTION_S:
            return _Found("fail", f"it was tried again after {seconds(min(pauses))}, before {seconds(self.at_least_s)}")
        if _is_at_once(loop, self.growth):
            return _Found("fail", f"it was tried again at once ({told})")
        checks = [_grow] if self.growth > 1 else []
        checks += [_spread] if self.jitter else []
        found = [check(loop, self.growth) for check in checks] or [_paused(loop)]
        worst = min(found, key=lambda one: ("fail", "unknown", "pass").index(one.status))
        return _Found(worst.status, f"{worst.reason} ({told})")


class _Found(NamedTuple):
    status: Literal["fail", "unknown", "pass"]
    reason: str


class _Loop(NamedTuple):
    """What one agent's calls of one name at one target show of how it tries again."""

    of: str
    pauses_s: list[list[float]]
    """For each call, the pauses between its attempts."""
    ops: list[int]
    """The attempts."""


def _loops(history: History) -> tuple[_Loop, ...]:
    """The loops that tried something again; ask by ``history.view(_loops)``."""
    loops: dict[Hashable, _Loop] = {}
    for one in history.view(series):
        pauses = _own_pauses_s(one) if one.sure and len(one.attempts) > 1 else []
        if pauses:
            call = one.attempts[0].call
            loop = loops.setdefault(one.attempts[0].site[:4], _Loop(str(call), [], []))
            loop.pauses_s.append(pauses)
            loop.ops.extend(attempt.index for attempt in one.attempts[: len(pauses) + 1])
    return tuple(loops.values())


def _own_pauses_s(one: Series) -> list[float]:
    """The pauses that the caller chose itself, up to the first that it did not."""
    pauses: list[float] = []
    for attempt, pause in zip(one.attempts, one.pauses_s, strict=False):
        if not in_trouble(attempt) or attempt.data.get("retry_after_s") is not None:
            break
        pauses.append(pause)
    return pauses


def _is_at_once(loop: _Loop, growth: float) -> bool:
    """Most pauses are next to nothing, and not by chance."""
    pauses = [pause for line in loop.pauses_s for pause in line]
    near = [(pause, window) for pause, window in zip(pauses, _windows(loop, growth), strict=True) if pause < _AT_ONCE_S]
    if 2 * len(near) <= len(pauses):
        return False
    share = max(RESOLUTION_S, *(pause for pause, _ in near)) / _FIRST_S
    choices = lgamma(len(pauses) + 1) - lgamma(len(near) + 1) - lgamma(len(pauses) - len(near) + 1)
    return choices + sum(log(share / window) for _, window in near) < log(_NEVER)


def _grow(loop: _Loop, growth: float) -> _Found:
    """Whether later pauses are longer than first ones."""
    first = [line[0] for line in loop.pauses_s]
    later = [pause for line in loop.pauses_s for pause in line[1:]]
    if not later:
        return _Found("unknown", "no call was tried a third time, so that nothing shows whether pauses grow")
    breadth = max(RESOLUTION_S, max(first + later) - min(first + later)) / max(RESOLUTION_S, *first)
    grown = _middle(later) > sqrt(growth) * _middle(first)
    is_chance = _chance_within(breadth, list(_windows(loop, growth))) >= _NEVER
    if grown and (is_chance or _middle(later) > max(first)):
        return _Found("pass", "the pauses grow")
    if not grown and not is_chance:
        return _Found("fail", "the pauses do not grow")
    return _Found("unknown", "the pauses were not clearly seen to grow, which may be chance")


def _spread(loop: _Loop, growth: float) -> _Found:  # noqa: ARG001 - it is asked like the others
    """Whether the same pause of several calls differs from one to the other."""
    longest = max(map(len, loop.pauses_s))
    columns = [[line[at] for line in loop.pauses_s if len(line) > at] for at in range(longest)]
    columns = [column for column in columns if len(column) > 1]
    if not columns:
        return _Found("unknown", "only one call was tried again, so that nothing shows whether pauses vary by chance")
    shares = [(max(RESOLUTION_S, max(one) - min(one)) / max(RESOLUTION_S, *one), len(one)) for one in columns]
    if any(share > _JITTER for share, _ in shares):
        return _Found("pass", "the pauses vary from call to call")
    if prod(_chance_within(share / _JITTER, [1.0] * count) for share, count in shares) < _NEVER:
        return _Found("fail", "the pauses are the same for every call, without jitter")
    return _Found("unknown", "the pauses are nearly the same for every call, and too few to tell that from chance")


def _paused(loop: _Loop) -> _Found:
    if max(map(max, loop.pauses_s)) < _AT_ONCE_S:
        return _Found("unknown", "it was tried again at once, too seldom to tell that from chance")
    return _Found("pass", "it was tried again after a pause")


def _windows(loop: _Loop, growth: float) -> Iterable[float]:
    """How far the window of each pause reaches, in first pauses: what chance has to draw it from."""
    widest, steps = (_WIDEST, log(_WIDEST, growth)) if growth > 1 else (1.0, 0.0)
    return (growth**at if at < steps else widest for line in loop.pauses_s for at in range(len(line)))


def _chance_within(breadth: float, windows: list[float]) -> float:
    """At most how probable it is that draws from windows that begin at 0 all lie within such a breadth.

    Whichever draw is the lowest, each of the others has to fall into the breadth above it.
    """
    shares = [min(1.0, breadth / window) for window in windows]
    every = prod(shares)
    return min(1.0, sum(every / share for share in shares)) if every > 0 else 0.0


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
