"""A malformed answer: the body is not what its head promises."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import ClassVar, Literal

from pytest_agentchaos import rng
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.answers import ANSWERED, without_bytes
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Program, Return, Rewrite

HTML = b"<html><head><title>Sign in</title></head><body>Your session has expired.</body></html>"
_EVENT_DATA = re.compile(rb"^data: ?([{\[].*?)(\r?)$", re.MULTILINE)


@register
class Malformed(Fault):
    """The work was done, but what comes back is not JSON: a bracket is missing, or a page of HTML came instead.

    Some SDKs raise, some hand the wrong thing on. Of a stream, one event is broken.
    """

    name: ClassVar[str] = "malformed"
    family: ClassVar[Family] = "answer"
    kinds: ClassVar[frozenset[Kind]] = ANSWERED

    how: Literal["any", "unclosed", "garbled", "html"] = "any"
    """``any`` draws between the first two; ``html`` is what a login wall or a gateway sends, with status 200."""

    def inapplicable(self, situation: Situation) -> str | None:
        """Only an answer of bytes can be malformed."""
        return super().inapplicable(situation) or without_bytes(situation)

    def compile(self, situation: Situation) -> Program:
        """Deliver, then break the JSON of the answer."""
        seed = situation.draw.getrandbits(32)
        return (Deliver(), Rewrite(lambda reply: self._break(reply, rng.stream(seed, self.name))), Return())

    def _break(self, reply: Reply, draw: random.Random) -> Reply:
        if not reply.body:
            return reply
        if self.how == "html":
            return _as_html(reply)
        if not reply.is_event_stream:
            return reply.with_body(self._broken(reply.body, draw)) if _is_json(reply.body) else reply
        events = [found for found in _EVENT_DATA.finditer(reply.body) if _is_json(found[1])]
        if not events:
            return reply
        data = draw.choice(events)
        return reply.with_body(reply.body[: data.start(1)] + self._broken(data[1], draw) + reply.body[data.end(1) :])

    def _broken(self, body: bytes, draw: random.Random) -> bytes:
        how = draw.choice(("unclosed", "garbled")) if self.how == "any" else self.how
        text = body.rstrip()
        # An object or array without its last bracket is never JSON, nor is one that begins with a byte of no text.
        return text[:-1] if how == "unclosed" and text[-1:] in {b"}", b"]"} else b"\xff" + text[1:]


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):  # the second of a value that is deeper than can be read
        return False
    return True


def _as_html(reply: Reply) -> Reply:
    kept = tuple(pair for pair in reply.headers if pair[0].lower() != "content-type")
    return replace(reply, headers=(*kept, ("content-type", "text/html; charset=utf-8"))).with_body(HTML)
