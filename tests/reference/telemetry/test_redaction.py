"""Redaction hides what must not be seen, leaves the rest readable, and never touches its own marks."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_system.telemetry.redaction import Redactor

HIDDEN = {
    "api key": ("the key is sk-proj-abcdef123456", "sk-proj-abcdef123456"),
    "bearer token": ("Authorization: Bearer abc.def-ghi_123", "abc.def-ghi_123"),
    "bearer token without digits": ("bearer abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz"),
    "basic credentials": ("authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    "json web token": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJhbGciOiJIUzI1NiJ9"),
    "cloud access key": ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "password in a url": ("postgresql://travel:hunter22@db/trips", "hunter22"),
    "password in a query": ("GET /login?password=hunter22&x=1", "hunter22"),
    "password in json in json": (r'{"arguments": "{\"password\": \"hunter22\"}"}', "hunter22"),
    "password in prose": ("mein Passwort ist hunter22", "hunter22"),
    "card": ("pay with 4111111111111111 please", "4111111111111111"),
    "card in groups": ("pay with 4111 1111 1111 1111 123", "4111 1111 1111 1111"),
    "card with dashes": ("5500-0000-0000-0004", "5500-0000-0000-0004"),
    "card of fifteen digits": ("3782 822463 10005", "3782 822463 10005"),
    "e-mail": ("write to ada.lovelace+trips@example.co.uk!", "ada.lovelace+trips@example.co.uk"),
    "e-mail of a new domain": ("jürgen@bücher.example", "jürgen@bücher.example"),
    "international phone": ("call +41 79 123 45 67", "79 123 45 67"),
    "international phone with zeros": ("call 0041791234567", "791234567"),
    "national phone": ("call 079 123 45 67 today", "079 123 45 67"),
    "french phone": ("appelez le 06 12 34 56 78", "06 12 34 56 78"),
    "american phone": ("(555) 123-4567", "123-4567"),
    "phone that is called one": ("my mobile: 612 345 678", "612 345 678"),
    "passport": ("X1234567", "X1234567"),
    "passport that is called one": ("passport no. C01X00T47", "C01X00T47"),
    "identity number": ("DNI 12345678Z", "12345678Z"),
}

SHOWN = (
    "LX1766 Zurich-Lisbon on 2027-03-05, seats 3, 4",
    "from 2027-03-05 2027-03-09 2027-03-11",
    "am 05.03.2027-09.03.2027 um 08:15",
    "booking F-000001, hold F-000002, trip t-4f1c09d2a7b34e55",
    "between 1803859200 and 1803859200123",
    "the number 4111111111111112 is no card",
    "Bearer of bad news, basic information, token count 1200",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "sha256 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "budget 1200 EUR, 234.50 + 99.00 = 333.50",
    "https://hotels.travel.local/mcp",
)


@pytest.mark.parametrize("kind", HIDDEN)
def test_secrets_and_personal_data_are_hidden(kind):
    """Each kind of secret is replaced by a mark, in a text and inside JSON."""
    text, secret = HIDDEN[kind]
    assert secret in text
    assert secret not in Redactor().text(text)
    assert secret not in json.dumps(Redactor().json({"deep": [{"body": text}]}), ensure_ascii=False)


@pytest.mark.parametrize("kind", HIDDEN)
def test_switched_off_it_hides_nothing(kind):
    """Without redaction the same texts are kept as they are."""
    text, _ = HIDDEN[kind]
    assert Redactor(enabled=False).text(text) == text
    assert Redactor(enabled=False).json({"body": text}) == {"body": text}


@pytest.mark.parametrize("text", SHOWN)
def test_what_a_trip_talks_about_stays_readable(text):
    """Flights, days, amounts, ids, digests and trace ids are no personal data."""
    assert Redactor().text(text) == text


def test_fields_that_are_named_like_secrets_are_hidden_whole():
    """A field called password hides any value; absent values and flags stay."""
    body = {"API-Key": "x", "password": {"old": "a"}, "token": None, "email": "", "card": True, "input_tokens": 12}
    assert Redactor().json(body) == {
        "API-Key": "[secret]",
        "password": "[secret]",
        "token": None,
        "email": "[email]",
        "card": True,
        "input_tokens": 12,
    }


def test_a_card_number_that_is_a_number_is_hidden():
    """JSON knows numbers too; other long numbers stay."""
    assert Redactor().json({"a": 4111111111111111, "b": 4111111111111112}) == {"a": "[card]", "b": 4111111111111112}


def test_field_names_are_looked_at_too():
    """A mapping by e-mail address gives nobody away."""
    assert Redactor().json({"ada@example.com": 1}) == {"[email]": 1}


def test_the_keys_of_this_process_are_hidden_whatever_they_look_like():
    """A value that was given as a secret never shows, even as part of a word."""
    redactor = Redactor(secrets=("correct-horse", ""))
    assert redactor.text("xcorrect-horsex") == "x[secret]x"
    assert redactor.json(["correct-horse"]) == ["[secret]"]


def test_an_empty_or_short_secret_hides_no_ordinary_text():
    """Otherwise a default key of two letters would blank every message."""
    assert Redactor(secrets=("", "no")).text("no, nothing to hide") == "no, nothing to hide"


def test_the_copy_is_plain_json_and_no_alias():
    """Later changes of what was told do not reach the copy."""
    body = {"names": ("Ada",)}
    copy = Redactor().json(body)
    assert copy == {"names": ["Ada"]}
    copy["names"].append("Ben")
    assert body == {"names": ("Ada",)}


def test_a_text_longer_than_a_user_may_write_is_cut():
    """What is kept is bounded and says that it was cut; no half of a secret is left at the cut."""
    text = "word " * 3_993 + "4111 1111 1111 1111 " * 400
    kept = Redactor().text(text)
    assert len(kept) <= 20_000
    assert kept.endswith("[cut]")
    assert "1111" not in kept


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000 + "@", "1" * 20_000, "0 1" * 6_000, "password" * 2_500, "://" + "a:" * 9_000, "@." * 9_000,
     "passport " * 2_000, "(" * 20_000 + "@+1", "tel " * 5_000 + "1234567"],
    ids=["at", "digits", "spaced", "names", "url", "dots", "passports", "brackets", "phones"],
)  # fmt: skip
def test_hostile_texts_cost_little(text):
    """No text makes a rule run wild: CPU time, not the clock on the wall."""
    began_s = time.process_time()
    Redactor().text(text)
    assert time.process_time() - began_s < 1.0


PIECES = st.sampled_from(
    [*(text for text, _ in HIDDEN.values()), *SHOWN, "[secret]", "password=", "+", "0", "@", " ", ":"]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_hiding_twice_is_hiding_once(text):
    """What comes out is left alone when it comes in again."""
    once = Redactor().text(text)
    assert Redactor().text(once) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | PIECES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | PIECES, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_json_keeps_its_shape_and_hiding_twice_is_hiding_once(value):
    """Redaction never raises on JSON, keeps it JSON, and is idempotent."""
    once = Redactor().json(value)
    assert json.loads(json.dumps(once)) == once
    assert Redactor().json(once) == once
    assert type(once) is type(value)
