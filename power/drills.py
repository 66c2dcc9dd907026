"""Drills: for each bug and each safeguard the trouble that shows it, whatever is in the catalogue.

A drill has the shape of a scenario: faults, what is asked of the system, and how the journey may end. On a system as it
should be each of them passes, by any seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from power.named import TRAVEL, named
from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import Selector, rule
from reference_system.occasions import figures_agree
from reference_system.promises import (
    handed_over,
    keeps_its_id,
    keeps_the_journey,
    refunds_once,
    spends_at_most,
    tells_what_is_missing,
)

WEEKEND: Final = "weekend-in-lisbon"
SOUND: Final = (
    invariants.terminates(),
    invariants.no_duplicate_effect(),
    invariants.no_phantom(),
    invariants.no_orphan("*_[br]*"),  # seats that are held run out by themselves
    invariants.world_agrees(),
    refunds_once(),
)
"""What is asked in most drills."""
WHOLE: Final = (*SOUND, keeps_the_journey(WEEKEND))
"""The same, and what was asked for is there."""
UNDONE: Final = invariants.undone_if_failed(
    failed_when={"answers.-1.reason": ["failed", "needs_input", "deadline", "budget_exhausted", "refused"]}
)
TRIP_S: Final = 180
CALLS: Final = 60
TOKENS: Final = 210_000
"""What a trip may use, by the manifest; the reply that goes beyond is the last one."""
SPEND_MINOR: Final = 500_000
LOOPING: Final = "reference_system.occasions:looping"
ROOMS: Final = {"H-LIS-1/2027-03-05": 1, "H-LIS-2/2027-03-05": 9}


@dataclass(frozen=True)
class Drill:
    """One trouble and what is asked."""

    name: str
    finds: tuple[str, ...]
    """The bugs and the safeguards that are missed in it."""
    faults: tuple[tuple[Fault, Selector], ...] = ()
    asks: tuple[Any, ...] = SOUND
    expect: tuple[str, ...] = ()
    base: str = TRAVEL
    journey: str | None = None
    besides: tuple[str, ...] = ()
    """Safeguards that have to be off as well, or nobody would miss the one that is looked for."""
    trials: int = 1
    """Where chance decides."""

    @property
    def depth(self) -> int:
        """How many different troubles it takes."""
        return len(self.faults)

    def plans(self, bug: str = "", *, off: tuple[str, ...] = (), seed: int = 0) -> tuple[Plan, ...]:
        """Its trials, on a system with this bug or without these safeguards."""
        system = named(self.base, bug, off=tuple(dict.fromkeys((*off, *self.besides))))
        schedule = tuple(rule(*one) for one in self.faults)
        return tuple(
            Plan(system, self.journey, schedule, seed + at, self.asks, self.expect, f"drill/{self.name}")
            for at in range(self.trials)
        )


DRILLS: Final = (
    # --- what was done, and nobody heard of ---------------------------------------------------------------------------
    Drill(
        "ack-of-the-hotel-lost",
        ("short_window", "attempt_in_key", "duplicate_is_an_error", "idempotency"),
        ((faults.DropResponse(), on.tool("book_hotel", nth=1)),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "ack-of-the-table-lost",
        ("keyless_table",),
        ((faults.DropResponse(), on.tool("reserve_table", nth=1)),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "ack-lost-and-lost-again",
        ("remembered_once",),
        ((faults.DropResponse(), on.tool("book_hotel", nth=1)), (faults.DropResponse(), on.tool("book_hotel", nth=2))),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "acks-of-the-hotel-never-come",
        ("compensation_twice", "stale_lookup", "wrong_key_undone", "compensation"),
        ((faults.DropResponse(), on.tool("book_hotel")),),
        expect=("escalated",),
    ),
    Drill(
        "two-copies-at-once",
        ("race_on_key",),
        ((faults.Duplicate(order="in_flight"), on.write()),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "late-and-given-up",
        ("bar_forgotten",),
        ((faults.LateDelivery(seconds=150), on.tool("book_hotel")),),
    ),
    Drill(
        "two-users-and-one-room",
        ("capacity_constraint",),
        asks=(invariants.no_oversell("hotel_booking", ROOMS, per=("hotel", "check_in")),),
        base="reference_system.occasions:last_room",
    ),
    # --- what is down, and comes back or does not ---------------------------------------------------------------------
    Drill(
        "hotels-down-for-25-s",
        ("breaker_stays_open", "lock_kept"),
        ((faults.Unavailable(), on.tool("book_hotel", between=(0, 25))),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "down-then-told-to-rest",
        ("probe_leaks",),
        (
            (faults.Unavailable(), on.tool("book_hotel", between=(0, 15))),
            (faults.RateLimited(retry_after_s=2), on.tool("book_hotel", between=(15, 24))),
        ),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "tables-down",
        ("summary_from_plan", "degraded_as_completed", "truthful_summary", "fallback"),
        ((faults.Unavailable(), on.tool("reserve_table")),),
        WHOLE,
        ("degraded",),
    ),
    Drill(
        "flights-cannot-be-booked",
        ("silent_escalation", "escalation"),
        ((faults.Unavailable(), on.tool("book_flight")),),
        (*SOUND, handed_over()),
        ("escalated",),
    ),
    Drill(
        "hotels-down-and-four-users",
        ("breaker",),
        ((faults.Unavailable(), on.tool("search_hotels")),),
        (invariants.at_most("retries", 20, of="search_hotels"),),
        base="reference_system.occasions:rush",
    ),
    Drill(
        "no-room-anywhere",
        ("holds_kept",),
        asks=(*SOUND, UNDONE),
        expect=("asked",),
        journey="full-hotels",
    ),
    Drill(
        "model-slow-and-nothing-can-be-cancelled",
        ("leftovers_dropped",),
        ((faults.Latency(seconds=27), on.model()), (faults.Unavailable(), on.tool("cancel_hotel"))),
        (invariants.terminates(), invariants.no_phantom(), UNDONE),
    ),
    # --- manners ------------------------------------------------------------------------------------------------------
    Drill(
        "told-to-rest",
        ("rest_in_milliseconds", "tolerant_transport"),
        ((faults.RateLimited(retry_after_s=5), on.tool("search_hotels", between=(0, 5))),),
        (invariants.respects_retry_after(),),
        ("completed",),
    ),
    Drill(
        "model-overloaded-for-two-seconds",
        ("pauses_do_not_grow", "key_in_error_log", "retry_backoff"),
        ((faults.Overloaded(), on.model(between=(0, 2))),),
        (invariants.backs_off(growth=1.2), invariants.no_secret_leaked()),
    ),
    Drill(
        "two-holds-fail-together",
        ("no_jitter",),
        ((faults.Unavailable(), on.tool("hold_flight", times=6)),),
        (invariants.backs_off(growth=1, jitter=True),),
    ),
    Drill(
        "request-refused-for-good",
        ("refusals_retried",),
        ((faults.ErrorStatus(status=403), on.tool("book_hotel")),),
        (*SOUND, invariants.at_most("retries", 4, of="book_hotel")),
    ),
    Drill(
        "tools-busy-by-chance",
        ("budget_per_agent", "retry_budget"),
        ((faults.RateLimited(retry_after_s=0.5), on.tool(probability=0.75)),),
        (*SOUND, invariants.at_most("tool_calls", CALLS)),
        journey="tour-of-three-cities",
        trials=2,
    ),
    # --- time ---------------------------------------------------------------------------------------------------------
    Drill(
        "hotels-slow",
        ("impatient_gateway",),
        ((faults.Latency(seconds=5), on.tool("book_hotel")),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "model-slow",
        ("deadline_per_step", "deadline"),
        ((faults.Latency(seconds=27), on.model()),),
        (*SOUND, UNDONE, invariants.deadline_respected(TRIP_S)),
    ),
    # --- what the model says ------------------------------------------------------------------------------------------
    Drill(
        "summary-cut-off",
        ("cut_stream_believed", "stream_completion"),
        ((faults.StreamCut(after_events=85), on.model(nth=12)),),
        (*WHOLE, tells_what_is_missing()),
        ("completed",),
    ),
    Drill(
        "model-refuses",
        ("trace_lost_in_fallback",),
        ((faults.Refusal(), on.model(agent="hotels")),),
        (*WHOLE, invariants.complete_trace()),
        ("completed",),
    ),
    Drill(
        "orders-in-a-review",
        ("extra_arguments_pass",),
        ((faults.PoisonedContent(field="offers.0.review"), on.tool("search_hotels")),),
        (invariants.poisoned_content_ignored(),),
        ("completed",),
        base="reference_system.occasions:credulous",
    ),
    Drill(
        "model-is-sloppy",
        ("validate_arguments",),
        asks=(invariants.valid_messages(where=("arguments", "result")),),
        base="power.worlds:sloppy",
    ),
    Drill(
        "field-renamed-overnight",
        ("validate_results",),
        ((faults.SchemaDrift(change_to="renamed", field="booking"), on.tool("book_hotel", nth=1)),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "model-quotes-the-key",
        ("redaction",),
        asks=(invariants.terminates(), invariants.no_secret_leaked()),
        base="power.worlds:gossiping",
    ),
    Drill("talk-without-end", ("compression",), asks=SOUND, expect=("completed",), journey="long-conversation"),
    # --- a model in a loop --------------------------------------------------------------------------------------------
    Drill("model-loops", ("supervisor",), asks=(invariants.no_progress_loop(),), base=LOOPING),
    Drill(
        "model-loops-and-asks",
        ("step_budget",),
        asks=(invariants.at_most("model_calls", CALLS),),
        base=LOOPING,
        besides=("supervisor", "token_budget", "tool_budget"),
    ),
    Drill(
        "model-loops-and-pays",
        ("token_budget",),
        asks=(invariants.at_most("tokens", TOKENS),),
        base=LOOPING,
        besides=("supervisor", "step_budget", "tool_budget"),
    ),
    Drill(
        "model-loops-and-calls",
        ("tool_budget",),
        asks=(invariants.at_most("tool_calls", CALLS, of="[!c]*"),),  # what undoes may always be sent
        base=LOOPING,
        besides=("supervisor", "step_budget", "token_budget"),
    ),
    # --- what can be seen from outside --------------------------------------------------------------------------------
    Drill("is-it-traced", ("tracing",), asks=(invariants.complete_trace(),), expect=("completed",)),
    Drill(
        "is-it-correlated",
        ("correlation",),
        asks=(invariants.correlated(by="travel.correlation"),),
        expect=("completed",),
    ),
    Drill(
        "forecast-down-and-figures",
        ("telemetry",),
        ((faults.Unavailable(), on.tool("get_forecast")),),
        (figures_agree(),),
        base="reference_system.occasions:watched",
    ),
    Drill(
        "open-and-nothing-to-sell",
        ("business_health",),
        ((faults.ToolFailure(), on.tool("hold_flight")),),
        (invariants.terminates(),),
        ("refused",),
        base="reference_system.occasions:opening",
    ),
    Drill(
        "limit-raised-in-place",
        ("pinned_manifest",),
        asks=(spends_at_most(SPEND_MINOR),),
        base="power.worlds:edited",
    ),
    # --- processes ----------------------------------------------------------------------------------------------------
    Drill(
        "killed-while-the-room-is-booked",
        ("intents_forgotten", "checkpoints"),
        ((faults.Crash(point="before_reply"), on.tool("book_hotel", nth=1)),),
        WHOLE,
        ("completed",),
        base="power.worlds:one_room_left",
    ),
    Drill(
        "killed-and-asked-about",
        ("correlation_anew",),
        ((faults.Crash(point="before_reply"), on.tool("book_hotel", nth=1)),),
        (*WHOLE, keeps_its_id()),
        ("completed",),
    ),
    Drill(
        "killed-while-a-seat-is-held",
        ("checkpoint_first",),
        ((faults.Crash(point="before_reply"), on.tool("hold_flight", nth=1)),),
        WHOLE,
        ("completed",),
    ),
    Drill(
        "hotels-killed-after-booking",
        ("keys_in_memory",),
        ((faults.Crash(of="callee", point="before_reply"), on.tool("book_hotel", nth=1)),),
        WHOLE,
        ("completed",),
    ),
)
