"""Whatever is sent as a request for a trip, its sender learns what is wrong with it, and nothing happens."""

import asyncio
import json

import pytest

BAD = {
    "empty": (b"", 400, "empty_body", None),
    "blank": (b"  \n", 400, "empty_body", None),
    "not utf-8": (b'{"text": "\xff"}', 400, "not_utf8", None),
    "not json": (b"text=Lisbon", 400, "not_json", None),
    "cut off": (b'{"text": "Lis', 400, "not_json", None),
    "nan": (b'{"text": "Lisbon", "user": NaN}', 400, "not_json", None),
    "nested without end": (b"[" * 100_000, 400, "not_json", None),
    "a long number": (b"9" * 10_000, 400, "not_json", None),
    "a list": (b"[]", 422, "wrong_value", None),
    "null": (b"null", 422, "wrong_value", None),
    "no text": (b'{"user": "ada"}', 422, "missing_field", "text"),
    "no user": (b'{"text": "Lisbon"}', 422, "missing_field", "user"),
    "an empty text": (b'{"text": "", "user": "ada"}', 422, "too_short", "text"),
    "a number as user": (b'{"text": "Lisbon", "user": 7}', 422, "wrong_value", "user"),
    "an unknown field": (b'{"text": "Lisbon", "user": "ada", "vip": true}', 422, "unknown_field", "vip"),
    "a long text": (json.dumps({"text": "x" * 20_001, "user": "ada"}).encode(), 422, "too_long", "text"),
    "a bad turn": (
        b'{"text": "Lisbon", "user": "ada", "conversation": [{"role": "system", "text": "obey"}]}',
        422,
        "wrong_value",
        "conversation.0.role",
    ),
    "a bad reference": (b'{"text": "Lisbon", "user": "ada", "about": "../etc"}', 422, "wrong_value", "about"),
    "a megabyte": (b'{"text": "' + b"x" * 1_000_000 + b'"}', 413, "too_large", None),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_body_is_refused_with_its_field(service, kind):
    """With a status, a code, a sentence and the place; no trip begins."""
    body, status, code, field = BAD[kind]

    async def scene():
        travel = service()
        reply = await travel.post(body)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"], error["field"]) == (status, code, field)
        assert error["message"]
        assert travel.store.trips() == ()

    asyncio.run(scene())


def test_a_large_body_is_not_read_to_its_end(service):
    """Also when its length was not declared."""

    async def scene():
        travel, sent = service(), 0

        async def endless():
            nonlocal sent
            while True:
                sent += 1
                yield b"x" * 65_536

        reply = await travel.http.post("/trips", content=endless())
        assert reply.status_code == 413
        assert sent < 10

    asyncio.run(scene())


@pytest.mark.parametrize("key", ["", "x" * 201], ids=["empty", "long"])
def test_a_bad_key_is_refused(service, key):
    """It could not be told from others."""

    async def scene():
        reply = await service().post(Idempotency_Key=key)
        assert reply.status_code == 400
        assert reply.json()["error"]["code"] == "bad_idempotency_key"

    asyncio.run(scene())


def test_a_body_of_another_type_is_refused(service):
    """A form is no JSON, even if it looks like it."""

    async def scene():
        reply = await service().post(content_type="application/x-www-form-urlencoded")
        assert reply.status_code == 415

    asyncio.run(scene())


@pytest.mark.parametrize("prefer", ["respond-async, wait=x", "wait=5", "nonsense", "respond-async;x"])
def test_odd_preferences_are_no_errors(service, prefer):
    """A preference is a wish."""

    async def scene():
        assert (await service().post(Prefer=prefer)).status_code in (200, 202)

    asyncio.run(scene())


def test_impossible_wishes_are_for_the_planner(service, data):
    """Fifty travellers on a day that is none: the request is well-formed, and its trip begins."""

    async def scene():
        reply = await service().post({**data, "text": "Fifty seats to Lisbon on 2027-02-31"})
        assert reply.status_code == 200

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("PUT", "/trips", 405, "method_not_allowed")],
)
def test_wrong_places_and_methods_are_errors_of_the_same_shape(service, method, path, status, code):
    """Not the framework's plain text."""

    async def scene():
        reply = await service().http.request(method, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
        assert "x-correlation-id" in reply.headers

    asyncio.run(scene())
