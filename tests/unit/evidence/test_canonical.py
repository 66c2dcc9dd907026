"""One text for one value, whatever the value is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import UserDict, namedtuple
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from pytest_agentchaos.evidence import canonical

STEADY = settings(deadline=None, derandomize=True)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
Seat = namedtuple("Seat", "row letter")  # noqa: PYI024 - an untyped one is what old code has


class Trip(BaseModel):
    """A model of pydantic."""

    city: str
    key: SecretStr = SecretStr("k")


@dataclass
class Guest:
    """A dataclass with a set, whose printed form depends on the hash seed, and with a private field."""

    name: str
    tags: set[str]
    token: str = field(default="t", repr=False)


class Colour(Enum):
    """An enumeration."""

    RED = 1


class Hostile:
    """An object whose every way to be told fails."""

    def __str__(self) -> str:
        msg = "no"
        raise RuntimeError(msg)


class Endless:
    """An object that tells itself by another of its kind, as a mock does."""

    def model_dump(self) -> Any:
        """Something that is no nearer to JSON."""
        return Endless()


@STEADY
@given(JSON)
def test_json_is_told_as_it_is(value):
    """And the same after a round trip."""
    assert json.loads(canonical.dump(value)) == value
    assert canonical.dump(json.loads(canonical.dump(value))) == canonical.dump(value)
    assert canonical.snapshot(value) == value


@STEADY
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=6))
def test_the_order_of_keys_does_not_matter(value):
    """Neither at the top nor below."""
    backwards = dict(reversed(value.items()))
    assert canonical.dump({"in": [value]}) == canonical.dump({"in": [backwards]})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (MappingProxyType({1: "a"}), {"1": "a"}),
        (UserDict(a=(1, 2)), {"a": [1, 2]}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({frozenset({"b", "a"}), "c"}, ["c", ["a", "b"]]),
        (b"a\xff", "a\ufffd"),
        (Trip(city="Faro"), {"city": "Faro", "key": "**********"}),
        (Guest("ana", {"b", "a"}), {"name": "ana", "tags": ["a", "b"]}),
        (Guest, "<class '{module}.Guest'>"),
        (Colour.RED, "Colour.RED"),
        (float("nan"), "nan"),
        ([float("-inf")], ["-inf"]),
        ({1: "a", "b": 2}, {"1": "a", "b": 2}),
        ({("x", 1): 2}, {"('x', 1)": 2}),
        (Hostile(), "<Hostile: RuntimeError>"),
        ({"deep": [Hostile()]}, {"deep": ["<Hostile: RuntimeError>"]}),
        (Trip, "<ModelMetaclass: TypeError>"),
        (Endless(), "..."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_has_no_word_for_is_told_all_the_same(value, told):
    """As strict JSON, and alike by a snapshot now and by a dump later."""
    expected = told.replace("{module}", __name__) if isinstance(told, str) else told
    assert canonical.snapshot(value) == expected
    assert json.loads(canonical.dump(value), parse_constant=pytest.fail) == expected


def test_a_snapshot_of_a_named_tuple_keeps_the_names():
    """JSON would make a list of it."""
    assert canonical.snapshot([Seat(4, "A")]) == [{"row": 4, "letter": "A"}]


def test_places_in_memory_are_left_out():
    """No two runs share them."""
    assert canonical.dump([object()]) == '["<object object>"]'
    assert canonical.without_addresses("<f at 0x7fA0> and <g at 0x1>") == "<f> and <g>"


def test_a_snapshot_does_not_change_with_what_it_was_taken_of():
    """Evidence is what was, not what became of it."""
    basket: dict[str, Any] = {"items": [1], "more": {"a": (1,)}}
    taken = canonical.snapshot(basket)
    basket["items"].append(2)
    basket["more"]["b"] = 1
    assert taken == {"items": [1], "more": {"a": [1]}}


def test_a_value_that_contains_itself_comes_to_an_end():
    """In both ways to tell it."""
    ring: list[Any] = [1]
    ring.append(ring)
    assert canonical.dump(canonical.snapshot(ring)) == canonical.dump(ring)
    assert canonical.dump(ring).startswith("[1,[1,[1,")
    assert '"..."' in canonical.dump(ring)


def test_half_a_character_is_written_as_json_spells_it():
    """So that the bytes are UTF-8 for every reader, and the text comes back."""
    written = canonical.encode(canonical.dump({"a": "x\ud800é"}))
    assert written == b'{"a":"x\\ud800\xc3\xa9"}'
    assert json.loads(written) == {"a": "x\ud800é"}


def test_the_text_does_not_depend_on_the_hash_seed():
    """Sets inside sets, inside dataclasses, inside tuples."""
    code = (
        "from dataclasses import dataclass\n"
        "from pytest_agentchaos.evidence.canonical import dump\n"
        "@dataclass(frozen=True)\n"
        "class Guest:\n"
        "    tags: frozenset\n"
        "names = frozenset('abcdefgh')\n"
        "print(dump([names, {names, 'x'}, Guest(names), (Guest(names), {Guest(names)})]))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert json.loads(texts.pop())[0] == list("abcdefgh")


class Cancelled(BaseException):
    """As trio's."""


class Mute(Exception):  # noqa: N818 - it is not one of ours
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no seats"), "ValueError: no seats"),
        (KeyError(object), "KeyError: <class 'object'>"),
        (Cancelled("scope at 0x1"), "Cancelled: its caller stopped waiting"),
        (Mute(), "Mute"),
        (
            ExceptionGroup("in a group", [ExceptionGroup("inside", [OSError("no route"), ValueError("late")])]),
            "ExceptionGroup: in a group (1 sub-exception): OSError: no route",
        ),
        (ExceptionGroup("in a group", [Mute()]), "ExceptionGroup: in a group (1 sub-exception): Mute"),
    ],
)
def test_an_error_is_told_in_one_line(error, line):
    """The same one in every run."""
    assert canonical.told(error) == line


def test_an_error_is_told_without_places_in_memory():
    """Many errors name an object."""
    assert canonical.told(TypeError(f"bad {object()!r}")) == "TypeError: bad <object object>"


def test_an_integer_that_python_refuses_to_write_is_told_by_its_size():
    """A hostile number must not end a trial."""
    assert canonical.dump({"a": 10**5000, "b": [2**63]}) == '{"a":"an integer of 16610 bits","b":[9223372036854775808]}'
