"""Histories of any length, as trips leave them: spans, retries, a lost answer, a rate limit, effects, claims."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.ledger import deed
from pytest_agentchaos.evidence.exchange import exchanges
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.span import Span

EFFECT = Effect("seat", tool="book_flight", key=("trip", "flight"), id="result.booking", undo="cancel_flight")
BOOK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"flight": {"type": "string"}, "trip": {"type": "string"}, "idempotency_key": {"type": "string"}},
    "required": ["flight", "trip"],
    "additionalProperties": False,
}
SEARCH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"origin": {"type": "string"}, "destination": {"type": "string"}, "day": {"type": "string"}},
    "required": ["origin", "destination"],
}
OFFERS = {"search_flights": SEARCH_SCHEMA, "book_flight": BOOK_SCHEMA}
TOOLS = (
    {"name": "search_flights", "inputSchema": SEARCH_SCHEMA, "annotations": {"readOnlyHint": True}},
    {
        "name": "book_flight",
        "inputSchema": BOOK_SCHEMA,
        "outputSchema": {"type": "object", "required": ["booking"]},
        "annotations": {"readOnlyHint": False, "idempotentHint": True},
    },
)
PROMPT = "You are the planner of a travel service. From a request you make a plan of typed steps. " * 8


def trips(ops: int) -> History:
    """At least so many ops, of whole trips."""
    story = Story()
    story.note(effects=[EFFECT.name])
    story.listed(*TOOLS)
    trip = 0
    while len(story.history) < ops:
        trip += 1
        _trip(story, trip)
    return story.history


def _trip(story: Story, number: int) -> None:
    """One trip of about fifty ops, one run."""
    trace, began_s, first = f"{number:032x}", story.now_s, len(story.history)
    spans: list[Span] = []

    def child(at: int, name: str, since_s: float, **attributes: Any) -> None:
        attributes |= {"gen_ai.operation.name": name.partition(" ")[0], "travel.correlation": f"c-{number}"}
        spans.append(_span(number, at, name, _id(number, 0), since_s, story.now_s, **attributes))

    def parent(at: int) -> str:
        return f"00-{trace}-{_id(number, at)}-01"

    for turn in range(4):
        since_s = story.now_s
        asked = ("search_flights", {"origin": "Zurich", "destination": f"City {turn}"})
        call = story.ask(f"{PROMPT} trip {number}, turn {turn}", offers=OFFERS, traceparent=parent(10 + turn))
        call.wait(1.1).says("", asked, tokens=(900, 40))
        child(10 + turn, "chat gpt-5", since_s, **{"gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 40})
        since_s = story.now_s
        searched = story.call(*asked[:1], arguments=asked[1], day=f"{number}", traceparent=parent(20 + turn))
        searched.wait(0.2).ok({"flights": [{"flight": f"LX{number}", "price_minor": 14700}]})
        child(20 + turn, "execute_tool search_flights", since_s, **{"gen_ai.tool.name": "search_flights"})
    since_s = story.now_s
    book = {"flight": f"LX{number}", "trip": f"t-{number}", "idempotency_key": f"k-{number}"}
    story.call("book_flight", arguments=book, traceparent=parent(30)).lost(10.0, result={"booking": f"B{number}"})
    story.wait(0.5 + number % 7 / 10)
    limited = story.call("book_flight", arguments=book, traceparent=parent(30))
    limited.fault("rate_limited").refused(429, retry_after_s=2.0)
    story.wait(2.5 + number % 5 / 10).call("book_flight", arguments=book, traceparent=parent(30)).ok(
        {"booking": f"B{number}"}
    )
    child(30, "execute_tool book_flight", since_s, **{"gen_ai.tool.name": "book_flight"})
    _account(story, first)
    story.note(claims=[{"effect": "seat", "key": [f"t-{number}", f"LX{number}"]}])
    for span in (*spans, _span(number, 0, "invoke_workflow trip", "", began_s, story.now_s)):
        story.history.append("span", at_s=story.now_s, data=span.to_data())
    story.ended(answer={"reason": "completed", "bookings": [{"flight": f"LX{number}", "trip": f"t-{number}"}]})


def _account(story: Story, first: int) -> None:
    for exchange in exchanges(story.history[first:]):
        if (done := deed(exchange, (EFFECT,))) is not None:
            story.history.append("effect", at_s=story.now_s, of=exchange.index, data=done.to_data())


def _span(  # noqa: PLR0913, PLR0917 - what a span is made of
    number: int, at: int, name: str, parent: str, start_s: float, end_s: float, **attributes: Any
) -> Span:
    attributes = {"travel.correlation": f"c-{number}", "gen_ai.operation.name": name.partition(" ")[0], **attributes}
    return Span(f"{number:032x}", _id(number, at), parent, name, start_s, end_s, attributes=attributes)


def _id(number: int, at: int) -> str:
    return f"{number * 100 + at + 1:016x}"
