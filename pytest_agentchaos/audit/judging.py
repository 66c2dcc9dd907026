"""Judging: whether a retry did to the world what one execution does, or what two do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.effect import (
    IDENTITY,
    Effect,
    Place,
    effect,
    leaves,
    masked,
    places,
    told,
    varying,
)
from pytest_agentchaos.audit.experiments import Heard
from pytest_agentchaos.audit.report import Outcome
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import listed

ANSWERS: Final = "the answers"
SEES_ERROR: Final = "the client sees an error"
_NEITHER: Final = "it leaves what neither one execution nor two leave"
_SHOWN: Final = 2
_ID: Final = re.compile(r"(?:^|[a-z]_|-)(?:id|uuid|guid|ref|reference|number|confirmation)$|[a-z]I[dD]$")
_NO_ID: Final = re.compile(r"(?:request|trace|span|correlation|session|event)[_-]?id$", re.IGNORECASE)
"""Ids of the exchange, and not of what was done."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One experiment from both sides: what it did to the world, and what the client heard of it."""

    effect: Effect
    heard: Heard
    ours: dict[str, str] = field(default_factory=dict)


class Yardstick:
    """What one execution does, and what two do; whatever else is seen is held against it."""

    def __init__(self, one: Seen, another: Seen, two: Seen) -> None:
        self._flaky = _flaky(one.effect, another.effect)
        self._mask = {place for place in varying(one.effect, another.effect) if place[0] not in self._flaky}
        self._one, self._two = self._steady(one.effect), self._steady(two.effect)
        self._answers = _Answers(one, another, two)
        self.decided_by: Counter[str] = Counter()
        """Which witnesses told one from two, or saw that anything was done."""

    @property
    def sees_nothing(self) -> str | None:
        """Why nothing can be decided; None if something can."""
        if self._one or self._two or self._answers.can_tell:
            return None
        if self._flaky:
            who = listed(sorted(self._flaky))
            return (
                f"two servers to which the same was done differ in what {who} shows, so that it proves nothing; a"
                " server that keeps things outside of its folder (--env, {sandbox}) is not fresh"
            )
        return "nothing that can be seen changes when it is called: no answer of a reading tool, no resource, no file"

    @property
    def has_effect(self) -> bool:
        """Whether the world is another after one execution, or after two."""
        return bool(self._one or self._two)

    @property
    def is_plain(self) -> bool:
        """Whether two executions, both meant, leave what one leaves."""
        return self._one == self._two

    @property
    def changed(self) -> list[str]:
        """What one execution changes, as lines."""
        return told(self._one or self._two)

    @property
    def witnesses(self) -> list[str]:
        """Those that see it."""
        return sorted({witness for witness, _ in places(self._one, self._two)}) or [ANSWERS]

    def judge(self, seen: Seen) -> Outcome:
        """Whether the retry was one execution or two."""
        if not self.has_effect:
            return self._answers.judge(seen)
        effect = self._steady(seen.effect)
        refused = _refused(seen)
        if effect == self._one:
            return Outcome("safe", refused)
        more = effect - self._one
        doubled = effect == self._two or _is_more(effect, self._one)
        if self._one != self._two and doubled and not all(change.is_of_bytes for change in more or effect):
            self.decided_by.update({change.witness for change in more})
            return Outcome("twice", f"after it, {_differences(effect, self._one)}")
        if all(change.is_of_bytes for change in (more + (self._one - effect))):
            return Outcome("unknown", "only the bytes of a file differ, which may mean anything")
        return Outcome(
            "unknown", f"it leaves what neither one execution nor two leave: {_differences(effect, self._one)}"
        )

    def judge_order(self, seen: Seen, in_order: Seen) -> Outcome:
        """Whether a late copy changed what a newer call had left."""
        effect, right = self._steady(seen.effect), self._steady(in_order.effect)
        if not self.has_effect:
            return Outcome("not run", "nothing but answers shows what it does, and they do not show an order")
        if effect == right:
            return Outcome("safe", _refused(seen))
        if self.is_plain and places(effect) <= places(right, self._one):
            return Outcome("stale", f"the late copy wins over the newer call: {_differences(effect, right)}")
        if _is_more(effect, right):
            return Outcome("twice", f"after it, {_differences(effect, right)}")
        return Outcome("unknown", f"it does not leave what the calls in order leave: {_differences(effect, right)}")

    def _steady(self, effect: Effect) -> Effect:
        kept: Effect = Counter({change: n for change, n in effect.items() if change.witness not in self._flaky})
        kept = masked(kept, self._mask)
        if any(not change.is_of_bytes for change in kept):
            kept = Counter({change: count for change, count in kept.items() if not change.is_of_bytes})
        return kept


def _flaky(one: Effect, another: Effect) -> set[str]:
    """Witnesses who see more of the same deed on one server than on another."""
    found = set()
    for place in varying(one, another):
        counts = [
            Counter({sign: _count(effect, place, sign) for sign in ("+", "-", "by")}) for effect in (one, another)
        ]
        if counts[0] != counts[1]:
            found.add(place[0])
    return found


def _count(effect: Effect, place: Place, sign: str) -> int:
    return sum(n for change, n in effect.items() if (change.witness, change.path) == place and change.sign == sign)


def _is_more(effect: Effect, right: Effect) -> bool:
    """Whether a witness sees everything that is right, and something besides."""
    witnesses = {witness for witness, _ in places(effect, right)}
    return any(_is_further(*(_of(witness, one) for one in (effect, right))) for witness in witnesses)


def _of(witness: str, effect: Effect) -> Effect:
    return Counter({change: count for change, count in effect.items() if change.witness == witness})


def _is_further(effect: Effect, right: Effect) -> bool:
    """The same things, and more of them; a number went the same way, and further."""
    by = {change.path: Decimal(change.text) for change in effect if change.sign == "by"}
    for change in right - effect:
        further = by.get(change.path, Decimal(0)) if change.sign == "by" else Decimal(0)
        if not further or further / Decimal(change.text) <= 1:
            return False
    return effect != right and places(effect) <= places(right)


def _refused(seen: Seen) -> str:
    """What a client should know of a retry that did no harm."""
    last = seen.heard.last
    if last is not None and last.error is not None and not last.lost:
        return f"{SEES_ERROR}: {last.but(seen.ours)}"
    return seen.heard.remark


def _differences(effect: Effect, right: Effect) -> str:
    more, less = told(effect - right), told(right - effect)
    parts = [f"{listed([printable(line) for line in lines], limit=_SHOWN)}" for lines in (more, less) if lines]
    return " instead of ".join(parts) if more else f"missing: {parts[0]}" if parts else "nothing differs"


class _Answers:
    """Answers as witnesses, where nothing else sees anything: those of a second execution differ from the first."""

    def __init__(self, one: Seen, another: Seen, two: Seen) -> None:
        firsts = [_said(seen.heard.first, seen.ours) for seen in (one, another, two)]
        self._mask = varying(firsts[0], firsts[1]) | varying(firsts[0], firsts[2])
        self._first = masked(firsts[0], self._mask)
        self._second = masked(_said(two.heard.last, two.ours), self._mask)
        self._second_refused = two.heard.last is not None and two.heard.last.error is not None
        self._is_steady = all(masked(each, self._mask) == self._first for each in firsts)
        ids = [_identities(answer) for answer in (two.heard.first, two.heard.last)]
        self._has_ids = bool(ids[0]) and ids[0] != ids[1] and self._is_steady

    @property
    def _differ(self) -> bool:
        return self._is_steady and self._first != self._second

    @property
    def can_tell(self) -> bool:
        return self._differ or self._has_ids

    def judge(self, seen: Seen) -> Outcome:
        last = seen.heard.last
        if last is None or last.lost:
            why = seen.heard.remark or (last.told if last is not None else "there was none")
            return Outcome("unknown", f"only an answer could tell: {why}")
        said = masked(_said(last, seen.ours), self._mask)
        if said == self._first or not self._differ:
            return self._by_ids(seen) if self._has_ids else Outcome("safe", "it is answered as the first one was")
        if self._second_refused and last.error is not None:
            return Outcome("safe", f"{SEES_ERROR}: {last.but(seen.ours)}")
        if said == self._second:
            return Outcome("twice", f"it is answered as a second execution is: {listed(_texts(said - self._first))}")
        return Outcome(
            "unknown", f"it is answered as neither a first nor a second execution is: {listed(_texts(said))}"
        )

    def _by_ids(self, seen: Seen) -> Outcome:
        first, last = _identities(seen.heard.first), _identities(seen.heard.last)
        if not first or not last:
            return Outcome("unknown", "one of the answers names nothing that was made")
        if first == last:
            return Outcome("safe", "it is answered with the id that the first one got")
        return Outcome("twice", f"it is answered with another id: {printable(last[0])}, after {printable(first[0])}")


def _said(answer: Answer | None, ours: dict[str, str]) -> Effect:
    """An answer as an effect, so that two of them are compared in the same way."""
    if answer is None:
        return Counter()
    value = {"error": answer.error} if answer.error is not None else answer.value
    said = effect(Counter(), leaves({ANSWERS: value}, ours))
    return Counter({change: count for change, count in said.items() if not _NO_ID.search(change.path)})


def _identities(answer: Answer | None) -> tuple[str, ...]:
    """What an answer calls the thing that was made."""
    if answer is None or answer.error is not None:
        return ()
    found: list[str] = []
    rest: list[tuple[str, Any]] = [("", answer.value)]
    while rest and len(found) < 100:  # noqa: PLR2004 - one would do
        name, value = rest.pop()
        if isinstance(value, dict):
            rest += [(str(key), one) for key, one in value.items()]
        elif isinstance(value, list):
            rest += [(name, one) for one in value]
        elif not _NO_ID.search(name):
            found += [str(value)] if value and _ID.search(name) else IDENTITY.findall(str(value))
    return tuple(sorted(found))


def _texts(effect: Effect) -> Iterable[str]:
    return [printable(change.text) for change in sorted(effect)[:_SHOWN]]
