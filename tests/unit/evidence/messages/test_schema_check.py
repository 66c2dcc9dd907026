"""Values against schemas, by the real jsonschema-rs."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import MappingProxyType

import pytest

from pytest_agentchaos.evidence.messages.schema_check import SchemaCheck, UndecidedError

FLIGHT = {
    "type": "object",
    "properties": {"flight": {"type": "string", "pattern": "^LX"}, "seats": {"type": "integer"}},
    "required": ["flight"],
    "additionalProperties": False,
}


def misfit(schema, value):
    """What is wrong with it."""
    return SchemaCheck().misfit(schema, value)


def undecided(schema, value=None):
    """Why nobody can say."""
    with pytest.raises(UndecidedError) as caught:
        SchemaCheck().misfit(schema, value)
    assert str(caught.value) == SchemaCheck().problem(schema) or SchemaCheck().problem(schema) is None
    return str(caught.value)


@pytest.mark.parametrize("schema", [FLIGHT, MappingProxyType(FLIGHT), {}, True])
def test_what_fits_has_nothing_wrong(schema):
    """A mapping of any kind is a schema, and so is true."""
    assert misfit(schema, {"flight": "LX1", "seats": 2}) is None
    assert SchemaCheck().problem(schema) is None


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({}, '"flight" is a required property'),
        ({"flight": "LX1", "seats": "2"}, "seats: '2' is not of type \"integer\""),
        ({"flight": "BA1"}, "flight: 'BA1' does not match \"^LX\""),
        ({"flight": "LX1", "row": 3}, "Additional properties are not allowed ('row' was unexpected)"),
        (None, 'None is not of type "object"'),
    ],
)
def test_what_does_not_fit_is_told_with_place_and_value(value, wrong):
    """The first thing that is wrong."""
    assert misfit(FLIGHT, value) == wrong


def test_false_is_a_schema_that_nothing_fits():
    """As JSON Schema has it."""
    assert misfit(schema=False, value=1) == "False schema does not allow 1"


def test_what_is_told_is_short_and_holds_no_secret():
    """A value may be of any size, and a field may be a password."""
    schema = {"properties": {"note": {"type": "integer"}, "password": {"type": "integer"}}}
    told = misfit(schema, {"note": "x" * 10_000_000})
    assert told.startswith("note: 'xxxx")
    assert told.endswith('is not of type "integer"')
    assert len(told) < 120
    assert misfit(schema, {"password": "hunter2"}) == "password: '[hidden]' is not of type \"integer\""


def test_the_order_of_keys_changes_no_word():
    """A saved history has them sorted."""
    one = {"properties": {"b": {"type": "string"}, "a": {"type": "string"}}}
    other = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    assert misfit(one, {"b": 1, "a": 1}) == misfit(other, {"a": 1, "b": 1})


def test_nothing_is_ever_fetched_from_the_network():
    """Although it would be there: what stands elsewhere is not known."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, *words):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        reference = f"http://127.0.0.1:{server.server_port}/schema"
        told = undecided({"$ref": reference})
        server.shutdown()
    assert told.startswith(f"the schema is not valid (Resource '{reference}'")
    assert asked == []


def test_no_file_is_ever_read(tmp_path):
    """For the same reason."""
    (tmp_path / "schema.json").write_text('{"type": "string"}')
    assert undecided({"$ref": (tmp_path / "schema.json").as_uri()}).startswith(
        "the schema is not valid (Resource 'file:"
    )


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"type": "strin"}, "'strin' is not valid under any of the schemas"),
        ({"properties": "none"}, "'none' is not of type"),
        ({"$ref": "#/nowhere"}, "Pointer '/nowhere' does not exist"),
        ({"$ref": "other.json"}, "Resource 'other.json'"),
        ({"pattern": "("}, "is not a"),
        ({"$schema": "http://127.0.0.1:9/mine"}, "Unknown meta-schema"),
        ({"$schema": 5}, "5 is not of type"),
        ({"const": "\ud800"}, "the schema is not valid"),
    ],
)
def test_by_a_schema_that_is_none_nothing_can_be_judged(schema, part):
    """The reason says what is wrong with it."""
    assert part in undecided(schema)


def test_a_schema_may_say_its_draft():
    """In draft 7 a format is a promise; in 2020-12, which counts unless told, it is a remark."""
    date = {"type": "string", "format": "date"}
    assert misfit(date, "tomorrow") is None
    seven = "http://json-schema.org/draft-07/schema#"
    assert misfit({"$schema": seven, **date}, "tomorrow") == "'tomorrow' is not a \"date\""


def test_a_schema_may_refer_to_itself_for_ever():
    """Without an end to it, and without a word about the value."""
    assert misfit({"$ref": "#"}, 1) is None


@pytest.mark.parametrize(("value", "part"), [("\ud800", "UnicodeEncodeError"), ({1, 2}, "Unsupported type")])
def test_what_is_no_json_value_is_not_judged(value, part):
    """Half a character, a set."""
    assert part in undecided({"type": "string"}, value)


def test_a_value_that_is_too_deep_is_not_judged():
    """Rather than a crash."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert undecided({"type": "array"}, deep).startswith("the value cannot be judged")


def test_a_pattern_that_takes_for_ever_is_given_up():
    """And is no failure of the value."""
    assert "takes too long" in undecided({"pattern": r"^(a|a)*\1$"}, "a" * 40 + "!")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"password": "[hidden]"}},
        {"enum": ["[hidden]"]},
        {"properties": {"title": {"const": "[hidden]"}}},
        {"properties": {"a": {"pattern": "sk-[hidden]"}}},
        {"properties": {"key=[hidden]": {}}},
    ],
)
def test_a_schema_of_which_a_part_is_hidden_is_not_judged_by(schema):
    """As a saved history hides what may be a secret."""
    assert undecided(schema, {}).startswith("a part of the schema is [hidden]")


def test_remarks_of_a_schema_may_be_hidden():
    """They promise nothing."""
    schema = {"description": "Authorization: [hidden]", "properties": {"a": {"title": "[hidden]", "type": "string"}}}
    assert misfit(schema, {"a": 1}) == 'a: 1 is not of type "string"'


@pytest.mark.parametrize("value", [{"token": "[hidden]"}, {"[hidden]": 1}, ["x [hidden] y"]])
def test_a_value_of_which_a_part_is_hidden_is_not_judged(value):
    """Whatever stood there, it is not known whether it fits."""
    assert undecided({}, value).startswith("a part of the value is [hidden]")


def test_each_schema_is_compiled_once(monkeypatch):
    """Also one that comes as another object each time, as from the wire."""
    import jsonschema_rs

    compiled = []
    real = jsonschema_rs.validator_for
    monkeypatch.setattr(
        jsonschema_rs, "validator_for", lambda text, **more: compiled.append(text) or real(text, **more)
    )
    check = SchemaCheck()
    for _ in range(50):
        check.misfit({"type": "object"}, {})
        check.misfit(FLIGHT, {"flight": "LX1"})
    assert len(compiled) == 2


def test_without_the_library_nothing_is_judged(monkeypatch):
    """And the reason is the remedy."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert "pip install jsonschema-rs" in undecided({})
