"""A script is read from Python and from files; what is wrong with it is told with its place."""

import json

import pydantic
import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.doubles.script import as_turn, call_tool, call_tools, read_script, refuse, say
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.usage import Usage


class City(pydantic.BaseModel):
    """A structured answer."""

    name: str


@pytest.mark.parametrize(
    ("entry", "turn"),
    [
        ("hi", Turn("hi")),
        (say("hi", finish="length"), Turn("hi", finish="length")),
        (refuse("no"), Turn("no", finish="refusal")),
        (call_tool("a", name="n", x=[1]), Turn("", (ToolCall("", "a", '{"name": "n", "x": [1]}'),), "tool_calls")),
        (
            call_tools(call_tool("a"), call_tool("b"), text="Both."),
            Turn("Both.", (ToolCall("", "a", "{}"), ToolCall("", "b", "{}")), "tool_calls"),
        ),
        (City(name="Lisbon"), Turn('{"name":"Lisbon"}')),
    ],
)
def test_each_kind_of_entry_is_a_turn(entry, turn):
    """Text, constructors and pydantic objects."""
    assert as_turn(entry, "here") == turn


@pytest.mark.parametrize("entry", [None, 7, {"say": "hi"}, City])
def test_what_a_model_cannot_say_is_an_error(entry):
    """The place, the value and what is valid are named."""
    with pytest.raises(UsageError, match=r"entry 3 is .*call_tool"):
        as_turn(entry, "entry 3")


ENTRIES = [
    "hi",
    {"say": "hi", "usage": {"input_tokens": 9, "output_tokens": 4}},
    {"call": "search", "arguments": {"city": "Lisbon, [x]"}},
    {"call": "search", "arguments": "not json", "say": "I look."},
    {"calls": [{"call": "a"}, {"call": "b", "arguments": {}}]},
    {"refuse": "no"},
    {"json": {"city": "Évora"}},
    {"say": "cut", "finish": "length"},
]
TURNS = (
    Turn("hi"),
    Turn("hi", usage=Usage(9, 4)),
    Turn("", (ToolCall("", "search", '{"city": "Lisbon, [x]"}'),), "tool_calls"),
    Turn("I look.", (ToolCall("", "search", "not json"),), "tool_calls"),
    Turn("", (ToolCall("", "a", "{}"), ToolCall("", "b", "{}")), "tool_calls"),
    Turn("no", finish="refusal"),
    Turn('{"city": "Évora"}'),
    Turn("cut", finish="length"),
)


def test_a_file_may_hold_one_entry_a_line(tmp_path):
    """JSON Lines; blank lines do not count."""
    file = tmp_path / "script.jsonl"
    file.write_text("\n\n".join(map(json.dumps, ENTRIES)) + "\n", encoding="utf-8")
    assert read_script(file) == TURNS


def test_a_file_may_hold_a_list(tmp_path):
    """JSON, in any layout."""
    file = tmp_path / "script.json"
    for indent in (None, 2):
        file.write_text(" " + json.dumps(ENTRIES, indent=indent, ensure_ascii=False), encoding="utf-8")
        assert read_script(file) == TURNS


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{", "not JSON"),
        ("7", "7 is no entry"),
        ("{}", "exactly one of say, call, calls, refuse, json; this one has none"),
        ('{"say": "a", "refuse": "b"}', "this one has say and refuse"),
        ('{"calls": [{"call": "a"}], "call": "a"}', "this one has call and calls"),
        ('{"sya": "a"}', "no 'sya'; did you mean 'say'"),
        ('{"say": 7}', "'say' must be a string, not 7"),
        ('{"call": null}', "'call' must be a string, not None"),
        ('{"call": "a", "arguments": 7}', "'arguments' must be an object or a string, not 7"),
        ('{"say": "a", "arguments": {}}', "'arguments' belong to a 'call'"),
        ('{"calls": []}', "'calls' must be a list"),
        ('{"calls": ["a"]}', "'calls' must be a list"),
        ('{"calls": [{"call": "a", "say": "b"}]}', "no 'say'"),
        ('{"calls": [{}]}', "'call' must be a string"),
        ('{"say": "a", "finish": "lenght"}', "no finish 'lenght'; did you mean 'length'"),
        ('{"say": "a", "finish": ["x"]}', "no finish"),
        ('{"say": "a", "usage": {"input": 1}}', "no 'input'"),
        ('{"say": "a", "usage": {"input_tokens": -1}}', "'usage' must be an object of counts"),
        ('{"say": "a", "usage": 1}', "'usage' must be an object of counts"),
    ],
)
def test_a_wrong_entry_is_named_with_file_and_line(tmp_path, entry, message):
    """In both layouts, the line is the one on which the entry begins."""
    lines, listed = tmp_path / "script.jsonl", tmp_path / "script.json"
    lines.write_text(f'"one"\n\n{entry}\n', encoding="utf-8")
    with pytest.raises(UsageError) as wrong:
        read_script(lines)
    assert str(wrong.value).startswith(f"{lines}, line 3: ")
    assert message in str(wrong.value)
    listed.write_text(f'[\n  "one",\n  {entry}\n]', encoding="utf-8")
    with pytest.raises(UsageError) as wrong:
        read_script(listed)
    assert str(wrong.value).startswith(f"{listed}, line ")
    assert message in str(wrong.value)
    if message != "not JSON":
        assert f"{listed}, line 3: " in str(wrong.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """Missing, or no text at all."""
    with pytest.raises(UsageError, match=r"none\.json: the script cannot be read"):
        read_script(tmp_path / "none.json")
    (tmp_path / "script.json").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        read_script(tmp_path / "script.json")
