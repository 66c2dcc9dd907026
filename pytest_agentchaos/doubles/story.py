"""A history by hand: for tests of invariants, and to see what one says.

story = Story()
story.call("book_flight", flight="LX1766").lost(result={"booking": "B1"})
story.wait(20).call("book_flight", flight="LX1766").ok({"booking": "B2"})
story.ended(answer="Booked.")
invariants.no_duplicate_effect("book_flight", key=("flight",)).check(story.history)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import NOTHING
from pytest_agentchaos.evidence.spans.span import Span


class Story:
    """Tells a history, op by op; each word takes no time, ``wait`` does."""

    def __init__(self, *, mode: str = "sim", seed: int = 0) -> None:
        self.history = History(mode=mode, seed=seed)
        self.now_s = 0.0
        self._spans = 0

    def wait(self, seconds: float) -> Self:
        """Let time pass."""
        self.now_s += seconds
        return self

    def call(  # noqa: PLR0913 - what a call is made of, all by keyword but the name
        self,
        name: str,
        /,
        *,
        kind: Kind = "tool",
        target: str = "tools.example/mcp",
        agent: str = "",
        traceparent: str = "",
        baggage: str = "",
        arguments: Mapping[str, Any] = NOTHING,
        **more: Any,
    ) -> StoryCall:
        """A call begins. ``agent`` is a path, ``planner/flights``; other keywords are arguments."""
        call = Call(
            kind,
            target,
            name,
            {**arguments, **more},
            tuple(filter(None, agent.split("/"))),
            dialect="mcp" if kind in {"tool", "rpc"} else "http",
            traceparent=traceparent,
            baggage=baggage,
        )
        return self.begin(call)

    def ask(  # noqa: PLR0913 - the same
        self,
        prompt: str = "",
        /,
        *,
        model: str = "gpt-5",
        target: str = "api.openai.com",
        offers: Sequence[str] | Mapping[str, Any] = (),
        agent: str = "",
        traceparent: str = "",
        **arguments: Any,
    ) -> StoryCall:
        """A call to a language model; ``offers`` are names of tools, or tool -> schema of its arguments."""
        call = Call(
            "model",
            target,
            model,
            {"input": prompt, **arguments},
            tuple(filter(None, agent.split("/"))),
            dialect="openai-responses",
            offers=tuple(offers),
            schemas=dict(offers) if isinstance(offers, Mapping) else None,
            traceparent=traceparent,
        )
        return self.begin(call)

    def begin(self, call: Call) -> StoryCall:
        """This call begins."""
        return StoryCall(self, self.history.append("invoke", at_s=self.now_s, call=call))

    def listed(self, *tools: Mapping[str, Any], target: str = "tools.example/mcp") -> Self:
        """A server is asked for its tools, and tells them: each as MCP writes it (name, inputSchema, annotations)."""
        self.call("tools/list", kind="rpc", target=target).ok({"tools": list(tools)})
        return self

    def span(  # noqa: PLR0913 - what a span is made of, all by keyword but the name
        self,
        name: str,
        /,
        *,
        start_s: float | None = None,
        end_s: float | None = -1.0,
        parent: Span | None = None,
        trace_id: str = "",
        span_id: str = "",
        **fields: Any,
    ) -> Span:
        """A span ends now, or at ``end_s`` (None: never). Ids are counted, a child has its parent's trace."""
        self._spans += 1
        made = Span(
            trace_id=trace_id or (parent.trace_id if parent else f"{1:032x}"),
            span_id=span_id or f"{self._spans:016x}",
            parent_id=parent.span_id if parent else "",
            name=name,
            start_s=self.now_s if start_s is None else start_s,
            end_s=self.now_s if end_s == -1.0 else end_s,
        )
        made = replace(made, **fields)
        self.history.append("span", at_s=self.now_s, data=made.to_data())
        return made

    def note(self, **data: Any) -> Self:
        """Something that belongs to no call."""
        self.history.append("note", at_s=self.now_s, data=data)
        return self

    def ended(self, ending: str = "completed", *, answer: Any = None, error: str | None = None) -> Self:
        """The run ends."""
        told = {"error": error} if error is not None else {} if answer is None else {"answer": answer}
        return self.note(outcome=ending, **told)


class StoryCall:
    """A call under way."""

    def __init__(self, story: Story, index: int) -> None:
        self.story = story
        self.index = index

    def fault(self, name: str, **parameters: Any) -> Self:
        """A fault acts on it."""
        self._add("fault", {"fault": name, "parameters": parameters})
        return self

    def delivered(self, result: Any = None, **more: Any) -> Self:
        """The callee gets it and truly answers this, seen by the caller or not."""
        self._add("deliver", {"status": 200, "result": result, **more})
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass."""
        self.story.wait(seconds)
        return self

    def ok(self, result: Any = None, *, status: int = 200, **more: Any) -> Story:
        """The caller gets this reply."""
        self._add("ok", {"status": status, "result": result, **more})
        return self.story

    def says(
        self, text: str = "", *calls: tuple[str, Any], tokens: tuple[int, int] | None = None, finish: str | None = None
    ) -> Story:
        """A model says this and asks for these tools: (name, arguments), arguments as a mapping or raw text."""
        asked = [
            {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)} for name, given in calls
        ]
        data: dict[str, Any] = {"finish": finish or ("tool_calls" if asked else "stop"), "tool_calls": asked}
        if tokens is not None:
            data["usage"] = {"input_tokens": tokens[0], "output_tokens": tokens[1], "cached_tokens": 0}
        return self.ok(text, **data)

    def refused(self, status: int = 503, *, error: str = "unavailable", retry_after_s: float | None = None) -> Story:
        """The caller gets an error as its reply."""
        more = {} if retry_after_s is None else {"retry_after_s": retry_after_s}
        return self.ok(None, status=status, error=error, **more)

    def failed(self, failure: str = "the tool failed") -> Story:
        """The tool ran, and says that it failed."""
        return self.ok(None, failure=failure)

    def lost(self, after_s: float = 20.0, *, result: Any = None, fault: str = "drop_response") -> Story:
        """The callee does it, and its answer is lost: the caller gives up after a while, and knows nothing."""
        self.fault(fault).delivered(result).wait(after_s)
        return self.info("ReadTimeout: the answer did not come")

    def info(self, error: str = "ReadTimeout: nothing came") -> Story:
        """It ends, and nobody knows whether it happened."""
        self._add("info", {"error": error})
        return self.story

    def fail(self, error: str = "ConnectError: refused") -> Story:
        """It ends, and surely did not happen."""
        self._add("fail", {"error": error})
        return self.story

    def _add(self, kind: Any, data: Mapping[str, Any]) -> None:
        self.story.history.append(kind, at_s=self.story.now_s, of=self.index, data=data)
