"""What this system promises beyond what any system does: invariants of its own, for scenarios that are about it.

invariants: ["reference_system.promises:keeps_the_journey"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos import History, Verdict
from reference_system.contracts.trip import Reason, TripAnswer
from reference_system.journeys import find, judge
from reference_system.telemetry.correlation import from_baggage

_TOLD: Final = frozenset({Reason.COMPLETED, Reason.DEGRADED})
"""Reasons with a text that tells of the trip."""


@dataclass(frozen=True)
class keeps_the_journey:  # noqa: N801 - it reads as a phrase where it is used
    """A journey that is called completed has the end that was asked for, by the journey's own judge."""

    journey: str
    """Its name: the answer of a resumed trip does not tell it."""

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"keeps_the_journey({self.journey})"

    def check(self, history: History) -> Verdict:
        """Of a journey that ended in another way it says nothing bad: that is for ``expect`` to say."""
        answers, ops = _answers(history)
        if not answers:
            return Verdict(self.name, "unknown", "there is no answer", ops)
        if answers[-1].reason is not Reason.COMPLETED:
            return Verdict(self.name, "pass", f"the journey ended as {answers[-1].reason}", ops)
        wrong = judge(find(self.journey), answers)
        if wrong:
            return Verdict(self.name, "fail", "it is called completed, and " + "; ".join(wrong), ops)
        return Verdict(self.name, "pass", "what was asked for is there", ops)


@dataclass(frozen=True)
class tells_what_is_missing:  # noqa: N801 - the same
    """The text of an answer names each booking, each day's weather and each part that is missing."""

    name: str = "tells_what_is_missing"

    def check(self, history: History) -> Verdict:
        """Of texts that tell of a trip."""
        answers, ops = _answers(history)
        told = [answer for answer in answers if answer.reason in _TOLD]
        if not told:
            return Verdict(self.name, "unknown", "no answer tells of a trip", ops)
        lacking = [part for answer in told for part in _parts(answer) if part not in answer.text]
        if lacking:
            return Verdict(self.name, "fail", f"the text does not tell {lacking[0]!r}", ops)
        return Verdict(self.name, "pass", "it tells everything that the answer knows", ops)


@dataclass(frozen=True)
class handed_over:  # noqa: N801 - the same
    """A trip that a person is said to have stands in the queue of that person."""

    name: str = "handed_over"

    def check(self, history: History) -> Verdict:
        """Needs an answer with the ``queue``, as those tell who look into it after a trial."""
        said, ops = _last(history)
        queue = said.get("queue") if isinstance(said, Mapping) else None
        answers, _ = _answers(history)
        escalated = [answer.escalation for answer in answers if answer.reason is Reason.ESCALATED]
        if not escalated:
            return Verdict(self.name, "pass", "nothing was escalated")
        if queue is None:
            return Verdict(self.name, "unknown", "nobody looked into the queue", ops)
        lost = [one for one in escalated if one not in queue]
        if lost:
            return Verdict(self.name, "fail", f"a person is said to have the trip, and {lost[0]} is in no queue", ops)
        return Verdict(self.name, "pass", "a person has it", ops)


@dataclass(frozen=True)
class refunds_once:  # noqa: N801 - the same
    """Nothing is refunded twice: each booking once, whatever the keys of the requests for it."""

    name: str = "refunds_once"

    def check(self, history: History) -> Verdict:
        """By the answers to cancellations; the same request sent again is the same refund."""
        by: dict[str, dict[str, int]] = {}
        for call in history.calls("cancel_*", kind="tool"):
            key = str(call.call.arguments.get("idempotency_key", call.index))
            for data in (call.data, *(op.data for op in call.deliveries)):
                result = data.get("result")
                if isinstance(result, Mapping) and result.get("refunded_minor"):
                    by.setdefault(str(result.get("booking")), {}).setdefault(key, call.index)
        for booking, keys in by.items():
            if len(keys) > 1:
                return Verdict(self.name, "fail", f"{booking} was refunded {len(keys)} times", tuple(keys.values()))
        return Verdict(self.name, "pass", f"{len(by)} bookings were refunded, each once")


@dataclass(frozen=True)
class keeps_its_id:  # noqa: N801 - the same
    """Everything that is written for a trip, and the answer about it, has one correlation id, through every restart."""

    name: str = "keeps_its_id"

    def check(self, history: History) -> Verdict:
        """By the baggage of calls that name their trip."""
        ids: dict[str, dict[str, int]] = {}
        for call in history.calls(kind="tool"):
            trip = call.call.arguments.get("trip")
            if trip and (correlation := from_baggage(call.call.baggage or "")):
                ids.setdefault(str(trip), {}).setdefault(correlation, call.index)
        answers, ops = _answers(history)
        for answer in answers:
            if answer.trip in ids and answer.correlation:
                ids[answer.trip].setdefault(answer.correlation, *ops)
        for trip, known in ids.items():
            if len(known) > 1:
                return Verdict(self.name, "fail", f"{trip} has {len(known)} correlation ids", tuple(known.values()))
        if not ids:
            return Verdict(self.name, "unknown", "no write carries an id")
        return Verdict(self.name, "pass", f"{len(ids)} trips have one id each")


@dataclass(frozen=True)
class spends_at_most:  # noqa: N801 - the same
    """What stands booked in the end costs no more than a trip may, whoever has edited what."""

    limit_minor: int

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"spends_at_most({self.limit_minor})"

    def check(self, history: History) -> Verdict:
        """By what the records show."""
        looks = {op.data["world"]: op for op in history if op.kind == "note" and "rows" in op.data}
        if not looks:
            return Verdict(self.name, "unknown", "nobody looked at the records")
        spent = sum(row.get("amount") or 0 for op in looks.values() for row in op.data["rows"])
        told, ops = f"{spent} is spent, {self.limit_minor} may be", tuple(op.index for op in looks.values())
        return Verdict(self.name, "fail" if spent > self.limit_minor else "pass", told, ops)


def _last(history: History) -> tuple[Any, tuple[int, ...]]:
    """What the system answered in the end, and where that stands."""
    for op in reversed(tuple(history)):
        if op.kind == "note" and "outcome" in op.data:
            return op.data.get("answer"), (op.index,)
    return None, ()


def _answers(history: History) -> tuple[tuple[TripAnswer, ...], tuple[int, ...]]:
    said, ops = _last(history)
    found = said.get("answers", ()) if isinstance(said, Mapping) else said
    return tuple(TripAnswer.model_validate(one) for one in found or ()), ops


def _parts(answer: TripAnswer) -> Iterator[str]:
    yield from (row.booking for row in answer.bookings)
    yield from answer.weather
    yield from answer.missing
