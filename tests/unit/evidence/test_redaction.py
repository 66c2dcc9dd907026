"""Secrets never leave the process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.redaction import HIDDEN, redact

WORD = "aB3dE5gH7jK9mN1pQ"
TOKENS = [
    f"sk-{WORD}",
    f"sk-proj-{WORD}",
    f"sk-ant-api03-{WORD}-{WORD}",
    f"sk_live_{WORD}",
    f"rk_test_{WORD}",
    f"ghp_{WORD}{WORD}",
    f"github_pat_{WORD}_{WORD}",
    f"xoxb-12345-{WORD}",
    f"hf_{WORD}{WORD}",
    "AKIAIOSFODNN7EXAMPLE",
    f"AIza{WORD}{WORD}",
    f"eyJ{WORD}.eyJ{WORD}.{WORD}",
]
SECRET_KEYS = [
    "authorization",
    "Authorization",
    "Proxy-Authorization",
    "api_key",
    "apiKey",
    "X-Api-Key",
    "apikey",
    "password",
    "dbPassword",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "client_secret",
    "access_token",
    "refreshToken",
    "auth-token",
    "id_token",
    "session_token",
    "Cookie",
    "set-cookie",
    "private_key",
    "credentials",
]
HARMLESS = st.sampled_from(
    [
        "book a flight to Lisbon",
        "the password is needed",
        "task-management-process-overview",
        "bearer of good news",
        "https://api.local/v1/tokens?max_tokens=100",
        "ask for the secretary",
        '{"password": null, "max_tokens": 7}',
        "",
        "TP-12",
    ]
)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "key {}.", "'{}'", '{{"k":"{}"}}', "a={}&b=1", "({})", "\n{}\n"])
def test_a_token_is_hidden_wherever_it_stands(token, around):
    """And nothing around it is."""
    assert redact(around.format(token)) == around.format(HIDDEN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {WORD}==", f"Bearer {HIDDEN}"),
        (f"curl -H 'x: bearer  {WORD}'", f"curl -H 'x: bearer  {HIDDEN}'"),
        ("postgres://app:hunter2@db/main", f"postgres://{HIDDEN}@db/main"),
        ("redis://:hunter2@cache:6379", f"redis://{HIDDEN}@cache:6379"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{WORD}\n-----END RSA PRIVATE KEY-----\nx", f"{HIDDEN}\nx"),
        (f"-----BEGIN PRIVATE KEY-----\n{WORD}", HIDDEN),
        ('{"password": "hunter2", "user": "ana"}', f'{{"password": "{HIDDEN}", "user": "ana"}}'),
        (
            r'{"arguments": "{\"api_key\": \"hunter2\", \"n\": 1}"}',
            rf'{{"arguments": "{{\"api_key\": \"{HIDDEN}\", \"n\": 1}}"}}',
        ),
        (r'{"password": "hun\"ter2"}', f'{{"password": "{HIDDEN}"}}'),
        ('{"password": "hunter2', f'{{"password": "{HIDDEN}'),
        ("User(name='ana', password='hunter2')", f"User(name='ana', password='{HIDDEN}')"),
        ("/login?user=ana&password=hunter2&next=1", f"/login?user=ana&password={HIDDEN}&next=1"),
        ("Authorization: Basic YTpi\nAccept: */*", f"Authorization: {HIDDEN}\nAccept: */*"),
        ("-H 'Authorization: token hunter2'", f"-H 'Authorization: {HIDDEN}'"),
        ("X-Api-Key: hunter2\nAccept: */*", f"X-Api-Key: {HIDDEN}\nAccept: */*"),
        ("serve --api-key hunter2 --db-password 'a b' 80", f"serve --api-key {HIDDEN} --db-password '{HIDDEN}' 80"),
        ("serve --no-password --port 80", "serve --no-password --port 80"),
    ],
)
def test_a_secret_in_a_text_is_hidden(text, shown):
    """JSON in a string, a repr, a query, a header, a command; also when the text was cut off."""
    assert redact(text) == shown


@given(HARMLESS)
def test_a_harmless_text_stays_as_it_is(text):
    """Hiding too much would hide evidence."""
    assert redact(text) == text


@pytest.mark.parametrize("key", SECRET_KEYS)
@pytest.mark.parametrize("secret", ["x", 1234, ["x"], {"value": "x"}], ids=repr)
def test_the_value_of_a_secret_key_is_hidden_whatever_it_is(key, secret):
    """The key says what it is."""
    assert redact({"in": [{key: secret, "user": "ana"}]}) == {"in": [{key: HIDDEN, "user": "ana"}]}


@pytest.mark.parametrize("value", [None, "", True, False, [], 0])
def test_a_secret_key_without_a_secret_is_shown(value):
    """That a password was empty, or is there at all, may be the very evidence."""
    assert redact({"password": value}) == {"password": value}


@pytest.mark.parametrize("key", ["max_tokens", "token_count", "passwordless_login", "secretary", "monkey"])
def test_a_key_that_only_resembles_a_secret_one_is_shown(key):
    """It ends differently."""
    assert redact({key: "x"}) == {key: "x"}


def _wrapped(secret: Any) -> st.SearchStrategy[Any]:
    """Values that hold a secret at some depth, in every form that JSON and Python have."""
    return st.recursive(
        st.just(secret),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2),
            st.tuples(HARMLESS, inner),
            st.dictionaries(st.sampled_from(["a", "items", "user"]), inner, min_size=1, max_size=2),
            st.builds(lambda key, value: {key: value}, st.sampled_from(SECRET_KEYS), inner),
            st.builds(lambda value: json.dumps({"note": value}), inner),
            st.builds(lambda value: f"see {value} there", inner),
        ),
        max_leaves=6,
    )


@given(st.sampled_from(TOKENS).flatmap(lambda token: st.tuples(st.just(token), _wrapped(token))))
def test_no_planted_token_is_ever_shown(planted):
    """At any depth, as a value, as a key, inside of JSON inside of a text."""
    token, value = planted
    for place in (value, {"x": value}, {str(value): 1}):
        assert token not in dump(redact(place))


@given(
    st.sampled_from(SECRET_KEYS).flatmap(lambda key: _wrapped({key: "hunter2"})),
    st.integers(min_value=0, max_value=3),
)
def test_no_value_of_a_secret_key_is_ever_shown(value, layers):
    """However often it was written as JSON into another JSON."""
    for _ in range(layers):
        value = {"arguments": json.dumps(value)}
    assert "hunter2" not in dump(redact(value))


@given(
    st.lists(st.sampled_from([*TOKENS, *SECRET_KEYS, " ", "=", ":", '"', "\\", "'", "bearer ", "x", "://", "@", "_"]))
)
@example(["AKIAIOSFODNN7EXAMPLE", f"sk-{WORD}"])
@example(["://", "authorization", "://", f"sk-{WORD}", "@"])
def test_hiding_twice_hides_no_more(parts):
    """A history that was saved and loaded must not differ from the one that was run."""
    once = redact("".join(parts))
    assert redact(once) == once


@dataclass
class Login:
    """A dataclass."""

    user: str
    password: str


class Account(BaseModel):
    """A model of pydantic."""

    user: str
    secret: str


class Plain:
    """An object that JSON has no word for."""

    def __str__(self) -> str:
        return f"Plain(key=sk-{WORD})"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Login("ana", "hunter2"), {"user": "ana", "password": HIDDEN}),
        ([Account(user="ana", secret="hunter2")], [{"user": "ana", "secret": HIDDEN}]),
        (Plain(), f"Plain(key={HIDDEN})"),
        ({"password=hunter2"}, [f"password={HIDDEN}"]),
        (f"sk-{WORD}".encode(), HIDDEN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_object_is_told_and_then_redacted(value, shown):
    """Not the other way round, which would show what it holds."""
    assert redact(value) == shown


def test_below_so_many_levels_everything_is_hidden():
    """A deep value ends the evidence, not the run."""
    deep: Any = f"sk-{WORD}"
    for _ in range(5000):
        deep = [deep]
    text = dump(redact(deep))
    assert WORD not in text
    assert HIDDEN in text
