"""JSON and addresses as Go reads and writes them, beyond what the recorded exchanges show."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.wires.toxiproxy.addresses import Address, listening, port_number, split
from pytest_agentchaos.wires.toxiproxy.go_json import Members, Number, read, written
from pytest_agentchaos.wires.toxiproxy.go_values import written_float32
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def plain(value):
    """As the json module would have read it."""
    if isinstance(value, Members):
        return {name: plain(inner) for name, inner in value.pairs}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return json.loads(value.literal) if isinstance(value, Number) else value


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_it_reads_what_others_have_written(value, indent, ascii_only):
    """Everything that JSON can say, however it is spaced and escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(read(text.encode("utf-8"))) == json.loads(text)


@given(st.binary(max_size=60) | st.text("{}[]\",:\\ \n0123456789-+.eEtruefalsn'u\x00é", max_size=30).map(str.encode))
def test_it_reads_anything_or_refuses_it(body):
    """A refusal, and no other error, whatever the bytes; what the json module takes as a whole is taken."""
    try:
        taken = plain(read(body))
    except Refusal:
        with pytest.raises((ValueError, UnicodeDecodeError)):
            json.loads(body.decode("utf-8"), parse_constant=_refused)
    else:
        assert written(taken)


def _refused(constant):
    raise ValueError(constant)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"1.", "unexpected EOF"),
        (b"[1.x]", "invalid character 'x' after decimal point in numeric literal"),
        (b"[1e+x]", "invalid character 'x' in exponent of numeric literal"),
        (b"[-x]", "invalid character 'x' in numeric literal"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b'["\\u12x4"]', "invalid character 'x' in \\u hexadecimal character escape"),
        (b"\x00", "invalid character '\\x00' looking for beginning of value"),
        (b'["\x01"]', "invalid character '\\x01' in string literal"),
        (b"[\x85]", "invalid character '\\u0085' looking for beginning of value"),
        (b"[\x7f]", "invalid character '\\x7f' looking for beginning of value"),
        (b"[\\]", "invalid character '\\\\' looking for beginning of value"),
    ],
)
def test_it_complains_in_gos_words(body, complaint):
    """Clients show them to people who look them up."""
    with pytest.raises(Refusal) as refused:
        read(body)
    assert refused.value.text == f"bad request body: {complaint}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud83d"', "\ufffd"),
        (b'"\\ude00\\ud83d"', "\ufffd\ufffd"),
        (b'"\xe4\xb8"', "\ufffd\ufffd"),
        (b'"\\/\\b\\f\\n\\r\\t\\"\\\\"', '/\b\f\n\r\t"\\'),
    ],
)
def test_halves_of_characters_become_marks(body, text):
    """One for each, as in Go."""
    assert read(body) == text


def test_it_writes_nothing_that_a_browser_takes_for_markup():
    """Nor what ends a line of JavaScript."""
    assert written("<a href='x'>&\u2028\u2029é") == "\"\\u003ca href='x'\\u003e\\u0026\\u2028\\u2029é\""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (0.3, "0.3"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e-7, "1e-7"),
        (1e30, "1e+30"),
        (5e-5, "0.00005"),
    ],
)
def test_fractions_are_as_short_as_32_bits_allow(value, text):
    """And written like a person would."""
    assert written_float32(struct.unpack("f", struct.pack("f", value))[0]) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_fractions_are_read_back_as_the_same(value):
    """All 32 bits of them."""
    assert struct.pack("f", float(written_float32(value))) == struct.pack("f", value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", Address("127.0.0.1", 0)),
        (":0", Address("127.0.0.1", 0)),
        ("localhost:5432", Address("127.0.0.1", 5432)),
        ("127.0.0.1:http-alt", Address("127.0.0.1", 8080)),
        ("[::1]:1", Address("::1", 1)),
    ],
)
def test_addresses_to_listen_on(text, address):
    """Without a host, this machine; services by name."""
    assert listening(text) == address


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "[::1]", "::1", "a:b:1"])
def test_what_is_no_address(text):
    """Is refused with the place that is wrong."""
    with pytest.raises(Refusal, match=r"missing port in address|too many colons in address"):
        split(text)


@pytest.mark.parametrize("port", ["65536", "-1", "1e3", "99999999999", "no-such-service", "\u0661"])
def test_what_is_no_port(port):
    """By number or by name."""
    with pytest.raises(Refusal):
        port_number(port)
