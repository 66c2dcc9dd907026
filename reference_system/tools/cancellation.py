"""Undoing a booking: by its id, or by the key of the request for it, whether or not that has arrived."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Literal

from reference_system.catalogue.prices import CURRENCY
from reference_system.contracts.tools import Cancel, Cancelled
from reference_system.store.interface import BookingRow, Writing
from reference_system.tools.call import Call
from reference_system.tools.desk import Desk
from reference_system.tools.refusals import bad_request, not_found

Kind = Literal["flight", "room", "table"]

CANCELLED_BY: dict[Kind, str] = {"flight": "cancel_flight", "room": "cancel_hotel", "table": "cancel_table"}


def cancellation(kind: Kind) -> Callable[[Desk, Call[Cancel]], Coroutine[Any, Any, Cancelled]]:
    """The tool that undoes bookings of this kind."""

    async def cancel(desk: Desk, call: Call[Cancel]) -> Cancelled:
        """Undo it; what is undone already is answered in the same way."""
        booking, request_key = call.arguments.booking, call.arguments.request_key
        if booking is not None and request_key is None:
            return await desk.write(call, lambda writing: _undo_booking(writing, kind, booking))
        if request_key is not None and booking is None:
            if not desk.hardening.idempotency:
                raise bad_request(at="request_key", problem="no keys are kept here; name the booking")
            return await desk.write(call, lambda writing: _undo_request(writing, kind, request_key))
        raise bad_request(at="booking", problem="give either booking or request_key, one of them and not both")

    return cancel


def _undo_booking(writing: Writing, kind: Kind, booking: str) -> Cancelled:
    row = writing.booking(booking)
    if row is None:
        raise not_found(
            at="booking", problem=f"there is no booking {booking!r}; take the id that the booking tool answered"
        )
    return _undo(writing, kind, row)


def _undo_request(writing: Writing, kind: Kind, request_key: str) -> Cancelled:
    row = writing.booking_of_key(request_key)
    if row is not None:
        return _undo(writing, kind, row)
    writing.bar(request_key)
    return Cancelled(booking=None, state="cancelled", refunded_minor=0, currency=CURRENCY)


def _undo(writing: Writing, kind: Kind, row: BookingRow) -> Cancelled:
    if row.kind != kind:
        raise bad_request(at="booking", problem=f"{row.booking} is a {row.kind}; call {CANCELLED_BY[row.kind]} for it")
    if row.state in {"held", "booked"}:
        writing.cancel(row.booking)
    return Cancelled(
        booking=row.booking,
        state="cancelled",
        refunded_minor=row.amount_minor if row.details["charged"] else 0,
        currency=row.currency,
    )
