"""What a scripted model says: the entries of a script, and where they come from.

A file holds a script as a JSON list of entries, or as JSON Lines with one entry a line. An entry is
a string (what the model says) or one of these objects:

    {"say": "Hello."}                                            text
    {"call": "search", "arguments": {"city": "Lisbon"}}          one tool call
    {"calls": [{"call": "search"}, {"call": "weather"}]}         several at once
    {"refuse": "I cannot help with that."}                       a refusal
    {"json": {"city": "Lisbon"}}                                 text that is this value

``arguments`` may be a string: raw text, which need not be JSON. ``call`` and ``calls`` may have a ``say`` beside
them, and every object a ``finish`` (``length`` or ``content_filter``) and a ``usage`` such as
``{"input_tokens": 900, "output_tokens": 40, "cached_tokens": 0}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, get_args, runtime_checkable

from pytest_agentchaos.dialects.base import Finish, ToolCall, Turn
from pytest_agentchaos.errors import UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.usage import Usage

__tracebackhide__ = explains_itself

_FORMS = ("say", "call", "calls", "refuse", "json")
_BESIDE = ("say", "arguments", "finish", "usage")
_FINISHES: tuple[str, ...] = get_args(Finish)


@runtime_checkable
class Structured(Protocol):
    """A pydantic model instance: the model says its JSON."""

    def model_dump_json(self) -> str:
        """The JSON text."""


Entry = str | Turn | Structured
"""One turn of a script: text, a turn that a function below made, or a pydantic model instance."""


def say(text: str, *, finish: Finish = "stop") -> Turn:
    """The model says this; with the finish ``length`` it was cut off there."""
    return Turn(text=text, finish=finish)


def call_tool(name: str, /, **arguments: Any) -> Turn:
    """The model calls a tool."""
    return Turn(tool_calls=(ToolCall("", name, json.dumps(arguments, ensure_ascii=False)),), finish="tool_calls")


def call_tools(*calls: Turn, text: str = "") -> Turn:
    """The model calls several tools in one turn: ``call_tools(call_tool("a"), call_tool("b"))``."""
    tool_calls = tuple(call for turn in calls for call in turn.tool_calls)
    return Turn(text=text, tool_calls=tool_calls, finish="tool_calls")


def refuse(text: str) -> Turn:
    """The model refuses."""
    return Turn(text=text, finish="refusal")


def as_turn(entry: object, place: str) -> Turn:
    """The turn that an entry stands for."""
    if isinstance(entry, Turn):
        return entry
    if isinstance(entry, str):
        return Turn(text=entry)
    if isinstance(entry, Structured) and not isinstance(entry, type):
        return Turn(text=entry.model_dump_json())
    msg = (
        f"{place} is {entry!r}, which a model cannot say; give a string, say(...), call_tool(...), call_tools(...), "
        f"refuse(...), a Turn or a pydantic model instance"
    )
    raise UsageError(msg)


def read_script(path: Path | str) -> tuple[Turn, ...]:
    """The script in a file; what is wrong with it is told with file and line."""
    try:
        source = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: the script cannot be read ({error})"
        raise UsageError(msg) from error
    values = _listed(source, path) if source.lstrip().startswith("[") else _lines(source, path)
    return tuple(_read_entry(value, f"{path}, line {line}") for line, value in values)


def _lines(source: str, path: Path | str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(source.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise _not_json(path, number, error) from None


def _listed(source: str, path: Path | str) -> Iterator[tuple[int, Any]]:
    """The items of a JSON list, each with the line on which it begins."""
    try:
        items = json.loads(source)
    except json.JSONDecodeError as error:
        raise _not_json(path, error.lineno, error) from None
    decoder = json.JSONDecoder()
    at = source.index("[") + 1
    for item in items:
        at = _next_item(source, at)
        yield source.count("\n", 0, at) + 1, item
        _, at = decoder.raw_decode(source, at)


def _next_item(source: str, at: int) -> int:
    while source[at] in " \t\r\n,":
        at += 1
    return at


def _not_json(path: Path | str, line: int, error: ValueError) -> UsageError:
    return UsageError(
        f"{path}, line {line}: not JSON ({error}); a script is a JSON list of entries, or one entry a line"
    )


def _read_entry(value: Any, place: str) -> Turn:
    if isinstance(value, str):
        return Turn(text=value)
    if not isinstance(value, dict):
        msg = f"{place}: {value!r} is no entry; write a string or an object with one of {', '.join(_FORMS)}"
        raise UsageError(msg)
    _check_keys(value, place, {*_FORMS, *_BESIDE})
    turn = _read_form(value, place)
    if "finish" in value:
        turn = replace(turn, finish=_read_finish(value["finish"], place))
    if "usage" in value:
        turn = replace(turn, usage=_read_usage(value["usage"], place))
    return turn


def _check_keys(value: Mapping[str, Any], place: str, valid: set[str]) -> None:
    for key in value:
        if key not in valid:
            msg = f"{place}: an entry has no {key!r}; {nearest(key, valid)}"
            raise UsageError(msg)


def _read_form(value: dict[str, Any], place: str) -> Turn:
    forms = [form for form in _FORMS if form in value]
    if forms in (["say", "call"], ["say", "calls"]):  # words beside a call
        forms.remove("say")
    if len(forms) != 1:
        msg = (
            f"{place}: an entry needs exactly one of {', '.join(_FORMS)}; this one has {' and '.join(forms) or 'none'}"
        )
        raise UsageError(msg)
    form = forms[0]
    if "arguments" in value and form != "call":
        msg = f"{place}: 'arguments' belong to a 'call'"
        raise UsageError(msg)
    text = _string(value.get("say", ""), "say", place)
    if form == "json":
        return Turn(text=json.dumps(value["json"], ensure_ascii=False))
    if form == "refuse":
        return refuse(_string(value["refuse"], "refuse", place))
    if form == "call":
        return Turn(text=text, tool_calls=(_read_call(value, place),), finish="tool_calls")
    if form == "calls":
        return Turn(text=text, tool_calls=_read_calls(value["calls"], place), finish="tool_calls")
    return Turn(text=text)


def _read_calls(calls: Any, place: str) -> tuple[ToolCall, ...]:
    if not isinstance(calls, list) or not calls or not all(isinstance(call, dict) for call in calls):
        msg = f'{place}: \'calls\' must be a list of objects such as {{"call": "search"}}, not {calls!r}'
        raise UsageError(msg)
    for call in calls:
        _check_keys(call, place, {"call", "arguments"})
    return tuple(_read_call(call, place) for call in calls)


def _read_call(value: Mapping[str, Any], place: str) -> ToolCall:
    name = _string(value.get("call"), "call", place)
    arguments = value.get("arguments", {})
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return ToolCall("", name, _string(arguments, "arguments", place))


def _string(value: Any, key: str, place: str) -> str:
    if isinstance(value, str):
        return value
    msg = f"{place}: {key!r} must be {'an object or ' if key == 'arguments' else ''}a string, not {value!r}"
    raise UsageError(msg)


def _read_finish(value: Any, place: str) -> Finish:
    if value not in _FINISHES:
        msg = f"{place}: there is no finish {value!r}; {nearest(str(value), _FINISHES)}"
        raise UsageError(msg)
    finish: Finish = value
    return finish


def _read_usage(value: Any, place: str) -> Usage:
    if not isinstance(value, dict) or not all(isinstance(count, int) and count >= 0 for count in value.values()):
        msg = f"{place}: 'usage' must be an object of counts such as {{\"input_tokens\": 900}}, not {value!r}"
        raise UsageError(msg)
    _check_keys(value, place, set(Usage._fields))
    return Usage(**value)
