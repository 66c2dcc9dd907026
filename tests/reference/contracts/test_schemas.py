"""Schemas: one definition gives the type, what a server publishes, and what the model is held to."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_system.contracts.asks import AskStep, Compression, StepReport
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Plan, Route
from reference_system.contracts.schemas import (
    NotStrictError,
    contract_schema,
    result_schema,
    strict_schema,
    tool_schema,
)
from reference_system.contracts.tools import TOOLS

ANSWERS = (Plan, Route, StepReport, Compression)
"""What the model answers in structured output."""
SPOKEN = (*ANSWERS, *dict.fromkeys(tool.arguments for tool in TOOLS.values()))
"""All that the model writes."""
ALL = (*SPOKEN, *dict.fromkeys(tool.result for tool in TOOLS.values()))

STRICT_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs", "enum", "const"),
    *("description", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems"),
}
"""From the documentation of the OpenAI API: structured outputs, supported schemas."""


def names(types):
    """Ids of parameters."""
    return [type_.__name__ for type_ in types]


def inner(schema):
    """A schema and all that are inside of it."""
    yield schema
    for child in (
        *schema.get("properties", {}).values(),
        *schema.get("$defs", {}).values(),
        *schema.get("anyOf", ()),
        *([schema["items"]] if "items" in schema else []),
    ):
        yield from inner(child)


def values(schema, definitions):
    """Values that a schema allows."""
    if "$ref" in schema:
        return values(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return st.one_of([values(one, definitions) for one in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _OF_TYPE[schema["type"]](schema, definitions)


def _strings(schema, _definitions):
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if "pattern" in schema:  # "$" of Python also stands before a last line break, that of JSON Schema does not
        return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: not text.endswith("\n"))
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 30), 30))


def _arrays(schema, definitions):
    most = min(schema.get("maxItems", 3), 3)
    return st.lists(values(schema["items"], definitions), min_size=schema.get("minItems", 0), max_size=most)


def _objects(schema, definitions):
    fields = {name: values(value, definitions) for name, value in schema["properties"].items()}
    required = schema.get("required", ())
    return st.fixed_dictionaries(
        {name: fields[name] for name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


_OF_TYPE = {
    "string": _strings,
    "integer": lambda schema, _: st.integers(schema.get("minimum", -(2**40)), schema.get("maximum", 2**40)),
    "number": lambda *_: st.floats(allow_nan=False, allow_infinity=False),
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
    "array": _arrays,
    "object": _objects,
}


@pytest.mark.parametrize("contract", SPOKEN, ids=names(SPOKEN))
def test_a_strict_schema_has_only_what_the_api_supports(contract):
    """Closed objects, every property required, no keyword that the API would answer with 400."""
    schema = strict_schema(contract)
    assert schema["type"] == "object"
    for part in inner(schema):
        assert part.keys() <= STRICT_KEYWORDS
        assert "$ref" not in part or part.keys() == {"$ref"}
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


@pytest.mark.parametrize("contract", ALL, ids=names(ALL))
def test_every_schema_is_one(contract):
    """By the rules of JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(contract_schema(contract))
    jsonschema.Draft202012Validator.check_schema(contract_schema(contract, "serialization"))


@pytest.mark.unmeasured
@pytest.mark.parametrize("contract", ALL, ids=names(ALL))
def test_type_and_schema_are_the_same_definition(contract):
    """What the schema allows is accepted; what the type writes keeps the strict schema and is read back the same."""
    schema = contract_schema(contract)

    @settings(max_examples=25)
    @given(values(schema, schema.get("$defs", {})))
    def holds(value):
        jsonschema.validate(value, schema)
        made = contract.model_validate_json(json.dumps(value))
        written = made.model_dump(mode="json")
        jsonschema.validate(written, strict_schema(contract))
        assert contract.model_validate(written) == made

    holds()


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_a_result_keeps_the_schema_that_its_server_publishes(tool):
    """With every field there, also those that have a default."""
    schema = contract_schema(tool.result)
    published = result_schema(tool)
    assert sorted(published["required"]) == sorted(published["properties"])

    @settings(max_examples=10)
    @given(values(schema, schema.get("$defs", {})))
    def holds(value):
        jsonschema.validate(tool.result.model_validate_json(json.dumps(value)).model_dump(mode="json"), published)

    holds()


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_only_writes_take_a_key_and_only_on_the_wire(tool):
    """The model can neither see nor give what makes a repetition safe."""
    shown, wire = tool_schema(tool, wire=False), tool_schema(tool, wire=True)
    assert "idempotency_key" not in shown["properties"]
    assert ("idempotency_key" in wire["properties"]) == tool.writes
    added = wire["properties"].keys() - shown["properties"].keys()
    assert added <= {"idempotency_key", "trip"}
    assert not added & set(wire.get("required", ()))
    assert wire["additionalProperties"] is False


def test_a_trip_that_is_business_stays_as_it_is():
    """The itinerary is kept under its trip: the argument is required, and what its contract says."""
    wire = tool_schema(TOOLS["save_itinerary"], wire=True)
    assert wire["properties"]["trip"] == contract_schema(TOOLS["save_itinerary"].arguments)["properties"]["trip"]
    assert "trip" in wire["required"]


def test_what_the_subset_lacks_is_told_in_words():
    """Limits of text and usual values stand in the description; limits of lists and numbers stay limits."""
    fields = strict_schema(TOOLS["search_flights"].arguments)["properties"]
    assert fields["origin"]["description"].endswith("Not empty. At most 60 characters.")
    assert fields["seats"]["description"] == "1 unless something else is said."
    assert fields["seats"]["maximum"] == 9
    held = strict_schema(TOOLS["hold_flight"].arguments)["properties"]["travellers"]
    assert (held["minItems"], held["maxItems"]) == (1, 9)


def test_what_may_be_absent_is_nullable():
    """The model says null where a caller in Python says nothing."""
    back = strict_schema(TOOLS["search_flights"].arguments)["properties"]["return_on"]
    assert back["anyOf"] == [{"type": "string", "format": "date"}, {"type": "null"}]


def test_a_union_needs_no_discriminator():
    """Each kind of task is told by its constant."""
    task = strict_schema(Plan)["$defs"]["PlanStep"]["properties"]["task"]
    assert [one["$ref"].rpartition("/")[2] for one in task["anyOf"]] == [
        *("Fly", "Ticket", "Stay", "Forecast", "Dine", "Keep", "Undo")
    ]


def test_what_stands_under_a_field_is_its_description():
    """Nobody has to write it twice."""
    assert strict_schema(TOOLS["reserve_table"].arguments)["properties"]["name"]["description"].startswith(
        "In whose name."
    )


class Open(Contract):
    """Takes any keys."""

    anything: dict[str, int]


class Pair(Contract):
    """A tuple of a fixed length."""

    both: tuple[int, str]


class Whatever(Contract):
    """Without a type."""

    value: object


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        (Open, "Open.anything takes any keys"),
        (AskStep, "AskStep.Fact.arguments takes any keys"),
        (Pair, "Pair.both uses 'prefixItems'"),
        (Whatever, "Whatever.value takes anything"),
    ],
    ids=["open", "inner", "pair", "whatever"],
)
def test_what_cannot_be_strict_is_named(contract, said):
    """With its place, instead of a 400 from the API at the first question."""
    with pytest.raises(NotStrictError, match=said):
        strict_schema(contract)


def test_schemas_are_made_once():
    """They are asked for at every call."""
    assert strict_schema(Plan) is strict_schema(Plan)
    assert tool_schema(TOOLS["book_hotel"], wire=True) is tool_schema(TOOLS["book_hotel"], wire=True)
    assert tool_schema(TOOLS["book_hotel"], wire=False) is tool_schema(TOOLS["book_hotel"], wire=False)
