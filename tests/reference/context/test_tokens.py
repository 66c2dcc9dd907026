"""Tokens: estimated by characters, as they stand in an ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reference_system.context.tokens import estimated_tokens, fitted, tokens_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def test_a_token_is_four_characters():
    """Begun ones count whole."""
    assert [estimated_tokens("a" * length) for length in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_what_is_escaped_takes_more():
    """The quotes, and a line break is two characters."""
    assert tokens_of("ab") == 1
    assert tokens_of("\n" * 10) == 6


@given(TEXT, st.integers(-1, 120))
def test_a_fitted_text_fits(text, tokens):
    """Whatever it is made of: nothing is left of it rather than too much."""
    short = fitted(text, tokens)
    assert short == "" or tokens_of(short) <= tokens
    if tokens_of(text) <= tokens:
        assert short == text


def test_a_fitted_text_keeps_both_ends():
    """A letter says in its first and last lines what it is about."""
    short = fitted("Dear travel service, " + "blah " * 500 + "so please book it.", 20)
    assert short.startswith("Dear travel service, blah")
    assert short.endswith("so please book it.")
    assert " [...] " in short


def test_a_fitted_text_uses_the_room_that_it_has():
    """Also where every character takes two."""
    for text in ("a" * 10_000, '"' * 10_000, "a" * 5_000 + "\n" * 5_000):
        assert tokens_of(fitted(text, 100)) > 80
