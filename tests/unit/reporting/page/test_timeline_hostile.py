"""Agents write what they like: on a page it is text, and nothing else."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.reporting.lanes import timeline
from pytest_agentchaos.reporting.page.text import visible
from pytest_agentchaos.reporting.page.timeline import draw

from .test_timeline import Tree

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "quotes": "' onmouseover='alert(1)",
    "end of element": "</details></li></ol></article><h1>owned",
    "reference": "&lt;script&gt; &#60;b&#62;",
    "template": "{{ 7*7 }} {% raw %} {0} {name!r} %s",
    "bidi": "abc\u202edcba\u2066x",
    "nul": "a\0b\x1b[31mred\x07",
    "surrogate": "half \ud83d a character",
    "comment": "<!-- -->]]><![CDATA[",
}


def everywhere(text):
    """A trial in which every text is this one."""
    story = Story()
    story.note(effects=[text])
    call = Call("tool", text, text, {text: text, "deep": [{text: [text]}]}, (text, text), dialect="mcp")
    story.begin(call).fault(text, parameter=text).delivered({text: text}, failure=text).wait(5).info(text)
    story.begin(call).refused(error=text)
    story.ask(text, model=text, target=text, agent=text).says(text, (text, text))
    story.history.append("effect", at_s=0, of=1, data={"effect": text, "key": [text], "sure": 1, "ids": [text]})
    story.span(
        text, attributes={"gen_ai.operation.name": "chat", "gen_ai.agent.name": text, "gen_ai.request.model": text}
    )
    story.note(world=text, rows=[{"key": [text], "id": text}])
    story.ended("raised", error=text).note(restart=text, by=text).ended(answer={text: text})
    return story


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_stays_text_wherever_it_stands(kind):
    """No element, attribute or character of it is obeyed; what hides or turns is shown as an escape."""
    text = HOSTILE[kind]
    story = everywhere(text)
    told = Result(
        text,
        {"scenario": text, "journey": text, "schedule": [{"fault": text, "on": {"name": text}, text: text}], "seed": 0},
        "fail",
        text,
        ended=text,
        verdicts=(Verdict(text, "fail", text, tuple(range(len(story.history)))),),
    )
    golden = Story()
    golden.call(text).ok(text)
    html = draw(timeline(story.history, told, replay=text, golden=golden.history, golden_trial=text))
    html.encode("utf-8")
    plain = Tree(draw(timeline(everywhere("harmless").history, told, replay="agentchaos replay")))
    tree = Tree(html)
    assert {one["tag"] for one in tree.elements} <= {one["tag"] for one in plain.elements} | {
        "details",
        "summary",
        "ul",
    }
    assert not tree.all("script") + tree.all("img") + tree.all("h1")
    assert not [name for one in tree.elements for name in one["attrs"] if name.startswith("on")]
    for tag in ("summary", "dd", "b", "em", "code"):  # it stands there as it was written
        assert any(visible(text) in one["text"] for one in tree.all(tag))
    assert not any(mark in html for mark in "\0\x1b\x07\u202e\u2066")


@pytest.mark.parametrize(
    "data",
    [
        {"status": "200", "result": float("nan")},
        {"status": True, "tool_calls": [1, None, {"name": None}], "usage": "many"},
        {"error": {"deep": [{}] * 3}, "failure": 7, "tool_calls": {"name": "x"}},
        {"result": [[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]], "bytes": -1, "unread": None},
        {"result": 10**5000},
    ],
)
def test_replies_of_any_shape_are_drawn(data):
    """Histories come from files, and from systems that answer what they like."""
    history = History(mode="live")
    for kind in ("model", "tool", "http", "rpc", "tcp", "agent"):
        call = history.append("invoke", at_s=float("inf"), call=Call(kind, "", "", {"input": [data]}))
        history.append("fault", at_s=0, of=call, data={"fault": None, "parameters": [data]})
        history.append("deliver", at_s=0, of=call, data=data)
        history.append("ok", at_s=float("nan"), of=call, data=data)
    history.append("note", at_s=0, data={"outcome": "hung", "answer": data})
    Tree(draw(timeline(history, Result("x", {}, "unknown"))))


def test_a_verdict_that_points_nowhere_is_drawn_without_links():
    """Ops may be those of another history, or no numbers at all."""
    story = Story()
    story.call("book").ok(1)
    told = Result("x", {}, "fail", verdicts=(Verdict("one", "fail", "twice", (99, -1)),))
    assert not Tree(draw(timeline(story.history, told))).all("a")
