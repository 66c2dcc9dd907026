"""The timeline of a trip says what matters, line by line, and survives whatever stands in a message."""

import pytest

from reference_system.stack.timeline import timeline


def told(kind, body, **given):
    """The one line for this message."""
    message = {"at_s": 12.5, "sender": "flights", "receiver": "model", "kind": kind, "body": body}
    (line,) = timeline([message], width=160, **given)
    return line


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("request", {"text": "Lisbon, please"}, "Lisbon, please"),
        ("answer", {"reason": "completed", "text": "Done.\nAll of it."}, "completed: Done. All of it."),
        (
            "plan",
            {"steps": [{"id": "fly", "required": True}, {"id": "dine", "required": False}]},
            "fly, dine (optional)",
        ),
        ("plan", {"steps": [], "problem": "missing_data", "question": "When?"}, "problem=missing_data question=When?"),
        ("task", {"step": "stay", "task": {"task": "stay", "city": "Rome"}}, "step=stay task=stay city=Rome"),
        ("model_call", {"input": '{"ask":"plan","kind":"trip","text":"..."}'}, "ask=plan kind=trip"),
        ("model_call", {"input": [{"call_id": "1"}]}, "what came of 1 call"),
        ("model_reply", {"text": "I look.", "calls": [{"name": "a"}, {"name": "b"}]}, "calls a, b"),
        ("model_reply", {"text": "Here you are."}, "Here you are."),
        ("tool_call", {"step": "s", "arguments": '{"city":"Rome","guests":["A","B"]}'}, "city=Rome guests=A, B"),
        ("tool_call", {"step": "s", "arguments": "{broken"}, "text={broken"),
        ("tool_call", {"step": "s", "arguments": None}, ""),
        ("tool_result", {"result": {"offers": [{}, {}]}, "adopted": False}, "offers=(2)"),
        ("tool_result", {"result": {"booking": "H-1"}, "adopted": True}, "known already: booking=H-1"),
        ("report", {"step": "dine", "outcome": "failed", "because": "closed"}, "outcome=failed because=closed"),
        ("decision", {"reason": "completed", "problem": None}, "reason=completed"),
    ],
)
def test_each_kind_says_what_matters(kind, body, shown):
    """And not the rest, which is in the log."""
    line = told(kind, body)
    assert line.endswith(shown)
    assert line.startswith("   0.000 s  flights -> model")


def test_a_long_line_ends_in_dots():
    """A terminal's line is one line."""
    line = told("request", {"text": "x" * 500})
    assert len(line) == 160
    assert line.endswith("...")


def test_colours_only_where_they_are_wanted():
    """Not in a file."""
    assert "\x1b[" in told("answer", {"reason": "completed", "text": ""}, coloured=True)
    assert "\x1b[" not in told("answer", {"reason": "completed", "text": ""})
