"""Compatibility: arguments may accept more, results may be less; the other way round somebody breaks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reference_system.contracts import __main__ as command
from reference_system.contracts.compatibility import compare, with_tools_of_the_code
from reference_system.contracts.differences import differences
from reference_system.contracts.manifest import load

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
BASE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "city": {"type": "string", "minLength": 1, "maxLength": 60},
        "rooms": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "kind": {"type": "string", "enum": ["single", "double"]},
        "guests": {"type": "array", "items": {"type": "string"}, "maxItems": 9},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
    },
    "required": ["city", "kind", "guests", "code"],
}


def changed(field, **keywords):
    """The base with other keywords in one field (None: without it)."""
    merged = {**BASE["properties"][field], **keywords}
    value = {keyword: value for keyword, value in merged.items() if value is not None}
    return {**BASE, "properties": {**BASE["properties"], field: value}}


def without(field):
    """The base without a field."""
    properties = {name: value for name, value in BASE["properties"].items() if name != field}
    return {**BASE, "properties": properties, "required": [name for name in BASE["required"] if name != field]}


def added(schema, *, required):
    """The base with one more field."""
    names = [*BASE["required"], "more"] if required else BASE["required"]
    return {**BASE, "properties": {**BASE["properties"], "more": schema}, "required": names}


CASES = {
    # what changes: (new schema, place, breaks as arguments, breaks as result)
    "required argument added": (added(TEXT, required=True), "x.more", True, True),
    "optional argument added": (added(TEXT, required=False), "x.more", False, True),
    "required field removed": (without("city"), "x.city", True, True),
    "optional field removed": (without("note"), "x.note", True, False),
    "now required": ({**BASE, "required": [*BASE["required"], "rooms"]}, "x.rooms", True, False),
    "no more required": ({**BASE, "required": ["city", "kind", "guests"]}, "x.code", False, True),
    "upper limit lowered": (changed("rooms", maximum=4), "x.rooms", True, False),
    "upper limit raised": (changed("rooms", maximum=12), "x.rooms", False, True),
    "upper limit dropped": (changed("rooms", maximum=None), "x.rooms", False, True),
    "lower limit raised": (changed("rooms", minimum=2), "x.rooms", True, False),
    "lower limit lowered": (changed("rooms", minimum=0), "x.rooms", False, True),
    "text shorter": (changed("city", maxLength=30), "x.city", True, False),
    "text may be empty": (changed("city", minLength=None), "x.city", False, True),
    "list shorter": (changed("guests", maxItems=4), "x.guests", True, False),
    "items of another type": (changed("guests", items=NUMBER), "x.guests[]", True, True),
    "value removed": (changed("kind", enum=["single"]), "x.kind", True, False),
    "value added": (changed("kind", enum=["single", "double", "suite"]), "x.kind", False, True),
    "any value": (changed("kind", enum=None), "x.kind", False, True),
    "only some values": (changed("city", enum=["Lisbon"]), "x.city", True, False),
    "null no more": (changed("note", anyOf=[TEXT]), "x.note", True, False),
    "null now": (
        changed("code", type=None, anyOf=[BASE["properties"]["code"], {"type": "null"}]),
        "x.code",
        False,
        True,
    ),
    "whole numbers become numbers": (changed("rooms", type="number"), "x.rooms", False, True),
    "another type": (changed("rooms", type="string"), "x.rooms", True, True),
    "another pattern": (changed("code", pattern="^[a-z]+$"), "x.code", True, True),
    "no pattern": (changed("code", pattern=None), "x.code", False, True),
    "a format": (changed("city", format="date"), "x.city", True, False),
    "another default": (changed("rooms", default=2), "x.rooms", True, False),
    "a usual value": (
        {**changed("city", default="Lisbon"), "required": ["kind", "guests", "code"]},
        "x.city",
        False,
        True,
    ),
    "null by a list of types": (changed("kind", type=["string", "null"]), "x.kind", False, True),
    "other words": (changed("city", description="where to"), "x.city", False, False),
    "open": ({**BASE, "additionalProperties": True}, "x", True, True),
}


@pytest.mark.parametrize("case", CASES)
def test_the_direction_decides(case):
    """Who breaks by a change depends on whether the schema is of arguments or of a result."""
    new, place, breaks_arguments, breaks_result = CASES[case]
    found = differences(BASE, new, "x")
    assert {difference.path for difference in found} == {place}
    assert any(difference.narrows for difference in found) == breaks_arguments
    assert any(difference.widens for difference in found) == breaks_result


def test_nothing_differs_from_itself():
    """Nor from what says the same in another order, or by reference."""
    assert differences(BASE, json.loads(json.dumps(BASE, sort_keys=True)), "x") == ()
    referring = {"$ref": "#/$defs/Base", "$defs": {"Base": BASE}}
    assert differences(BASE, referring, "x") == ()


def test_kinds_of_a_union_are_told_apart_by_their_constants():
    """A change inside of one kind is found at its place; a kind that is new is one."""

    def kind(name, **properties):
        return {"type": "object", "properties": {"task": {"const": name}, **properties}}

    old = {"anyOf": [kind("fly", origin=TEXT), kind("stay", city=TEXT)]}
    new = {"anyOf": [kind("stay", city=NUMBER), kind("fly", origin=TEXT), kind("dine")]}
    assert [(one.path, one.what) for one in differences(old, new, "x")] == [
        ("x", "may be object task=dine now"),
        ("x.city", "may be integer now"),
        ("x.city", "may be string no more"),
    ]


def with_tool(manifest, name, **fields):
    """The manifest with something else about a tool."""
    return replace(manifest, tools={**manifest.tools, name: manifest.tools[name].model_copy(update=fields)})


@pytest.mark.parametrize("case", CASES)
def test_a_tool_breaks_by_its_arguments_or_by_its_result(case):
    """The same change, judged by where it is."""
    new, _, breaks_arguments, breaks_result = CASES[case]
    old = with_tool(V1, "book_hotel", arguments=BASE, result=BASE)
    for part, breaks in (("arguments", breaks_arguments), ("result", breaks_result)):
        changes = compare(old, with_tool(old, "book_hotel", **{part: new}))
        assert {change.subject for change in changes} == {"tool book_hotel"}
        assert all(change.path.startswith(part) for change in changes)
        assert any(change.breaking for change in changes) == breaks


def with_policy(manifest, **fields):
    """The manifest with another policy."""
    return replace(manifest, policy=manifest.policy.model_copy(update=fields))


V1 = load("v1")
SEEN = {name: tool for name, tool in V1.tools.items() if name != "get_forecast"}
FLIGHTS = V1.policy.tools["flights"]

BREAKING = {
    "a tool is gone": (replace(V1, tools=SEEN), "tool get_forecast", "", "is gone"),
    "a read writes": (with_tool(V1, "search_hotels", writes=True), "tool search_hotels", "writes", "False -> True"),
    "it charges": (with_tool(V1, "reserve_table", charges=True), "tool reserve_table", "charges", "False -> True"),
    "no undoing": (with_tool(V1, "book_hotel", undo=None), "tool book_hotel", "undo", "cancel_hotel -> None"),
    "it has moved": (with_tool(V1, "book_hotel", domain="weather"), "tool book_hotel", "domain", "hotels -> weather"),
    "a tool is taken away": (
        with_policy(V1, tools={**V1.policy.tools, "flights": FLIGHTS[1:]}),
        "agent flights",
        "",
        "may call search_flights no more",
    ),
    "less money": (with_policy(V1, spend_limit_minor=1), "policy", "spend_limit_minor", "500000 -> 1"),
    "other money": (with_policy(V1, currency="CHF"), "policy", "currency", "EUR -> CHF"),
    "a prompt is gone": (
        replace(V1, prompts={name: text for name, text in V1.prompts.items() if name != "router"}),
        "prompt router",
        "",
        "is gone",
    ),
}
"""What is changed: (the new manifest, and how the change is named)."""


@pytest.mark.parametrize("case", BREAKING)
def test_what_callers_rely_on_is_kept(case):
    """Each of these breaks somebody, and the way back does not, unless it breaks somebody else."""
    new, subject, path, what = BREAKING[case]
    changes = compare(V1, new)
    assert [(change.subject, change.path, change.what) for change in changes] == [(subject, path, what)]
    assert changes[0].breaking
    assert str(changes[0]) == f"BREAKS {f'{subject} {path}'.rstrip()}: {what} ({changes[0].breaks})"
    if case not in {"a read writes", "it charges", "it has moved", "other money"}:
        assert not any(change.breaking for change in compare(new, V1))


def test_what_breaks_comes_first():
    """Nobody reads further if it does not."""
    new = with_policy(load("v2"), nights_at_most=7)
    assert [change.breaking for change in compare(V1, new)] == [True, False, False]


def test_the_code_itself_can_be_compared():
    """A change of the contracts is judged before it is taken."""
    drifted = with_tool(V1, "get_forecast", arguments=BASE)
    assert any(change.breaking for change in compare(drifted, with_tools_of_the_code(drifted)))
    assert compare(V1, with_tools_of_the_code(V1)) == ()


def test_the_command_says_yes_or_no(capsys, monkeypatch):
    """0: every caller goes on as before. 1: not."""
    assert command.main(["compare", "v1", "v2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "fine   prompt summariser: has other words",
        "fine   workflow conversation_turns_kept: 8 -> 12",
    ]
    assert command.main(["compare", "v1", "code"]) == 0
    assert capsys.readouterr().out == "v1 and code are the same\n"
    stronger = {"v1": V1, "v2": with_policy(V1, travellers_at_most=4)}
    monkeypatch.setattr(command, "stored", stronger.__getitem__)
    assert command.main(["compare", "v1", "v2"]) == 1
    assert (
        capsys.readouterr().out
        == "BREAKS policy travellers_at_most: 9 -> 4 (users are refused what they were granted)\n"
    )


def test_the_command_says_what_it_froze(capsys, monkeypatch):
    """So that a change that was not meant is seen before it is committed."""
    monkeypatch.setattr(command, "freeze", {"v1": ("book_hotel",), "v2": ()}.__getitem__)
    assert command.main(["freeze", "v1"]) == 0
    assert command.main(["freeze", "v2"]) == 0
    assert capsys.readouterr().out == "v1: book_hotel is frozen as it is now\nv2: nothing has changed\n"
