"""Arguments: made from schemas, read from examples."""

from __future__ import annotations

import re

import pytest

from pytest_agentchaos.audit.arguments import candidates, fits, other_than
from pytest_agentchaos.audit.examples import load, template
from pytest_agentchaos.audit.tool import Key, Tool
from pytest_agentchaos.problems import DocumentError


def tool(properties, required=None, **more):
    """A tool that takes these."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }
    return Tool.of({"name": "t", "inputSchema": {**schema, **more}})


def first(**properties):
    """What it is called with first."""
    return next(candidates(tool(properties)), None)


def test_what_a_schema_gives_is_taken():
    """Examples, choices, defaults, constants."""
    assert first(a={"enum": ["x", "y"]}, b={"default": 7}, c={"const": "z"}, d={"examples": ["e", "f"]}) == {
        "a": "x", "b": 7, "c": "z", "d": "e",
    }  # fmt: skip


def test_numbers_keep_their_bounds():
    """The smallest that is allowed, and at least one where that can be."""
    number = {"type": "number"}
    assert first(
        a={"type": "integer"}, b={"type": "integer", "minimum": 5}, c={**number, "exclusiveMinimum": 2},
        d={**number, "maximum": -1}, e={"type": "integer", "multipleOf": 4}, f={"type": "boolean"},
    ) == {"a": 1, "b": 5, "c": 3, "d": -1, "e": 4, "f": False}  # fmt: skip


def test_paths_lead_into_the_sandbox_and_addresses_nowhere():
    """By the names of arguments."""
    text = {"type": "string"}
    assert first(path=text, repo_path=text, source=text, destination=text, url=text, name=text) == {
        "path": "{sandbox}/audit-{token}.txt",
        "repo_path": "{sandbox}",
        "source": "{sandbox}/existing.txt",
        "destination": "{sandbox}/audit-{token}.txt",
        "url": "http://127.0.0.1:9/{token}",
        "name": "audit-{token}",
    }


def test_formats_patterns_and_lengths_are_kept():
    """As far as a few texts go."""
    text = {"type": "string"}
    made = first(
        id={**text, "format": "uuid"}, day={**text, "format": "date"}, code={**text, "pattern": "^[A-Z]{3}$"},
        short={**text, "maxLength": 4}, long={**text, "minLength": 50},
    )  # fmt: skip
    assert re.fullmatch(r"[0-9a-f-]{36}", made["id"].replace("{token}", "a" * 9))
    assert (made["day"], made["code"], made["short"], len(made["long"])) == ("2030-01-02", "AAA", "aaaa", 50)


def test_what_cannot_be_made_is_not_made_up():
    """A pattern that none of the texts matches; one that would take for ever to be judged."""
    assert first(code={"type": "string", "pattern": "^QX-[0-9]{9}$"}) is None
    next(candidates(tool({"code": {"type": "string", "pattern": "^(a|a|a|aa)+$x"}})), None)


def test_lists_objects_references_and_choices_are_followed():
    """A schema that holds itself has an end."""
    defs = {"Item": {"type": "object", "properties": {"n": {"type": "integer"}, "next": {"$ref": "#/$defs/Item"}},
                     "required": ["n", "next"]}}  # fmt: skip
    made = next(
        candidates(
            tool({"items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "minItems": 2}}, **{"$defs": defs})
        ),
        None,
    )
    assert made is None or len(made["items"]) == 2
    choice = {"anyOf": [{"type": "null"}, {"type": "integer"}]}
    assert first(a=choice, b={"type": ["null", "string"]}) == {"a": 1, "b": "audit-{token}"}


def test_everything_is_given_where_the_least_is_not_enough():
    """The second candidate has what is optional, too."""
    given = tool({"a": {"type": "integer"}, "b": {"type": "integer"}}, required=["a"])
    assert list(candidates(given)) == [{"a": 1}, {"a": 1, "b": 1}]


def test_a_newer_call_is_about_the_same_thing():
    """What names it stays; if that is all there is, it is about another."""
    assert other_than(tool({}), {"path": "p", "content": "x-{token}"}) == {"path": "p", "content": "x-{token}-2"}
    assert other_than(tool({}), {"name": "x-{token}"}) == {"name": "x-{token}-2"}
    assert other_than(tool({}), {"name": "fixed"}) is None


def test_a_schema_that_nobody_can_judge_forbids_nothing():
    """The server will say."""
    assert fits(tool({"a": {"$ref": "http://127.0.0.1:9/elsewhere"}}), {"a": 1})


@pytest.mark.parametrize(
    ("properties", "description", "key"),
    [
        ({"idempotencyKey": {}}, "", Key("idempotencyKey", required=True)),
        (
            {"reference": {"description": "Calls with the same one are deduplicated."}},
            "",
            Key("reference", required=True),
        ),
        ({"client_request_id": {}}, "", Key("client_request_id", required=True)),
        ({"request_id": {"description": "Which request to approve."}}, "", None),
        ({}, "Send _meta.idempotencyKey to retry safely.", Key("idempotencyKey", is_argument=False)),
    ],
)
def test_a_key_is_found_by_its_name_or_by_what_is_said_of_it(properties, description, key):
    """In arguments, or in `_meta`."""
    made = tool(properties)
    assert Tool(made.name, made.schema, description).key == key


@pytest.mark.parametrize(("name", "reads"), [
    ("list_tables", True), ("getUser", True), ("git_status", True), ("search-nodes", True), ("read_query", True),
    ("write_query", False), ("create_table", False), ("get_and_delete", False), ("listen", False), ("budget", False),
])  # fmt: skip
def test_names_that_sound_like_reading(name, reads):
    """Only those: a tool that says nothing else may be called as a witness for it."""
    assert Tool(name, {}).sounds_reading is reads


def test_what_is_no_tool_is_left_out():
    """Hostile listings."""
    assert Tool.of({"name": 7}) is None
    odd = Tool.of({"name": "x", "inputSchema": [], "annotations": "no", "description": None})
    assert (odd.schema, odd.is_annotated, odd.required, odd.key) == ({}, False, frozenset(), None)


def test_examples_are_read_with_their_setup(tmp_path):
    """YAML; one mapping instead of a list is one of them."""
    path = tmp_path / "e.yaml"
    path.write_text("setup:\n  - create: {name: a}\ntools:\n  add: [{n: 1}, {n: 2}]\n  one: {n: 3}\n  none:\n")
    read = load(path)
    assert read.arguments == {"add": [{"n": 1}, {"n": 2}], "one": [{"n": 3}], "none": []}
    assert read.setup == [{"name": "create", "arguments": {"name": "a"}}]


@pytest.mark.parametrize(("text", "told"), [
    ("tool: {}", "did you mean 'tools'?"),
    ("tools: [a]", "write a list of arguments for each tool"),
    ("tools: {add: [1]}", "e.yaml:1: tools.add[0]: arguments are names and values"),
    ("setup: [{a: {}, b: {}}]", "one call is a tool and its arguments"),
    ("- a", "write `tools:`"),
])  # fmt: skip
def test_examples_that_are_wrong_are_told_with_their_lines(tmp_path, text, told):
    """What to write instead."""
    path = tmp_path / "e.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load(path)
    assert told in str(caught.value)


def test_the_template_is_a_file_of_examples(tmp_path):
    """With what the audit would have made up itself."""
    path = tmp_path / "e.yaml"
    path.write_text(template([tool({"item": {"type": "string"}})]))
    assert load(path).arguments == {"t": [{"item": "audit-{token}"}]}
