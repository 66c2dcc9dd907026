"""The summariser's mind: prose from what was really done, and from nothing else."""

from __future__ import annotations

from reference_system.contracts.asks import AskSummary
from reference_system.contracts.trip import Booked
from reference_system.model.brain.language.sayings import Sayings, sayings


def summarise(ask: AskSummary) -> str:
    """The answer's text."""
    say = sayings(ask.language)
    lines = [say.ends.get(ask.reason, say.ends["failed"])]
    lines += [f"- {_booking(row, say)}" for row in ask.bookings]
    if ask.total_minor:
        lines.append(say.total.format(amount=amount(ask.total_minor, ask.currency)))
    if ask.weather:
        lines.append(say.weather.format(lines="; ".join(ask.weather)))
    if ask.missing:
        lines.append(say.missing.format(parts="; ".join(ask.missing)))
    if ask.question:
        lines.append(ask.question)
    return "\n".join(lines)


def _booking(row: Booked, say: Sayings) -> str:
    paid = f", {amount(row.amount_minor, row.currency)}" if row.amount_minor else ""
    return f"{row.what} ({say.reference.format(booking=row.booking)}{paid})"


def amount(minor: int, currency: str) -> str:
    """``EUR 123.40``, the same in every language so that nobody misreads a separator."""
    return f"{minor // 100}.{minor % 100:02d} {currency}"
