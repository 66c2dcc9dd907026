"""Plain HTTP: what is read of any request, and what is never shown."""

from __future__ import annotations

import json
from typing import Any, get_args

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.dialects.base import Dialect, Problem, ProblemKind
from pytest_agentchaos.dialects.http import LIMIT_BYTES, PlainHTTP, address, read_json, write_json
from pytest_agentchaos.evidence.message import Reply, Request

DIALECT: Dialect = PlainHTTP()
JSON = (("Content-Type", "application/json; charset=utf-8"),)
URL = "http://Flights.local:8080/book"


def arguments(request: Request) -> dict[str, Any]:
    """The arguments of the call in a request."""
    call = DIALECT.read_call(request)
    assert call is not None
    return dict(call.arguments)


def test_a_request_is_its_method_path_query_and_body() -> None:
    """As the real client sends it; headers are no part of it."""
    sent = httpx2.Request("POST", f"{URL}?a=1&b=2&b=3&c=", json={"seat": "4A"}, headers={"x-token": "sesame"})
    call = DIALECT.read_call(Request(sent.method, str(sent.url), tuple(sent.headers.multi_items()), sent.read()))
    assert call is not None
    assert (call.kind, call.target, call.name) == ("http", "flights.local:8080", "POST /book")
    assert (call.dialect, call.wire) == ("http", "http")
    assert call.arguments == {"query": {"a": "1", "b": ["2", "3"], "c": ""}, "body": {"seat": "4A"}}
    assert "sesame" not in repr(call)


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://a.b/x", "a.b", "/x"),
        ("https://a.b:443", "a.b", "/"),
        ("http://a.b:80/", "a.b", "/"),
        ("https://a.b:80/", "a.b:80", "/"),
        ("http://[::1]:9/x#f", "[::1]:9", "/x"),
        ("https://u:p@a.b/x", "a.b", "/x"),
        ("http://a.b:port/x", "?", "/"),
        ("http://[oops/x", "?", "/"),
        ("", "?", "/"),
    ],
)
def test_an_address_is_host_and_path(url: str, host: str, path: str) -> None:
    """The port only where it is not the scheme's own; never a user."""
    assert address(url)[:2] == (host, path)


@pytest.mark.parametrize(
    "name",
    ["api_key", "apikey", "api-key", "X-Api-Key", "subscription-key", "key", "token", "access_token", "sig", "password",
     "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential", "client_secret", "googleApiKey", "code"],
)  # fmt: skip
def test_credentials_in_the_query_are_hidden(name: str) -> None:
    """That there was one is all that may be known."""
    assert arguments(Request("GET", f"https://u:hunter1@a.b/x?{name}=hunter2&q=1"))["query"] == {
        name: "[hidden]",
        "q": "1",
    }


@pytest.mark.parametrize(
    "name", ["page_token", "nextToken", "keyword", "monkey", "design", "tokens", "author", "zip_code"]
)
def test_what_only_sounds_like_a_credential_is_shown(name: str) -> None:
    """Two pages of a list are two calls."""
    assert arguments(Request("GET", f"https://a.b/x?{name}=2"))["query"] == {name: "2"}


def test_a_known_form_of_key_is_hidden_wherever_it_stands() -> None:
    """Some services want it in the path."""
    call = DIALECT.read_call(
        Request("get", "https://a.b/bot/sk-proj-abcdefghijklmnop1234/x?q=sk-proj-abcdefghijklmnop1234")
    )
    assert call is not None
    assert call.name == "GET /bot/[hidden]/x"
    assert "abcdefghijklmnop" not in repr(call)


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (JSON, b"", None),
        (JSON, b"null", None),
        (JSON, b"[1]", [1]),
        ((("content-type", "application/problem+json"),), b'{"a":1}', {"a": 1}),
    ],
)
def test_a_json_body_is_its_value(headers: Any, body: bytes, expected: Any) -> None:
    """Whatever kind of JSON it says it is."""
    assert arguments(Request("POST", URL, headers, body))["body"] == expected


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (JSON, b"{"),
        (JSON, b"[NaN]"),
        (JSON, b"[1e999]"),
        (JSON, b"[" * 100_000),
        (JSON, b"\xff"),
        ((), b'{"a":1}'),
        ((("content-type", "application/x-www-form-urlencoded"),), b"password=hunter2"),
        (JSON, b'"' + b"x" * LIMIT_BYTES + b'"'),
    ],
)
def test_any_other_body_is_its_length_and_digest(headers: Any, body: bytes) -> None:
    """Forms carry passwords, uploads are large; equal bodies still have equal digests."""
    shown = arguments(Request("POST", URL, headers, body))["body"]
    assert shown["bytes"] == len(body)
    assert shown == arguments(Request("POST", URL, headers, body))["body"]
    assert shown != arguments(Request("POST", URL, headers, body[:-1] + b"?"))["body"]


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (JSON, b'{"a": 1}', {"a": 1}),
        (JSON, b"{oops", "{oops"),
        ((("content-type", "text/html"),), "<p>é".encode(), "<p>é"),
        ((), b'{"a": 1}', '{"a": 1}'),
        ((("content-type", "image/png"),), b"\x89PNG", None),
        (JSON, b"", None),
        (JSON, b" " * (LIMIT_BYTES + 1), None),
    ],
)
def test_a_result_is_json_or_text(headers: Any, body: bytes, expected: Any) -> None:
    """What is neither, or very large, is not read."""
    assert DIALECT.read_result(Reply(200, headers, body)) == expected
    assert DIALECT.read_usage(Reply(200, headers, body)) is None


def test_a_rewritten_result_keeps_its_kind() -> None:
    """Text stays text, JSON stays JSON, and what becomes JSON says so."""
    text = Reply(200, (("content-type", "text/plain"), ("x-a", "1")), b"old")
    assert DIALECT.write_result(text, "new\ud800").body == b"new?"
    told = DIALECT.write_result(text, {"a": "é"})
    assert (told.header("content-type"), told.header("x-a"), told.body) == (
        "application/json",
        "1",
        '{"a":"é"}'.encode(),
    )
    assert DIALECT.write_result(Reply(200, JSON, b"1"), "new").body == b'"new"'
    assert told.header("content-length") == str(len(told.body))


@pytest.mark.parametrize("kind", get_args(ProblemKind))
def test_a_problem_has_a_status_and_words(kind: ProblemKind) -> None:
    """For each kind there is."""
    reply = DIALECT.problem(Request("GET", URL), Problem(kind))
    error = json.loads(reply.body)["error"]
    assert reply.status == error["status"] >= 400
    assert error["type"] == kind
    assert error["message"]
    assert reply.header("retry-after") is None


@pytest.mark.parametrize(("seconds", "header"), [(2.0, "2"), (0.5, "0.5"), (1234567.0, "1234567")])
def test_a_problem_may_say_more(seconds: float, header: str) -> None:
    """Its own status and words, and when to come back."""
    reply = DIALECT.problem(Request("GET", URL), Problem("overloaded", 502, "later", seconds))
    assert (reply.status, reply.header("retry-after")) == (502, header)
    assert json.loads(reply.body)["error"]["message"] == "later"


def test_json_that_cannot_be_encoded_is_escaped() -> None:
    """Half a surrogate pair is legal in an escape only."""
    assert read_json(write_json({"a": "\ud800"})) == {"a": "\ud800"}


@given(
    method=st.text(max_size=5),
    url=st.text() | st.text().map(lambda rest: f"http://a.b/{rest}"),
    headers=st.sampled_from([(), JSON, (("content-type", "text/plain"),)]),
    body=st.binary(),
)
def test_it_reads_everything(method: str, url: str, headers: Any, body: bytes) -> None:
    """It is the last dialect that is asked: what it cannot read nobody can."""
    call = DIALECT.read_call(Request(method, url, headers, body))
    assert call is not None
    assert call.digest
    reply = Reply(200, headers, body)
    DIALECT.read_result(reply)
    DIALECT.write_result(reply, [body.hex()])


@given(secret=st.text("abcdefgh0123456789", min_size=12, max_size=20))
def test_no_secret_of_an_address_is_ever_shown(secret: str) -> None:
    """User, password, key and fragment."""
    for url in (f"https://u:{secret}@a.b/x?api_key={secret}#{secret}", f"https://{secret}@a.b:x/", f"//{secret}@["):
        assert secret not in repr(DIALECT.read_call(Request("GET", url)))
