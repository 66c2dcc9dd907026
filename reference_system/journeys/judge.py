"""Compares what a journey ended in with what would be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reference_system.contracts.trip import Booked, TripAnswer
from reference_system.journeys.journey import Expectation, ExpectedBooking, Journey


@dataclass(frozen=True, slots=True)
class Use:
    """What a journey used."""

    model_calls: int
    tokens: int
    tools: tuple[str, ...]
    """Every tool call, by name."""


def judge(journey: Journey, answers: Sequence[TripAnswer], use: Use | None = None) -> tuple[str, ...]:
    """What is wrong, in words; nothing if all is right."""
    wrong = [
        f"turn {at}: {what}"
        for at, (turn, answer) in enumerate(zip(journey.turns, answers, strict=False), 1)
        for what in judge_turn(turn.expect, answer)
    ]
    if len(answers) != len(journey.turns):
        wrong.append(f"{len(answers)} answers to {len(journey.turns)} turns")
    wrong += _policy(journey, answers)
    return (*wrong, *(_use(journey, use) if use else ()))


def judge_turn(expect: Expectation, answer: TripAnswer) -> Iterator[str]:
    """What is wrong with the answer to one turn."""
    if answer.reason != expect.reason:
        yield f"ended {answer.reason}, not {expect.reason}: {answer.text[:200]!r}"
    if (answer.problem or "") != expect.problem:
        yield f"its problem is {answer.problem or ''!r}, not {expect.problem!r}"
    yield from _bookings(expect.bookings, answer.bookings)
    yield from _missing(expect.missing, answer.missing)
    yield from (
        f"its text lacks {part!r}: {answer.text[:300]!r}"
        for part in expect.text_contains
        if not _has(answer.text, part)
    )
    question = answer.question or ""
    yield from (
        f"its question lacks {part!r}: {question!r}" for part in expect.question_contains if not _has(question, part)
    )
    if expect.weather is not None and bool(answer.weather) != expect.weather:
        yield f"weather is {'there' if answer.weather else 'missing'}"
    if expect.itinerary is not None and answer.itinerary != expect.itinerary:
        yield f"the itinerary is {'' if answer.itinerary else 'not '}saved"


def _has(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()


def _bookings(expected: Sequence[ExpectedBooking], booked: Sequence[Booked]) -> Iterator[str]:
    left = list(booked)
    for wanted in expected:
        fitting = [row for row in left if _fits(wanted, row)][: wanted.count]
        if len(fitting) < wanted.count:
            yield f"{len(fitting)} of {wanted.count} bookings like {wanted.model_dump(exclude_none=True)}"
        left = [row for row in left if row not in fitting]
    yield from (f"a booking too many: {row.domain} {row.what} ({row.booking})" for row in left)
    for booking, count in Counter(row.booking for row in booked).items():
        if count > 1:
            yield f"{booking} stands {count} times in the answer"


def _fits(wanted: ExpectedBooking, row: Booked) -> bool:
    pairs = ((wanted.domain, row.domain), (wanted.item, row.item), (wanted.first, row.first), (wanted.last, row.last))
    return (
        row.state == "booked"
        and all(want is None or want == got for want, got in pairs)
        and (wanted.names is None or wanted.names == row.names)
    )


def _missing(expected: Sequence[str], missing: Sequence[str]) -> Iterator[str]:
    yield from (
        f"it does not say that {part!r} is missing"
        for part in expected
        if not any(_has(line, part) for line in missing)
    )
    yield from (f"missing: {line}" for line in missing if not any(_has(line, part) for part in expected))


def _policy(journey: Journey, answers: Sequence[TripAnswer]) -> Iterator[str]:
    policy = journey.policy
    for row in (row for answer in answers for row in answer.bookings):
        if row.item in policy.forbidden_items:
            yield f"{row.item} is booked, which this journey forbids"
        if len(row.names) > policy.travellers_at_most:
            yield f"{row.booking} is for {len(row.names)} travellers, more than {policy.travellers_at_most}"
    spent = sum(answer.total_minor for answer in answers)
    if spent > journey.budget.spend_minor:
        yield f"it spent {spent}, more than {journey.budget.spend_minor}"


def _use(journey: Journey, use: Use) -> Iterator[str]:
    budget = journey.budget
    limits = (
        ("model calls", use.model_calls, budget.model_calls),
        ("tool calls", len(use.tools), budget.tool_calls),
        ("tokens", use.tokens, budget.tokens),
    )
    yield from (f"{used} {what}, more than {limit}" for what, used, limit in limits if used > limit)
    yield from (f"it called {tool}" for tool in sorted(set(use.tools) & set(journey.policy.forbidden_tools)))
