"""What the system tells a test suite of itself: what it does to the world, what an answer claims, how to look.

    travel().introduce(agentchaos)

declares all of it in a trial, so that no invariant has to be told anything more.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pytest_agentchaos import Effect
from reference_system.contracts.manifest import load
from reference_system.store.interface import Store

_BY: Final = ("booking", "request_key=idempotency_key")
"""A booking is cancelled by its id, or by the key of the request for it."""

EFFECTS: Final = (
    Effect(
        "flight_booking",
        tool="book_flight",
        key=("trip", "flight", "date"),
        amount="result.amount_minor",
        id="result.booking",
        undo="cancel_flight",
        undo_by=_BY,
    ),
    Effect(
        "flight_hold",
        tool="hold_flight",
        key=("trip", "flight", "date"),
        id="result.booking",
        undo=("cancel_flight", "book_flight"),  # it ends by being let go, or by becoming a booking
        undo_by=(*_BY, "hold"),
    ),
    Effect(
        "hotel_booking",
        tool="book_hotel",
        key=("trip", "hotel", "check_in"),
        amount="result.amount_minor",
        id="result.booking",
        undo="cancel_hotel",
        undo_by=_BY,
    ),
    Effect(
        "table_reservation",
        tool="reserve_table",
        key=("trip", "restaurant", "date"),
        id="result.booking",
        undo="cancel_table",
        undo_by=_BY,
    ),
)

_KIND: Final[dict[str, Literal["flight", "room", "table"]]] = {
    "flight_booking": "flight",
    "flight_hold": "flight",
    "hotel_booking": "room",
    "table_reservation": "table",
}

_EFFECT_OF: Final = {
    "flights": "flight_booking",
    "hotels": "hotel_booking",
    "restaurants": "table_reservation",
}
"""Domain of a line in an answer -> what it claims to have done."""


def claimed(store: Store, answer: Any) -> list[dict[str, str]]:
    """What stands booked by the word of one answer, of several, or of a whole journey.

    The answer about a change of a trip tells only what is new. So what the answer before had told is still claimed,
    except for what has been cancelled since.
    """
    changed = {row.request.get("about") for row in store.trips()}
    gone = {row.booking for row in store.bookings(state="cancelled") if row.trip in changed}
    lines = [line for one in _answers(answer) for line in one["bookings"] if line["state"] == "booked"]
    told = {line["booking"]: _EFFECT_OF[line["domain"]] for line in lines if line["booking"] not in gone}
    return [{"effect": effect, "id": booking} for booking, effect in told.items()]


_ENDS: Final = {
    "completed": "completed",
    "degraded": "degraded",
    "needs_input": "asked",
    "escalated": "escalated",
    "refused": "refused",
}
"""Reason of an answer -> how the plugin calls that; all others are failures."""


def ended(taken: Any) -> str:
    """How a journey ended, by the last of its answers."""
    answers = taken if isinstance(taken, tuple) else taken.answers
    return _ENDS.get(answers[-1].reason, "failed")


def _answers(answer: Any) -> Any:
    return answer if isinstance(answer, list) else answer.get("answers", [answer])


_ITEM: Final = {"flight": "flight", "room": "hotel", "table": "restaurant"}
"""Kind of a booking -> what a key calls the thing that was booked."""


def standing(store: Store, effect: str) -> list[dict[str, Any]]:
    """What the tool servers have on record of an effect: its id, the parts of its key, and what it costs.

    A hold that has run out is still there: nobody has let it go. And whoever looks after a trial, whose time was
    virtual, sees every hold run out.
    """
    states = {"held", "expired"} if effect == "flight_hold" else {"booked"}
    return [
        {
            "booking": row.booking,
            "trip": row.trip,
            _ITEM[row.kind]: row.item,
            **{name: row.details[name] for name in ("date", "check_in") if name in row.details},
            "amount_minor": row.amount_minor,
        }
        for row in store.bookings()
        if row.state in states and row.kind == _KIND[effect]
    ]


def prices(model: str, manifest: str) -> dict[str, list[float]]:
    """What a million tokens of the model cost by a manifest, in its currency: input, output.

    Whether the manifest is as it was frozen is not asked here: the service does that when it starts.
    """
    price = load(manifest, verify=False).price
    return {model: [price.input_micro / 1_000, price.output_micro / 1_000]}
