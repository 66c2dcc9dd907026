"""JSON values as trees: what holds for every value."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos import rng
from pytest_agentchaos.faults import tree

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
SEEDS = st.integers(0, 2**32)
VALUE = {"flights": [{"id": "TP-12", "price": 120}, {"id": "LH-7", "price": 80}], "total": 2}


def any_place(path: tree.Path, value: Any) -> bool:
    """Accept every place."""
    return True


@given(VALUES)
def test_every_path_leads_to_what_it_was_given_with(value):
    """Walking and looking agree, and no path comes twice."""
    found = list(tree.walk(value))
    assert all(tree.value_at(value, path) is item for path, item in found)
    assert len({path for path, _ in found}) == len(found)
    assert found[0] == ((), value)


@given(VALUES, SEEDS)
def test_replacing_changes_one_place_and_not_the_original(value, seed):
    """Everything beside the path is as before, the value that was given too."""
    before = copy.deepcopy(value)
    path = tree.choose(value, rng.stream(seed), any_place)
    assert path is not None
    marker = {"new": True}
    changed = tree.replaced(value, path, marker)
    assert value == before
    assert tree.value_at(changed, path) is marker
    for other, item in tree.walk(value):
        if other[: len(path)] != path and path[: len(other)] != other:
            assert tree.value_at(changed, other) is item


@given(VALUES, SEEDS)
def test_the_same_draw_chooses_the_same_place(value, seed):
    """So that a replayed run changes what the first one changed."""
    first, again = (tree.choose(value, rng.stream(seed), any_place) for _ in range(2))
    assert first == again


@given(VALUES, SEEDS)
def test_removing_takes_one_entry_away(value, seed):
    """Its parent is one shorter, nothing else changes."""
    path = tree.choose(value, rng.stream(seed), lambda path, _: bool(path))
    if path is None:
        return
    changed = tree.removed(value, path)
    parent = tree.value_at(changed, path[:-1])
    assert len(parent) == len(tree.value_at(value, path[:-1])) - 1
    assert tree.replaced(value, path[:-1], parent) == changed


@given(VALUES, SEEDS)
def test_renaming_keeps_value_and_position(value, seed):
    """Only the key is another."""
    path = tree.choose(value, rng.stream(seed), lambda path, _: bool(path) and isinstance(path[-1], str))
    if path is None:
        return
    parent = tree.value_at(value, path[:-1])
    fresh = "".join(parent) + "!"
    renamed = tree.value_at(tree.renamed(value, path, fresh), path[:-1])
    assert list(renamed.values()) == list(parent.values())
    assert list(renamed) == [fresh if key == path[-1] else key for key in parent]


@given(VALUES)
def test_another_type_is_another_json_type(value):
    """Whatever the value was, and it is JSON still."""
    assert json_type(tree.retyped(value)) != json_type(value)
    json.dumps(tree.retyped(value))


@given(VALUES)
def test_the_empty_value_has_the_same_type(value):
    """And is empty."""
    empty = tree.emptied(value)
    assert json_type(empty) == json_type(value)
    assert not empty


@given(st.text(), SEEDS)
def test_mangling_always_changes_a_text(text, seed):
    """By one character of the same kind, where there is one."""
    mangled = tree.mangled(text, rng.stream(seed))
    assert mangled != text
    if any(char.isascii() and char.isalnum() for char in text):
        assert len(mangled) == len(text)
        assert [char.isdigit() for char in mangled] == [char.isdigit() for char in text]


@given(
    st.lists(LEAVES, min_size=1) | st.dictionaries(st.text(), LEAVES, min_size=1) | st.text(min_size=1),
    st.floats(0, 0.99),
)
def test_shortening_keeps_a_beginning(value, fraction):
    """And always loses something."""
    short = tree.shortened(value, fraction)
    assert type(short) is type(value)
    assert len(short) < len(value)
    assert list(short) == list(value)[: len(short)]


def json_type(value: Any) -> str:
    """What JSON calls it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def test_tuples_stay_tuples():
    """Functions may return them."""
    value = ({"a": 1}, 2, 3)
    assert tree.replaced(value, (0, "a"), 5) == ({"a": 5}, 2, 3)
    assert tree.removed(value, (1,)) == ({"a": 1}, 3)
    assert tree.shortened(value, 0.5) == ({"a": 1},)
    assert tree.retyped(value) == {"items": [{"a": 1}, 2, 3]}


def test_another_type_still_tells_the_value():
    """As JSON would write it, so that a lenient caller may even understand it."""
    assert [tree.retyped(value) for value in (True, False, 12, 1.5, None)] == ["true", "false", "12", "1.5", "null"]
    assert [tree.retyped(value) for value in ("a", [1], {"a": 1})] == [["a"], {"items": [1]}, [{"a": 1}]]


def test_what_json_has_no_word_for_is_a_leaf():
    """It is not looked into."""
    thing = object()
    assert list(tree.walk([thing])) == [((), [thing]), ((0,), thing)]
    assert tree.emptied(thing) is None
    assert tree.retyped(thing) == [thing]


@pytest.mark.parametrize(
    ("field", "paths"),
    [
        ("total", [("total",)]),
        ("flights.1.price", [("flights", 1, "price")]),
        ("flights.*.price", [("flights", 0, "price"), ("flights", 1, "price")]),
        ("*", [("flights",), ("total",)]),
        ("price", []),
        ("Total", []),
    ],
)
def test_a_field_is_written_with_dots_and_globs(field, paths):
    """Each part stands for one step, and case counts."""
    assert [path for path, _ in tree.walk(VALUE) if tree.matches(path, field)] == paths


def test_a_field_limits_the_choice():
    """Where it means nothing there is nothing to choose."""
    assert tree.choose(VALUE, rng.stream(1), any_place, "total") == ("total",)
    assert tree.choose(VALUE, rng.stream(1), any_place, "nowhere") is None


@pytest.mark.parametrize(
    ("path", "key"), [((), ""), ((0,), ""), (("Ids", 3), "ids"), (("flights", 0, "Price"), "price")]
)
def test_an_item_is_called_like_its_list(path, key):
    """In lower case."""
    assert tree.last_key(path) == key


@pytest.mark.parametrize("text", ["", "---", "\u00e4"])
def test_a_text_without_letters_gets_a_mark(text):
    """There is no character to exchange."""
    assert tree.mangled(text, rng.stream(1)) == text + "?"
