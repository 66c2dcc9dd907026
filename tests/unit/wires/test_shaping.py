"""Bodies are cut, dripped and added to between pieces, wherever the chunks of their source end."""

from dataclasses import replace
from functools import partial

import pytest

from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.wires.shaping import Ending, Pause, Shaper

EVENTS = b"data: 1\n\ndata: 2\r\n\r\ndata: 3\n\n"


def _shaped(steps, *chunks, events=True):
    """Everything that a caller sees of these chunks, up to the first ending."""
    shaper = Shaper(steps, events=events)
    items = [item for chunk in chunks for item in shaper.feed(chunk)]
    items += shaper.finish()
    ends = [number for number, item in enumerate(items) if isinstance(item, Ending)]
    return items[: ends[0] + 1] if ends else items


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_events_are_whole_wherever_the_chunks_end(size):
    """A stream is handed on event by event, also when an event ends inside or across chunks."""
    chunks = [EVENTS[start : start + size] for start in range(0, len(EVENTS), size)]
    assert _shaped((), *chunks) == [b"data: 1\n\n", b"data: 2\r\n\r\n", b"data: 3\n\n"]


def test_an_unfinished_event_comes_at_the_end():
    """What never became a whole event is not lost."""
    assert _shaped((), b"data: 1\n\ndata") == [b"data: 1\n\n", b"data"]


def test_other_bodies_stay_as_they_come():
    """A body that is no stream of events keeps its chunks."""
    assert _shaped((), b"a\n\nb", b"c", events=False) == [b"a\n\nb", b"c"]


@pytest.mark.parametrize("how", ["end", "reset", "hang"])
def test_a_cut_after_events_ends_in_its_way(how):
    """After so many events the body ends, cleanly or not."""
    assert _shaped((Cut(events=1, then=how),), EVENTS) == [b"data: 1\n\n", Ending(how)]


def test_a_cut_after_bytes_may_split_a_chunk():
    """So many bytes pass, and not one more."""
    assert _shaped((Cut(limit_bytes=3),), b"ab", b"cd", events=False) == [b"ab", b"c", Ending("end")]


def test_a_body_within_the_limit_is_left_alone():
    """A limit that is not reached cuts nothing."""
    assert _shaped((Cut(limit_bytes=4),), b"ab", b"cd", events=False) == [b"ab", b"cd"]


def test_a_body_that_ends_at_the_cut_does_not_end_well():
    """A torn or silent end shows even where nothing was left to cut off; a clean one does not."""
    assert _shaped((Cut(events=3, then="reset"),), EVENTS)[-1] == Ending("reset")
    assert _shaped((Cut(limit_bytes=0, then="hang"),), events=False) == [Ending("hang")]
    assert _shaped((Cut(events=3),), EVENTS)[-1] == b"data: 3\n\n"


def test_a_drip_pauses_before_and_between_events():
    """The first pause and the others have their own lengths."""
    steps = (Drip(first_s=2.0, interval_s=0.5),)
    assert _shaped(steps, EVENTS)[:4] == [Pause(2.0), b"data: 1\n\n", Pause(0.5), b"data: 2\r\n\r\n"]


def test_a_drip_may_come_in_pieces():
    """A body without events drips in pieces of a size."""
    steps = (Drip(interval_s=1.0, piece_bytes=2),)
    assert _shaped(steps, b"abc", b"", events=False) == [b"ab", Pause(1.0), b"c"]


def test_an_insert_stands_between_events_or_behind_them():
    """Raw bytes come after so many events, also after the last."""
    assert _shaped((Insert(1, b"X"),), EVENTS)[1] == b"X"
    assert _shaped((Insert(3, b"X"),), EVENTS)[-1] == b"X"
    assert b"X" not in _shaped((Insert(4, b"X"),), EVENTS)


def test_shapes_work_on_what_the_ones_before_left():
    """What one step adds, the next one sees: also what it adds at the very end."""
    assert _shaped((Insert(0, b"X"), Cut(events=1)), EVENTS) == [b"X", Ending("end")]
    assert _shaped((Insert(3, b"X"), Drip(interval_s=1.0)), EVENTS)[-2:] == [Pause(1.0), b"X"]


def test_a_step_says_when_it_has_acted():
    """A fault that found nothing to act on has not fired."""
    acted = []
    for step in (Cut(events=1), Drip(interval_s=1.0), Insert(3, b"X"), Cut(events=3, then="reset")):
        name = type(step).__name__
        assert _shaped((replace(step, acted=partial(acted.append, name)),), EVENTS)
        assert acted.pop() == name
        acted.clear()
        _shaped((replace(step, acted=partial(acted.append, "never")),), events=False)
        assert acted == []
