"""The toxics as programs, carried out in a clock of the test's own: exact times, exact sizes, and what is drawn."""

from __future__ import annotations

import asyncio

import pytest

from pytest_agentchaos.rng import stream
from pytest_agentchaos.wires.toxiproxy.dose import Dose, Way
from pytest_agentchaos.wires.toxiproxy.stage import Place as Spot
from pytest_agentchaos.wires.toxiproxy.stage import Stage
from pytest_agentchaos.wires.toxiproxy.toxics import KINDS
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Close, Send, Signal, Take, Wait


class Place:
    """What a program may ask, with a clock that only waits move."""

    def __init__(self, seed=1, **attributes):
        self.attributes = attributes
        self.random = stream(seed, "test")
        self.tally_bytes = 0
        self.time_s = 0.0

    def now_s(self):
        """When it is."""
        return self.time_s


def carried_out(kind, place, arrivals):
    """What comes out, as (when, data), of data that arrives at certain times; None at the end of it is a close."""
    program = KINDS[kind].pipe(place)
    waiting = list(arrivals)
    out = []
    step = next(program)
    while True:
        given = None
        if isinstance(step, Take):
            given = _taken(step, place, waiting)
        elif isinstance(step, Wait):
            place.time_s = max(place.time_s, step.until_s)
        elif isinstance(step, Send):
            out.append((round(place.time_s, 6), step.chunk.data))
        else:
            assert isinstance(step, Close)
            return [*out, (round(place.time_s, 6), None)]
        step = program.send(given)


def _taken(step, place, waiting):
    if not waiting:
        if step.within_s is None:
            return Signal.END
        place.time_s += step.within_s
        return Signal.LATE
    arrived_s, data = waiting[0]
    if step.within_s is not None and arrived_s > place.time_s + step.within_s:
        place.time_s += step.within_s
        return Signal.LATE
    waiting.pop(0)
    place.time_s = max(place.time_s, arrived_s)
    return Chunk(data, arrived_s)


def test_latency_keeps_the_spacing():
    """Each chunk is late by the same; the end follows the last of them."""
    place = Place(latency=200, jitter=0)
    came = carried_out("latency", place, [(0.0, b"a"), (0.05, b"b"), (1.0, b"c")])
    assert came == [(0.2, b"a"), (0.25, b"b"), (1.2, b"c"), (1.2, None)]


def test_jitter_stays_within_its_bounds_and_never_reorders():
    """From latency - jitter to latency + jitter, whole milliseconds, the upper end excluded."""
    place = Place(latency=100, jitter=10)
    came = carried_out("latency", place, [(float(second), b"%d" % second) for second in range(500)])
    late_ms = [round((when - int(data)) * 1000, 3) for when, data in came[:-1]]
    assert min(late_ms) == 90.0
    assert max(late_ms) == 109.0
    assert [data for _, data in came[:-1]] == [b"%d" % second for second in range(500)]


def test_a_negative_latency_is_none():
    """As in the real one."""
    assert carried_out("latency", Place(latency=-5, jitter=-1), [(0.0, b"a")]) == [(0.0, b"a"), (0.0, None)]


def test_jitter_beyond_all_bounds_is_drawn_all_the_same():
    """The real server crashes on it."""
    came = carried_out("latency", Place(latency=0, jitter=2**62), [(0.0, b"a")])
    assert came[0][1] == b"a"


def test_bandwidth_sends_a_tenth_of_a_second_at_a_time():
    """The first piece waits as well; 1 kB is 1000 bytes."""
    came = carried_out("bandwidth", Place(rate=10), [(0.0, b"x" * 2500)])
    assert [(when, len(data)) for when, data in came[:-1]] == [(0.1, 1000), (0.2, 1000), (0.25, 500)]


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
def test_bandwidth_keeps_its_rate_over_many_chunks(rate):
    """Within half a per cent."""
    size = 250
    came = carried_out("bandwidth", Place(rate=rate), [(0.0, b"x" * size)] * 400)
    assert came[-1][0] == pytest.approx(400 * size / (rate * 1000), rel=0.005)


@pytest.mark.parametrize("rate", [0, -1, -(2**63)])
def test_a_bandwidth_of_nothing_or_less_waits_for_good(rate):
    """The real server crashes on less."""
    assert carried_out("bandwidth", Place(rate=rate), [(0.0, b"x")]) == [(float("inf"), None)]


def test_timeout_begins_anew_with_every_chunk():
    """Nothing comes out but the end."""
    arrivals = [(0.0, b"a"), (0.4, b"b"), (0.8, b"c"), (5.0, b"too late")]
    assert carried_out("timeout", Place(timeout=500), arrivals) == [(1.3, None)]


def test_a_timeout_of_nothing_waits_for_the_end():
    """And drops what comes."""
    assert carried_out("timeout", Place(timeout=0), [(0.0, b"a"), (9.0, b"b")]) == [(9.0, None)]


def test_slow_close_delays_the_end():
    """And nothing else."""
    assert carried_out("slow_close", Place(delay=500), [(0.0, b"a"), (1.0, b"b")]) == [
        (0.0, b"a"),
        (1.0, b"b"),
        (1.5, None),
    ]


def test_reset_peer_waits_after_the_first_chunk():
    """Which is dropped."""
    assert carried_out("reset_peer", Place(timeout=500), [(2.0, b"a"), (2.1, b"b")]) == [(2.5, None)]


def test_slicer_halves_and_halves_again():
    """1000 bytes, 100 on average, in sixteen pieces; microseconds after each."""
    place = Place(average_size=100, size_variation=0, delay=10)
    data = bytes(range(250)) * 4
    came = carried_out("slicer", place, [(0.0, data)])[:-1]
    assert {len(piece) for _, piece in came} == {62, 63}
    assert b"".join(piece for _, piece in came) == data
    assert [when for when, _ in came] == [round(number * 1e-5, 6) for number in range(16)]


@pytest.mark.parametrize(
    ("average", "variation", "largest"),
    [(0, 0, 1), (0, 5, 6), (-7, 0, 1), (-(2**63), -(2**63), 1), (10, 20, 30), (64, 32, 96), (1, 2**62, 1000)],
)
def test_slicer_copes_with_every_size(average, variation, largest):
    """The real server crashes on most of these. No piece is empty, none is too large, none is lost."""
    data = bytes(range(250)) * 4
    place = Place(average_size=average, size_variation=variation, delay=0)
    pieces = [piece for _, piece in carried_out("slicer", place, [(0.0, data)])[:-1]]
    assert b"".join(pieces) == data
    assert 1 <= min(map(len, pieces)) <= max(map(len, pieces)) <= largest


@pytest.mark.parametrize(("limit", "passes"), [(0, 0), (-1, 0), (1, 1), (5, 5), (6, 6)])
def test_limit_data_counts_bytes(limit, passes):
    """Over chunks, and to the byte."""
    came = carried_out("limit_data", Place(bytes=limit), [(0.0, b"abc"), (0.0, b"def"), (0.0, b"ghi")])
    assert b"".join(data for _, data in came[:-1]) == b"abcdefghi"[:passes]


def test_limit_data_ends_with_its_stream():
    """If that is shorter."""
    assert carried_out("limit_data", Place(bytes=100), [(0.0, b"abc")]) == [(0.0, b"abc"), (0.0, None)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_stream_that_ends_at_once_is_closed_by_every_toxic(kind):
    """Whatever its attributes, at their defaults."""
    place = Place(**dict.fromkeys(KINDS[kind].integers, 0))
    assert carried_out(kind, place, []) == [(0.0, None)]


class Receiver:
    """What a stage sends to; it has room until it is told otherwise."""

    def __init__(self):
        self.room = True
        self.came = []

    def has_room(self):
        """Whether it has."""
        return self.room

    def accept(self, chunk):
        """Bytes."""
        self.came.append(chunk.data)

    def end(self):
        """Nothing follows."""
        self.came.append(None)


@pytest.mark.parametrize("then", ["restart", "remove"])
def test_a_limit_that_was_reached_ends_the_connection_whatever_becomes_of_the_toxic(then):
    """The rest of that chunk is dropped already: bytes after it would follow a hole."""
    receiver = Receiver()

    async def limited():
        dose = Dose("l", KINDS["limit_data"], "downstream", Way.DOWNSTREAM, 1.0, {"bytes": 3})
        stage = Stage(dose, Spot(0, "p", 1), lambda: None, lambda dose: None)
        stage.accept(Chunk(b"abcdef", 0.0))
        assert stage.advance(receiver)
        receiver.room = False  # while the first three are on their way
        assert not stage.advance(receiver)
        dose.attributes["bytes"] = 1000
        getattr(stage, then)(receiver)
        receiver.room = True
        stage.accept(Chunk(b"ghi", 0.0))
        while stage.advance(receiver):
            pass

    asyncio.run(limited())
    assert receiver.came == [b"abc", None]
