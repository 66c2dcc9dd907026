"""Strict JSON: what other parsers read as well."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.messages.strict_json import NOT_JSON, read


@pytest.mark.parametrize(("text", "value"), [("null", None), ('{"a": [1]}', {"a": [1]}), ("1e3", 1000.0)])
def test_json_is_read(text, value):
    """Also null, which is a value like others."""
    assert read(text) == value


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a": Infinity}', "[-Infinity]", "{'a': 1}", "{} {}", "[" * 100_000])
def test_anything_else_is_none(text):
    """NaN and infinite numbers, which Python's own parser takes, and depths that nobody can read."""
    assert read(text) is NOT_JSON
    assert repr(NOT_JSON) == "NOT_JSON"
