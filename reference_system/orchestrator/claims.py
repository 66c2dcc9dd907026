"""Whether a text claims what is true: every booking and amount of the ledger is in it, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reference_system.contracts.asks import AskSummary

_BOOKING = re.compile(r"\b[A-Z]{1,3}-\d{4,}\b")
_NUMBER = r"(?<![\d.,-])(\d{1,3}(?:[ .,'\u2019]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?)(?!\d)"
_AMOUNT = re.compile(rf"(?:€|\bEUR)\s*{_NUMBER}|{_NUMBER}\s*(?:€|EUR\b|euros?\b)", re.IGNORECASE)
_CENTS = re.compile(r"[.,](\d{2})$")


def untruths(text: str, ask: AskSummary) -> tuple[str, ...]:
    """What is wrong with a text that was written from this ask; nothing if it may be shown."""
    return tuple(_untruths(text, ask))


def _untruths(text: str, ask: AskSummary) -> Iterator[str]:
    if not text.strip():
        yield "it is empty"
    told, known = set(_BOOKING.findall(text)), {row.booking for row in ask.bookings}
    yield from (f"it tells of a booking {booking} that is not there" for booking in sorted(told - known))
    yield from (f"it does not tell of {booking}" for booking in sorted(known) if booking not in text)
    amounts = {_minor(one or other) for one, other in _AMOUNT.findall(text)}
    due = {row.amount_minor for row in ask.bookings if row.amount_minor} | ({ask.total_minor} - {0})
    yield from (f"it tells of {amount} cents that nothing costs" for amount in sorted(amounts - due))
    yield from (f"it does not tell of the {amount} cents" for amount in sorted(due - amounts))
    if ask.question is not None and ask.question not in text:
        yield "it does not ask the question"


def _minor(written: str) -> int:
    """``1.234,50``, ``1,234.50``, ``1 234`` and ``1234`` in cents."""
    cents = _CENTS.search(written)
    whole = written[: cents.start()] if cents else written
    return int(re.sub(r"\D", "", whole) or 0) * 100 + (int(cents[1]) if cents else 0)
