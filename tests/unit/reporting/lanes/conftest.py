"""Trials by hand, and what is drawn of them."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.reporting.lanes import timeline

SEAT = {"effect": "seat", "key": ["LX1"], "fields": ["flight"]}


def drawn(story, *pointing, **more):
    """The timeline of a story of which a verdict that fails points at these ops."""
    verdicts = (Verdict("no_duplicate_effect", "fail", "seat was done twice", tuple(pointing)),) if pointing else ()
    result = Result("3f2a", {"scenario": "lost-ack", "journey": "trip", "seed": 0}, "fail", "twice", verdicts=verdicts)
    return timeline(story.history, result, **more)


def twice(story=None):
    """A seat is booked, the answer is lost, and it is booked again."""
    story = story or Story()
    story.note(effects=["seat"])
    story.ask("book a seat", agent="booker").says("", ("book", {"flight": "LX1"}), tokens=(100, 20))
    story.call("book", flight="LX1", agent="booker").lost(10, result={"id": "B1"})
    story.wait(0.4).call("book", flight="LX1", agent="booker").ok({"id": "B2"})
    first, second = (exchange.index for exchange in story.history.calls("book"))
    for call, name in ((first, "B1"), (second, "B2")):
        shown = [op.index for op in story.history if op.of == call and op.kind in {"deliver", "ok"}]
        story.history.append(
            "effect", at_s=story.now_s, of=call, data={**SEAT, "ids": [name], "sure": 1, "shown": shown}
        )
    return story.ended(answer={"text": "Booked."}), first, second


@pytest.fixture(name="twice")
def _twice():
    return twice()


@pytest.fixture(name="drawn")
def _drawn():
    return drawn
