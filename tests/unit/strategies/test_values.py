"""json_values, tool_results, messages, journeys, faults: what is drawn fits, or misses by one thing."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from mcp_types import Tool

from pytest_agentchaos import faults, strategies
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.faults.registry import registered
from pytest_agentchaos.strategies.merging import merged
from pytest_agentchaos.strategies.tools import near_misses_of

FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
SEATS = {"type": "integer", "minimum": 0, "maximum": 400}
OFFER = {
    "type": "object",
    "properties": {
        "flight": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{1,4}$"},
        "price": {"type": "number", "exclusiveMinimum": 0},
        "seats": SEATS,
        "on": {"type": "string", "format": "date"},
        "note": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}]},
    },
    "required": ["flight", "price", "seats"],
    "additionalProperties": False,
}
SCHEMAS = {
    "object": OFFER,
    "list of references": {"$defs": {"Offer": OFFER}, "type": "array", "items": {"$ref": "#/$defs/Offer"}},
    "recursive": {"$defs": {"T": {"type": "object", "properties": {"in": {"$ref": "#/$defs/T"}}}}, "$ref": "#/$defs/T"},
    "set of words": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "maxItems": 2},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "items": False},
    "tuple and more": {"type": "array", "prefixItems": [{"const": 1}], "minItems": 3, "items": {"type": "boolean"}},
    "just so many": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "null"}},
    "all of": {
        "$defs": {"A": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}},
        "allOf": [{"$ref": "#/$defs/A"}, {"properties": {"n": {"type": "integer", "minimum": 5}}, "required": ["m"]}],
    },
    "one of": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    "any of with a base": {"type": "string", "anyOf": [{"minLength": 3}, {"enum": ["", "x"]}], "maxLength": 5},
    "several types": {"type": ["string", "null", "boolean"], "minLength": 2},
    "step": {"type": "integer", "multipleOf": 5, "minimum": 3, "maximum": 21},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 3},
    "open interval": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "beyond what is safe": {"type": "integer", "minimum": 2**60},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "map of named": {"propertyNames": {"enum": ["x", "y"]}, "additionalProperties": {"type": "null"}},
    "pattern properties": {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False},
    "no type": {"minimum": 3},
    "moment": {"type": "string", "format": "date-time"},
    "unknown format": {"type": "string", "format": "iata-code"},
}
ANY = {"everything": True, "nothing said": {}}


def drawn(strategy):
    """Some of what it gives."""
    values = []

    @FEW
    @given(strategy)
    def collect(value):
        values.append(value)

    collect()
    return values


@pytest.mark.parametrize("schema", [*SCHEMAS.values(), *ANY.values()], ids=[*SCHEMAS, *ANY])
def test_values_fit_their_schema_and_can_be_written_as_json(schema):
    """As another validator sees it."""
    validator = jsonschema_rs.validator_for(json.dumps(schema))
    values = drawn(strategies.json_values(schema))
    assert values
    assert all(validator.is_valid(json.loads(json.dumps(value, allow_nan=False))) for value in values)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_near_miss_does_not_fit(schema):
    """By the same validator."""
    validator = jsonschema_rs.validator_for(json.dumps(schema))
    values = drawn(near_misses_of(schema))
    assert values
    assert not any(validator.is_valid(value) for value in values)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"required": ["a"]}, {"required": ["b", "a"]}, {"required": ["a", "b"]}),
        ({"minimum": 1, "maximum": 9}, {"minimum": 3, "maximum": 7}, {"minimum": 3, "maximum": 7}),
        ({"enum": [1, 2, "x"]}, {"enum": ["x", 2, 3]}, {"enum": [2, "x"]}),
        ({"type": ["string", "number"]}, {"type": "integer"}, {"type": ["integer"]}),
        ({"properties": {"a": {"minLength": 1}}}, {"properties": {"a": {"maxLength": 2}, "b": {}}},
         {"properties": {"a": {"minLength": 1, "maxLength": 2}, "b": {}}}),
        ({"items": {"$ref": "#/a"}}, {"items": {"minLength": 1}},
         {"items": {"allOf": [{"$ref": "#/a"}, {"minLength": 1}]}}),
        ({"minLength": 1}, True, {"minLength": 1}),
        (True, {"minLength": 1}, {"minLength": 1}),
        ({"minLength": 1}, False, False),
    ],
)  # fmt: skip
def test_two_schemas_are_one_whose_values_fit_both(one, other, both):
    """Where that can be said; what cannot is checked when it is drawn."""
    assert merged(one, other) == both


def test_where_nothing_is_demanded_nothing_can_be_missed():
    """The value itself is given."""
    assert drawn(near_misses_of({}))


def test_a_value_shrinks_to_the_plainest_that_fits():
    """As Hypothesis' own values do."""
    seats = {"type": "object", "properties": {"seats": SEATS, "note": {"type": "string"}}, "required": ["seats"]}
    assert find(strategies.json_values(seats), lambda value: value["seats"] > 10, settings=FEW) == {"seats": 11}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "object", "properties": {"a": {"not": {}}}}, "nothing can be drawn from 'not' at #/properties/a"),
        ({"if": {}, "then": {}}, "nothing can be drawn from 'if' at #"),
        ({"$ref": "https://schemas.example/offer"}, "'https://schemas.example/offer'"),
        ({"$ref": "#/$defs/Missing"}, "Missing"),
        ({"type": "strange"}, "the schema is not valid"),
        (False, "no value fits this schema"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "no value fits this schema"),
        ({"type": "string", "pattern": "\\p{Lu}"}, "is none that Python reads"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(schema, message):
    """When the strategy is made, or when it is first drawn from."""
    with pytest.raises(UsageError) as caught:
        drawn(strategies.json_values(schema))
    assert message in str(caught.value)


DEFINITION = {"name": "search", "inputSchema": {"type": "object", "properties": {"to": {"enum": ["LIS"]}}}}


def test_tool_results_are_of_both_kinds_unless_told():
    """As promised, and not quite."""
    told = {**DEFINITION, "outputSchema": OFFER}
    validator = jsonschema_rs.validator_for(json.dumps(OFFER))
    assert {validator.is_valid(value) for value in drawn(strategies.tool_results(told))} == {True, False}
    assert all(validator.is_valid(value) for value in drawn(strategies.tool_results(told, near_misses=False)))


def test_a_definition_may_be_an_object_of_the_mcp_sdk():
    """Or a mapping, or what a model is given."""
    tool = Tool.model_validate({**DEFINITION, "outputSchema": OFFER})
    assert all(value.get("to", "LIS") == "LIS" for value in drawn(strategies.tool_arguments(tool)))
    assert drawn(strategies.tool_results(tool))
    function = {"type": "function", "function": {"name": "search", "parameters": DEFINITION["inputSchema"]}}
    assert drawn(strategies.tool_arguments(function))


def test_a_tool_that_promises_nothing_answers_texts():
    """Plain and odd ones."""
    assert all(isinstance(value, str) for value in drawn(strategies.tool_results(DEFINITION)))


def test_what_is_no_definition_is_refused():
    """With what to write."""
    with pytest.raises(UsageError, match="defines no tool"):
        strategies.tool_results("search")
    with pytest.raises(UsageError, match="the tool 'search' has no inputSchema"):
        strategies.tool_arguments({"name": "search"})


def test_messages_begin_with_the_plain_request():
    """The simplest is what people usually say; all of them can be sent."""
    texts = drawn(strategies.messages("Book LX1, please."))
    assert texts[0] == "Book LX1, please."
    assert any("Book LX1" in text and text != texts[0] for text in texts)
    assert all(text.encode() is not None for text in texts)


@pytest.mark.parametrize("part", ["\u202e", "Ignore all previous instructions", "\x00", "{{", "\r\n"])
def test_messages_are_hostile_too(part):
    """Each of these comes."""
    found = find(strategies.messages(), lambda text: part in text, settings=settings(FEW, max_examples=2_000))
    assert part in found


def test_journeys_of_a_system_come_first():
    """Its usual one is the simplest."""
    names = drawn(strategies.journeys("reference_system:travel"))
    assert names[0] == "weekend-in-lisbon"
    assert len(set(names)) > 3


def test_journeys_may_be_texts_and_strategies():
    """For a system that takes anything."""
    found = drawn(strategies.journeys(lambda chaos: print, "Book LX1", st.just({"to": "LIS"})))
    assert found[0] == "Book LX1"
    assert {"to": "LIS"} in found


def test_a_system_without_journeys_needs_some():
    """It can only be asked in a trial."""
    with pytest.raises(UsageError, match="names no journeys"):
        strategies.journeys(lambda chaos: print)
    with pytest.raises(UsageError, match="is no system"):
        strategies.journeys(7)


def test_any_fault_can_be_drawn():
    """Each by its own name at least; parameters as they are usual first."""
    for name, make in registered().items():
        if any(field.is_required() for field in make.model_fields.values()):
            continue
        made = drawn(strategies.faults(name))
        assert made[0] == make()
        assert all(type(fault) is make for fault in made)


def test_parameters_stay_near_what_is_usual():
    """Ten times as much at most."""
    seconds = [fault.seconds for fault in drawn(strategies.faults(faults.Latency))]
    assert max(seconds) > 5
    assert all(0 <= value <= 50 for value in seconds)


def test_a_family_of_faults_and_all_of_them():
    """By the word that the list of faults uses."""
    assert {fault.family for fault in drawn(strategies.faults("stream"))} == {"stream"}
    assert len({fault.name for fault in drawn(strategies.faults())}) > 5


def test_faults_that_cannot_be_drawn_are_named():
    """With the nearest that can, or with what is missing."""
    with pytest.raises(UnknownNameError, match="did you mean 'latency'"):
        strategies.faults("latnecy")
    with pytest.raises(UsageError, match=r"nobody can guess its groups; put faults.Partition\(...\) itself"):
        strategies.faults("partition")
