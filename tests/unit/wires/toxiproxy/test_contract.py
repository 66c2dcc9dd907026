"""The recorded exchanges of the real server, one after the other, against ours (or against the real one again)."""

from __future__ import annotations

import ast
import json
import re
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

EXCHANGES = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))

# Exchanges of a group follow one another on one server; those of the two groups about toxics do so together.
GROUPS = [
    ["basics"],
    ["user-agent"],
    ["create"],
    ["update"],
    ["toxics-types", "toxics-errors"],
    ["populate"],
    ["reset"],
]

REFUSED = re.compile(r'\{"error":"[^"]+: faults on the way there [^"]+","status":400\}\n')

DIFFERENCES = {
    # what the embedded one is asked -> (status, body) in place of what was recorded, and why
    "listen '0.0.0.0:0'": (400, REFUSED),  # all interfaces, asked for by name: refused unless allowed
    "listen '192.0.2.1:0'": (400, REFUSED),  # not this machine
    "listen ' 127.0.0.1:0'": (400, REFUSED),  # a name, not an address of this machine
}
FOLLOWS_A_REFUSAL = {"listen '0.0.0.0:0'"}
"""After these the recorded server deletes what ours has not made."""

FIXED_PORT = "listen '127.0.0.1:http-alt'"
"""A port that may be taken on the machine of whoever runs this; `test_addresses.py` reads such names."""

NOT_FOUND = (404, '{"error":"proxy not found","status":404}\n')


@pytest.fixture
def ports():
    """The ports that the recording speaks of: an upstream, a busy one, and four that are free."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        numbers = {name: str(sock.getsockname()[1]) for name, sock in zip(("UP", "BUSY", *"ABCD"), taken, strict=True)}
        for free in taken[2:]:
            free.close()
        yield numbers


class Normalised:
    """Texts of the recording with the ports of this run."""

    def __init__(self, ports):
        self._ports = dict(ports)

    def here(self, text):
        """A request, as it is asked in this run."""
        return re.sub(r"\{([A-Z]+\d*)\}", lambda found: self._ports.get(found[1], found[0]), text)

    def matches(self, expected, found):
        """Whether they are equal; an ephemeral port is learned where it occurs for the first time."""
        new = []

        def part(text):
            name = text[1:-1]
            if re.fullmatch(r"\{E\d+\}", text) is None:
                return re.escape(text)
            if name in self._ports:
                return self._ports[name]
            new.append(name)
            return f"(?P<{name}>[0-9]+)" if new.count(name) == 1 else f"(?P={name})"

        pattern = "".join(part(text) for text in re.split(r"(\{E\d+\})", self.here(expected)))
        match = re.fullmatch(pattern, found)
        if match is not None:
            self._ports |= match.groupdict()
        return match is not None


def _body(exchange):
    body = exchange["body"]
    if body == "(300 kB)":
        return json.dumps({"name": "big", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:{UP}", "pad": "x" * 300_000})
    if body is not None and body.startswith("b'"):
        return ast.literal_eval(body)
    return body


def _expected(exchange, before, embedded):
    if not embedded:
        return exchange["status"], exchange["resp"]
    if exchange.get("note") in DIFFERENCES:
        return DIFFERENCES[exchange["note"]]
    if before is not None and before.get("note") in FOLLOWS_A_REFUSAL:
        return NOT_FOUND
    # Without a host it listens on this machine only, and says so.
    return exchange["status"], exchange["resp"].replace('"listen":"[::]:', '"listen":"127.0.0.1:')


@pytest.mark.parametrize("groups", GROUPS, ids=" ".join)
def test_it_answers_as_the_real_server_did(api, ports, groups):
    """Status, content type and every byte of the body."""
    normalised = Normalised(ports)
    wrong = []
    before = None
    for number, exchange in enumerate(EXCHANGES):
        skipped = FIXED_PORT in {exchange.get("note"), (before or {}).get("note")} and exchange["status"] != 404
        if exchange["group"] not in groups or skipped:
            before = exchange
            continue
        body = _body(exchange)
        body = normalised.here(body).encode() if isinstance(body, str) else body
        status, headers, found = api.ask(exchange["method"], exchange["path"], body, exchange.get("req_headers"))
        expected_status, expected = _expected(exchange, before, api.embedded)
        same = expected.fullmatch(found) if isinstance(expected, re.Pattern) else normalised.matches(expected, found)
        type_expected = (
            exchange.get("content_type") if expected_status == exchange["status"] else headers["Content-Type"]
        )
        if status != expected_status or not same or headers["Content-Type"] != type_expected:
            wrong.append((number, exchange["method"], exchange["path"], exchange["body"], status, found, expected))
        before = exchange
    assert not wrong, "\n".join(map(str, wrong))


def test_every_difference_is_of_a_recorded_exchange():
    """A difference that nothing shows any more is no difference."""
    notes = {exchange.get("note") for exchange in EXCHANGES}
    assert {*DIFFERENCES, *FOLLOWS_A_REFUSAL, FIXED_PORT} <= notes


def test_routed_replies_have_a_number(api):
    """As the real one's have, so that a client's log can name one."""
    assert (
        api.ask("GET", "/version")[1]["X-Toxiproxy-Request-Id"]
        != api.ask("GET", "/version")[1]["X-Toxiproxy-Request-Id"]
    )
    assert "X-Toxiproxy-Request-Id" not in api.ask("GET", "/nope")[1]
