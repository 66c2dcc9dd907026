"""Telling: values of a system in the words of a reason, short and without secrets."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.telling import enumerated, listed, quoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "'x'"),
        (None, "None"),
        ({"a": [1]}, "{'a': [1]}"),
        ("line\nbreak", r"'line\nbreak'"),
        ("x" * 10_000_000, "'" + "x" * 96 + "..."),
        ("password=hunter22", "'password=[hidden]'"),
        (["sk-" + "a" * 40], "['[hidden]']"),
        ("x" * 85 + " sk-" + "a" * 4000, "'" + "x" * 85 + " [hidden]'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_value_is_told_as_python_writes_it(value, text):
    """At most 100 characters of it; what is cut off is no secret cut in two."""
    assert quoted(value) == text


def test_a_value_that_contains_itself_can_be_told():
    """And one whose methods raise."""

    class Hostile:
        def __repr__(self) -> str:
            raise ZeroDivisionError

        __str__ = __repr__

    endless: list[object] = []
    endless.append(endless)
    assert "'...'" in quoted(endless)
    assert "Hostile" in quoted(Hostile())


def test_of_many_some_are_told():
    """And how many there are besides."""
    assert enumerated([1, "a"]) == "1, 'a'"
    assert enumerated(range(13)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ... and 1 other"
    assert enumerated(range(9), 2) == "0, 1 ... and 7 others"
    assert listed(["a", "b"], 2) == "a, b"
    assert enumerated([]) == ""
