"""How programs combine: wherever the outer one delivers, the inner one happens."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.steps import (
    Answer,
    Cut,
    Delay,
    Deliver,
    DeliverLater,
    Hang,
    Refuse,
    Reset,
    Return,
    Rewrite,
    splice,
)

LATENCY = (Delay(5), Deliver(), Return())
DROP_RESPONSE = (Deliver(), Hang())
OVERLOADED = (Answer(Reply(529)), Return())


def _same(reply):
    return reply


MALFORMED = (Deliver(), Rewrite(_same), Return())
FIRST_OF_TWO = (Deliver(), Deliver(discard=True), Return())


@pytest.mark.parametrize(
    ("outer", "inner", "together"),
    [
        (LATENCY, DROP_RESPONSE, (Delay(5), Deliver(), Hang())),
        (DROP_RESPONSE, LATENCY, (Delay(5), Deliver(), Hang())),
        (LATENCY, LATENCY, (Delay(5), Delay(5), Deliver(), Return())),
        (LATENCY, OVERLOADED, (Delay(5), Answer(Reply(529)), Return())),
        (OVERLOADED, LATENCY, OVERLOADED),
        (LATENCY, (Refuse(),), (Delay(5), Refuse())),
        ((Hang(),), LATENCY, (Hang(),)),
        ((Deliver(), Reset()), MALFORMED, (Deliver(), Rewrite(_same), Reset())),
        ((Deliver(), Deliver(), Return()), LATENCY, (Delay(5), Deliver(), Delay(5), Deliver(), Return())),
        ((Deliver(2), Return()), (Deliver(2), Return()), (Deliver(4), Return())),
        ((Deliver(), Cut(events=3), Return()), LATENCY, (Delay(5), Deliver(), Cut(events=3), Return())),
    ],
)
def test_the_inner_program_happens_where_the_outer_delivers(outer, inner, together):
    """What the inner leaves in hand goes on through the outer; an end inside ends the whole."""
    assert splice(outer, inner) == together


def test_a_reply_that_nobody_takes_in_hand_is_not_acted_on():
    """Of two deliveries the first answer counts: what the inner fault does to replies happens to it once."""
    assert splice(FIRST_OF_TWO, MALFORMED) == (Deliver(), Rewrite(_same), Deliver(discard=True), Return())
    assert splice(FIRST_OF_TWO, LATENCY) == (Delay(5), Deliver(), Delay(5), Deliver(discard=True), Return())


@pytest.mark.parametrize(
    ("inner", "late"),
    [
        (LATENCY, (DeliverLater(65), Hang())),
        ((DeliverLater(7), Hang()), (DeliverLater(67), Hang())),
        (DROP_RESPONSE, (DeliverLater(60), Hang())),
        (OVERLOADED, (Hang(),)),
        ((Hang(),), (Hang(),)),
    ],
)
def test_a_late_request_that_meets_another_fault_arrives_if_it_would_have_arrived_at_all(inner, late):
    """Delays add up; what swallows or answers the request keeps it from arriving late as well."""
    assert splice((DeliverLater(60), Hang()), inner) == late


def test_shapes_of_different_watchers_are_equal():
    """Whom a step tells that it acted is no part of what it does."""
    assert Cut(events=1) == Cut(events=1, acted=print)
