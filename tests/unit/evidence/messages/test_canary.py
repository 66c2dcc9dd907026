"""Canaries: the forms in which they return."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.messages.canary import CANARY, Planted, forms, planted
from pytest_agentchaos.faults.poisoned_content import PoisonedContent

SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=40)


def test_the_poison_is_that_of_the_fault():
    """One constant for both."""
    assert PoisonedContent().canary == CANARY


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9))
def test_base64_is_recognised_wherever_in_it_the_text_lies(secret, before, after):
    """At each of three alignments, in both alphabets."""
    whole = before + secret.encode() + after
    for encoded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
        assert any(form in encoded.decode() for form in forms(secret))


@given(SECRETS)
def test_json_addresses_and_reversal_are_recognised(secret):
    """As a body, a query or a path would carry it."""
    known = forms(secret)
    for carried in (
        secret,
        json.dumps({"key": secret}),
        json.dumps([secret], ensure_ascii=False),
        urlencode({"key": secret}),
        quote(secret),
        f"/{quote(secret, safe='')}/",
        secret[::-1],
    ):
        assert any(form in carried for form in known)


def test_a_short_text_has_no_forms_that_stand_anywhere_by_chance():
    """Neither base64 nor reversed."""
    assert forms("tulip") == ("tulip",)
    assert forms('"') == ('"', '\\"', "%22")


def test_half_a_character_has_forms_too():
    """It has no bytes in UTF-8, and is no reason to crash."""
    assert forms("secret \ud800")[0] == "secret \ud800"


def test_canaries_are_found_in_notes():
    """Each text once."""
    story = Story().note(canary="key", value="canary-1234").note(canary="key", value="canary-1234").note(log="canary")
    assert planted(story.history) == ((Planted(1, "key", "canary-1234"),), ())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the canary 'key' has no text of 6 characters or more"),
        (["canary-1234"], "the canary 'key' has no text of 6 characters or more"),
        ("      ab      ", "the canary 'key' has no text of 6 characters or more"),
        ("[hidden]", "the canary 'key' is [hidden], because it has the form of a real secret"),
    ],
)
def test_a_canary_that_cannot_be_looked_for_is_a_problem(value, reason):
    """Nobody may think that it was."""
    assert planted(Story().note(canary="key", value=value).history) == ((), ((0, reason),))
