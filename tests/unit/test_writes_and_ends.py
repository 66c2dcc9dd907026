"""Which calls change the world, by selectors; and how a journey ended, by the system's own word."""

from __future__ import annotations

import contextlib

import pytest

from pytest_agentchaos import Effect, faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import ENDS, runs
from pytest_agentchaos.schedule import rule, schedule_from_data, schedule_to_data


def met(selector, *declare):
    """The calls that a fault on this selector meets, of one to each of three tools."""
    chaos = Chaos()
    for one in declare:
        one(chaos)
    chaos.inject(faults.Latency(seconds=1), selector)

    def look():
        return 1

    def book():
        return 2

    def cancel():
        return 3

    tools = [chaos.tool(one) for one in (look, book, cancel)]
    chaos.run(lambda: [tool() for tool in tools])
    return [chaos.history[op.of].call.name for op in chaos.history if op.kind == "fault"]


def annotations(chaos):
    """By what the tools say of themselves."""
    chaos.tools(
        {"name": "look", "inputSchema": {}, "annotations": {"readOnlyHint": True}},
        {"name": "book", "inputSchema": {}, "annotations": {"readOnlyHint": False}},
    )


def seat(chaos):
    """A declared effect, by one tool only."""
    chaos.effect(Effect("seat", tool="book", key="id"))


def test_by_declared_effects_a_write_is_what_does_them():
    """Everything else reads."""
    assert met(on.write(), seat) == ["book"]
    assert met(on.read(), seat) == ["look", "cancel"]


def test_by_annotations_a_write_is_what_does_not_say_that_it_only_reads():
    """A tool that says nothing may do anything."""
    assert met(on.write(), annotations) == ["book", "cancel"]
    assert met(on.read(), annotations) == ["look"]


def test_a_declared_effect_counts_more_than_silence_and_less_than_an_annotation_of_another_tool():
    """Where both are there."""
    assert met(on.write(), seat, annotations) == ["book"]
    assert met(on.read(), seat, annotations) == ["look", "cancel"]


def test_where_nothing_is_known_every_tool_may_write():
    """A fault on writes is not lost because nobody declared anything."""
    assert met(on.write()) == ["look", "book", "cancel"]
    assert met(on.read()) == []


def test_a_write_may_be_narrowed_as_any_other_call():
    """By name and number; the number counts writes alone."""
    assert met(on.write("c*")) == ["cancel"]
    assert met(on.write(nth=1), seat) == ["book"]
    assert met(on.write(nth=2)) == ["book"]
    assert met(on.read(times=1), seat) == ["look"]
    assert met(on.tool("book", writes=False), seat) == []


def test_a_tool_that_undoes_an_effect_writes():
    """Compensation changes the world as well."""

    def undone(chaos):
        chaos.effect(Effect("seat", tool="book", key="id", id="result", undo="cancel"))

    assert met(on.write(), undone) == ["book", "cancel"]


@pytest.mark.parametrize(
    "selector",
    [
        on.write(),
        on.read(),
        on.write("book_*", nth=2),
        on.read(target="x"),
        on.tool("a", writes=True),
        on.any(writes=False),
    ],
)
def test_such_a_selector_survives_being_written_down(selector):
    """As data, and as the text that reports print."""
    schedule = (rule(faults.Hang(), selector),)
    assert schedule_from_data(schedule_to_data(schedule)) == schedule
    assert eval(str(selector), {"on": on}) == selector  # noqa: S307 - of our own making


# --- how a journey ended ----------------------------------------------------------------------------------------------


def ended(system, tells=None):
    """How the run of this system ended."""
    chaos = Chaos()
    if tells is not None:
        chaos.ends(tells)
    with contextlib.suppress(RuntimeError):
        chaos.run(system)
    again = History.from_jsonl(chaos.history.to_jsonl())
    assert again.view(runs) == chaos.history.view(runs)
    (run,) = again.view(runs)
    return run


def fails():
    """It raises."""
    raise RuntimeError


def test_what_nobody_declares_ends_as_python_sees_it():
    """A value is a completion; what is raised is a failure."""
    assert ended(lambda: "answer").ended == "completed"
    assert ended(fails).ended == "failed"
    assert ended(fails).ending == "raised"


@pytest.mark.parametrize("word", ENDS)
def test_the_system_may_say_how_it_ended(word):
    """By a function of the answer, async or not."""

    async def later():
        return {"status": word}

    assert ended(lambda: {"status": word}, lambda answer: answer["status"]).ended == word
    assert ended(later, lambda answer: answer["status"]).ended == word


def test_what_raises_has_no_word_of_its_own():
    """There is no answer to ask."""
    assert ended(fails, lambda _answer: "completed").ended == "failed"


@pytest.mark.parametrize("tells", [lambda _answer: "finished", lambda _answer: None, lambda answer: answer["status"]])
def test_a_word_that_nobody_knows_or_a_function_that_fails_is_no_end(tells):
    """Nobody knows how it ended, which passes for nothing."""
    assert ended(dict, tells).ended == ""


def test_what_is_no_function_cannot_say_it():
    """Told where it is declared."""
    with pytest.raises(UsageError, match="cannot say how a run ended"):
        Chaos().ends("completed")
