"""Effects: what a tool does to the world, declared."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.effects.effect import Effect, is_request_key, number, text, value_of

ARGUMENTS = {"flight": "LX1", "who": {"name": "Ada"}, "travellers": ["Ada", "Bob"]}
RESULT = {"booking": "B1", "seats": [{"row": 3}, {"row": 4}]}


def _nothing(arguments, result):
    return None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("flight", "LX1"),
        ("who.name", "Ada"),
        ("result.booking", "B1"),
        ("result.seats.*.row", [3, 4]),
        ("result", RESULT),
        ("date", None),
        ("result.date", None),
    ],
)
def test_a_field_is_looked_up_in_the_arguments_or_in_the_result(field, value):
    """Dots lead inside; what is not there is None."""
    assert value_of(field, ARGUMENTS, RESULT) == value


def test_an_argument_that_is_called_result_hides_the_result():
    """It is the name that the user sees in the call."""
    assert value_of("result.flight", {"result": {"flight": "LX2"}}, {"flight": "LX1"}) == "LX2"


def test_the_key_is_made_of_texts():
    """So that a number in a call and a text in a database can be the same."""
    effect = Effect("seat", tool="book", key=("flight", "travellers", "result.seats.0.row"))
    assert effect.key_of(ARGUMENTS, RESULT) == ("LX1", '["Ada","Bob"]', "3")
    assert effect.key_of(ARGUMENTS, None) is None


def test_a_function_can_make_the_key():
    """One value, or several, or None for none."""
    assert Effect("a", "b", key=lambda arguments, result: arguments["flight"]).key_of(ARGUMENTS, None) == ("LX1",)
    assert Effect("a", "b", key=lambda arguments, result: [1, "x"]).key_of(ARGUMENTS, None) == ("1", "x")
    assert Effect("a", "b", key=lambda arguments, result: None).key_of(ARGUMENTS, None) is None


def test_a_part_of_a_key_holds_no_secret_and_has_a_limit():
    """What is too long is told by its beginning and a digest: two such texts can still be told apart."""
    assert text("sk-" + "a" * 30) == "[hidden]"
    long, other = text("x" * 10_000_000), text("x" * 9_999_999)
    assert len(long) < 200
    assert long != other
    assert text(long) == long
    assert [text(value) for value in (3, 3.0, 3.5, True)] == ["3", "3", "3.5", "true"]


@pytest.mark.parametrize(
    ("value", "amount"),
    [(3, 3.0), (2.5, 2.5), (["a", "b"], 2.0), ("3", None), (True, None), (1e999, None), (None, None)],
)
def test_an_amount_is_a_number_or_how_many_a_list_has(value, amount):
    """Anything else is none."""
    assert number(value) == amount


@pytest.mark.parametrize(
    "name", ["idempotency_key", "Idempotency-Key", "request_id", "requestId", "client_token", "dedup"]
)
def test_some_arguments_tell_requests_apart(name):
    """By their names."""
    assert is_request_key(name)
    assert not is_request_key("flight_id")


def test_what_an_undoing_names_follows_from_the_id_or_the_key():
    """Unless it is told."""
    assert Effect("a", "b", key="k", undo="c", id="result.booking").undo_by == ("booking",)
    assert Effect("a", "b", key=("k", "l"), undo="c").undo_by == ("k", "l")
    assert Effect("a", "b", key=("k", "l"), undo="c", undo_by="x").undo_by == ("x",)
    assert Effect("a", "b", key="k", undo="c", undo_by=("x", "y=z")).named_by == (("x", "x"), ("y", "z"))


def test_only_calls_that_can_do_something_do_it():
    """A model that is called like the tool does nothing to the world."""
    effect = Effect("seat", tool="book_*", key="k", target="air*", undo="cancel_*")
    assert effect.is_done_by(Call("tool", "air.example", "book_flight"))
    assert effect.is_undone_by(Call("tool", "air.example", "cancel_flight"))
    assert not effect.is_done_by(Call("tool", "sea.example", "book_flight"))
    assert not effect.is_done_by(Call("model", "air.example", "book_flight"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Effect(name='')"),
        ({"tool": None}, "Effect(tool=None)"),
        ({"target": 3}, "Effect(target=3)"),
        ({"id": 3}, "Effect(id=3)"),
        ({"amount": ""}, "Effect(amount='')"),
        ({"key": ()}, "has the key ()"),
        ({"key": [1]}, "has the key [1]"),
        ({"key": None}, "has the key None"),
        ({"undo_by": ("booking",)}, "undo=None"),
        ({"undo": "cancel", "undo_by": (1,)}, "undo_by=(1,)"),
        ({"undo": ()}, "undo=()"),
        ({"undo": ["cancel", 3]}, "undo=['cancel', 3]"),
        ({"undo": "cancel", "key": _nothing}, "undo_by=('booking',)"),
    ],
)
def test_a_wrong_declaration_is_named(fields, words):
    """The value, the place, the remedy."""
    with pytest.raises(UsageError) as raised:
        Effect(**{"name": "seat", "tool": "book", "key": ("flight",), **fields})
    assert words in str(raised.value)


def test_a_mapping_is_as_good_as_an_effect():
    """As it comes from a YAML file."""
    effect = Effect.of({"name": "seat", "tool": "book", "key": ["flight"]})
    assert effect == Effect("seat", tool="book", key=("flight",))
    assert Effect.of(effect) is effect


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "seat", "tool": "book"}, "has no 'key'"),
        ({"name": "seat", "tool": "book", "keys": 1}, "did you mean 'key'"),
        (3, "3 is no effect"),
    ],
    ids=str,
)
def test_a_wrong_mapping_is_named(told, words):
    """Before anything is run."""
    with pytest.raises(UsageError, match=words):
        Effect.of(told)
