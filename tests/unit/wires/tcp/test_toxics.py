"""What faults amount to on a connection of which nobody reads the bytes."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.faults import steps
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.rng import stream
from pytest_agentchaos.wires.tcp.dialect import Bytes
from pytest_agentchaos.wires.tcp.toxics import DeclinedError, Disturbance, Toxic, disturbance

REQUEST = Request("CONNECT", "tcp:postgres")
SITUATION = Situation(Bytes().read_call(REQUEST), REQUEST, Bytes(), lambda: stream(7, "test"))
DAYS_MS = 1_000_000_000


def up(kind, **attributes):
    """A toxic on what goes to the service."""
    return Toxic(kind, "upstream", attributes)


def down(kind, **attributes):
    """A toxic on what comes from the service."""
    return Toxic(kind, "downstream", attributes)


def stands(fault, toxicity=1.0):
    """What a fault amounts to."""
    return disturbance(fault.compile(SITUATION), toxicity)


@pytest.mark.parametrize(
    ("fault", "toxics"),
    [
        (faults.Latency(seconds=0.2), [up("latency", latency=200, jitter=0)]),
        (faults.Latency(seconds=0.0001), [up("latency", latency=1, jitter=0)]),
        (faults.Latency(seconds=1e300), [up("latency", latency=DAYS_MS, jitter=0)]),
        (faults.DropRequest(), [up("timeout", timeout=0), down("timeout", timeout=0)]),
        (faults.DropResponse(), [down("timeout", timeout=0)]),
        (faults.Hang(), [up("timeout", timeout=0), down("timeout", timeout=0)]),
        (faults.Hang(at="body"), [down("limit_data", bytes=0), down("slow_close", delay=DAYS_MS)]),
        (faults.Reset(), [down("reset_peer", timeout=0)]),
        (faults.Reset(after=False), [up("reset_peer", timeout=0)]),
        (faults.Bandwidth(bytes_per_s=20_000), [down("bandwidth", rate=20)]),
        (faults.Bandwidth(), [down("bandwidth", rate=1)]),
        (faults.LateDelivery(seconds=2), [up("latency", latency=2000, jitter=0), down("timeout", timeout=0)]),
        (
            faults.Partition(groups={"a": ("main",), "b": ("postgres",)}),
            [up("timeout", timeout=0), down("timeout", timeout=0)],
        ),
        (faults.Partition(groups={"a": ("main",), "b": ("postgres",)}, cut="b->a"), [down("timeout", timeout=0)]),
    ],
    ids=str,
)
def test_a_fault_of_the_delivery_is_toxics(fault, toxics):
    """Up to the service for what happens before it delivers, down from it for what happens afterwards."""
    assert stands(fault) == Disturbance(tuple(toxics))


@pytest.mark.parametrize(
    "fault", [faults.Refused(), faults.Partition(groups={"a": ("main",), "b": ("postgres",)}, refuse=True)], ids=str
)
def test_a_refusal_is_a_closed_port(fault):
    """No toxic refuses a connection."""
    assert stands(fault) == Disturbance(down=True)


@pytest.mark.parametrize("point", ["before_send", "before_reply", "after_reply"])
def test_a_crash_stops_a_process_whatever_its_point(point):
    """What the other end meets follows from that."""
    assert stands(faults.Crash(of="callee", point=point, down_s=3)).stops == (steps.Crash("callee", 3),)
    assert stands(faults.Pause(of="caller", seconds=2)).stops == (steps.Pause("caller", 2),)


def test_a_body_that_ends_early_is_a_limit():
    """Cleanly, or in silence."""
    cut = steps.Cut(limit_bytes=10, then="end")
    assert disturbance((steps.Deliver(), cut, steps.Return())).toxics == (down("limit_data", bytes=10),)
    absurd = steps.Cut(limit_bytes=1 << 80)
    assert disturbance((steps.Deliver(), absurd, steps.Return())).toxics == (down("limit_data", bytes=1 << 60),)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (faults.Duplicate().compile(SITUATION), "cannot be sent twice"),
        (faults.Duplicate(order="in_flight").compile(SITUATION), "cannot be sent twice"),
        (faults.Reorder().compile(SITUATION), "no messages that others could overtake"),
        (faults.LateDelivery(torn_after_s=1).compile(SITUATION), "torn meanwhile"),
        (faults.Unavailable().compile(SITUATION), "no answers"),
        (faults.Truncated(fraction=0.5).compile(SITUATION), "no answers that it could change"),
        (faults.Latency(seconds=0).compile(SITUATION), "nothing in it that acts"),
        (faults.Bandwidth(bytes_per_s=400).compile(SITUATION), "400 bytes a second are less than one"),
        (faults.Bandwidth(direction="request").compile(SITUATION), "nothing in it that acts"),
        ((steps.Deliver(), steps.Cut(events=3), steps.Return()), "it counts events"),
        ((steps.Deliver(), steps.Cut(limit_bytes=3, then="reset"), steps.Return()), "not tear it there"),
        ((steps.Deliver(), steps.Drip(interval_s=1), steps.Return()), "it counts events"),
        ((steps.Deliver(), steps.Insert(1, b"x"), steps.Return()), "no events"),
        ((steps.RewriteRequest(lambda one: one), steps.Deliver(), steps.Return()), "no requests"),
    ],
)
def test_what_has_no_meaning_for_bytes_is_declined(program, why):
    """With a reason that the report of an unfired fault can tell."""
    with pytest.raises(DeclinedError, match=why):
        disturbance(program)


def test_every_step_has_a_meaning_or_a_reason():
    """A new step cannot be forgotten here."""
    whole = {steps.Hold(1, 1.0), steps.DeliverLater(1.0), steps.Gone(), steps.Delay(0.0), steps.Deliver(2)}
    for step in (*whole, steps.Answer(None), steps.Rewrite(None), steps.RewriteRequest(None), steps.Insert(1, b"")):
        with pytest.raises(DeclinedError):
            disturbance((step, steps.Return()))


@pytest.mark.parametrize(
    ("fault", "toxics"),
    [
        (faults.Latency(seconds=1), (Toxic("latency", "upstream", {"latency": 1000, "jitter": 0}, 0.25),)),
        (faults.DropRequest(), (Toxic("timeout", "upstream", {"timeout": 0}, 0.25),)),
    ],
    ids=str,
)
def test_a_probability_is_a_share_of_the_connections(fault, toxics):
    """Each connection draws once for a fault, so a lost request is the loss of one direction."""
    assert stands(fault, 0.25).toxics == toxics


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faults.Refused(), "all connections or none"),
        (faults.Crash(of="callee"), "stops as a whole"),
        (faults.Hang(at="body"), "limit_data and slow_close together"),
    ],
    ids=str,
)
def test_what_cannot_be_shared_out_is_declined(fault, why):
    """Two toxics would be drawn apart from each other."""
    with pytest.raises(DeclinedError, match=why):
        stands(fault, 0.5)
