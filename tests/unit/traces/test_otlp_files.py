"""Files of traces: found out by content, read a span at a time, and read on after damage."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1 import trace_pb2

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import json_text, otlp, otlp_protobuf_file
from pytest_agentchaos.traces.json_text import CutOffError, JsonText, MisplacedError, UnreadableValueError
from pytest_agentchaos.traces.otlp import Damaged


def span(number, service="shop", scope="sdk"):
    """A span, as reading it should give it."""
    return Span(f"{number:a>32}", f"{number:b>16}", "", f"step {number}", 5.0, 6.0, service=service, scope=scope)


def json_entry(*spans, order=("resource", "scopeSpans"), inner=("scope", "spans")):
    """A ``resourceSpans`` of these spans, with its keys in some order."""
    raw = [
        {"traceId": one.trace_id, "spanId": one.span_id, "name": one.name, "kind": 1,
         "startTimeUnixNano": "5000000000", "endTimeUnixNano": "6000000000"}
        for one in spans
    ]  # fmt: skip
    group = {"scope": {"name": spans[0].scope}, "spans": raw, "schemaUrl": "x"}
    service = {"attributes": [{"key": "service.name", "value": {"stringValue": spans[0].service}}]}
    entry = {"resource": service, "scopeSpans": [{key: group[key] for key in inner}]}
    return {key: entry[key] for key in order}


def json_file(*entries, **options):
    """One object."""
    return json.dumps({"resourceSpans": list(entries)}, **options).encode()


def message(*spans):
    """The same as protobuf."""
    data = trace_pb2.TracesData()
    for one in spans:
        entry = data.resource_spans.add()
        attribute = entry.resource.attributes.add()
        attribute.key, attribute.value.string_value = "service.name", one.service
        group = entry.scope_spans.add()
        group.scope.name = one.scope
        group.spans.add(
            trace_id=bytes.fromhex(one.trace_id),
            span_id=bytes.fromhex(one.span_id),
            name=one.name,
            start_time_unix_nano=5_000_000_000,
            end_time_unix_nano=6_000_000_000,
        )
    return data.SerializeToString()


def delimited(*messages):
    """Messages after their lengths, as the collector's file exporter writes them."""
    return b"".join(len(one).to_bytes(4, "big") + one for one in messages)


def field(number, data):
    """A field of protobuf with a length."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number):
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + _varint(number >> 7)


def read(content, **options):
    """Everything that a file gives."""
    return list(otlp.read(io.BytesIO(content), name="t.json", **options))


ONE, TWO, THREE = span(1), span(2, "bank"), span(3, "bank")

LINES = b"\n".join(json_file(json_entry(one)) for one in (ONE, TWO, THREE)) + b"\n"
FORMS = {
    "lines": LINES,
    "lines of windows": LINES.replace(b"\n", b"\r\n"),
    "one object": json_file(json_entry(ONE), json_entry(TWO, THREE)),
    "one indented object": json_file(json_entry(ONE), json_entry(TWO, THREE), indent=2),
    "objects one after another": json_file(json_entry(ONE)) + json_file(json_entry(TWO, THREE), indent=1),
    "byte order mark": b"\xef\xbb\xbf" + LINES,
    "empty line first": b"\n" + LINES,
    "empty lines between": LINES.replace(b"\n", b"\n\n  \n"),
    "names after spans": json_file(
        json_entry(ONE, order=("scopeSpans", "resource")),
        json_entry(TWO, THREE, order=("scopeSpans", "resource"), inner=("spans", "scope")),
    ),
    "one message": message(ONE, TWO, THREE),
    "messages after their lengths": delimited(message(ONE), b"", message(TWO, THREE)),
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found_out_by_its_content(form, compressed):
    """The same spans, with their services and scopes, however they are written."""
    content = gzip.compress(FORMS[form], mtime=0) if compressed else FORMS[form]
    assert read(content) == [ONE, TWO, THREE]


@pytest.mark.parametrize("content", [LINES, message(ONE, TWO, THREE)], ids=["json", "protobuf"])
def test_a_pipe_is_read_like_a_file(content):
    """What cannot be sought in is laid down first."""
    with subprocess.Popen([sys.executable, "-c", COPY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as copying:
        copying.stdin.write(content)
        copying.stdin.close()
        assert not copying.stdout.seekable()
        assert list(otlp.read(copying.stdout, name="-")) == [ONE, TWO, THREE]


COPY = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"


def test_reading_begins_where_the_file_stands():
    """A file that was read before is not rewound."""
    file = io.BytesIO(b"something else" + FORMS["names after spans"])
    file.seek(len(b"something else"))
    assert list(otlp.read(file, name="x")) == [ONE, TWO, THREE]


def test_several_members_of_gzip_are_one_file():
    """Rotated logs are often only put one after another."""
    assert read(b"".join(gzip.compress(line + b"\n", mtime=0) for line in LINES.splitlines())) == [ONE, TWO, THREE]


def test_times_of_a_file_can_stand_on_the_clock_of_a_history():
    """The epoch is subtracted."""
    assert read(json_file(json_entry(ONE)), epoch_s=4.5)[0].start_s == 0.5


@pytest.mark.parametrize("other", [b'{"resourceMetrics":[{"a":[1,{"b":"}"}]}]}', b'{"resourceLogs":[]}', b"{}"])
def test_other_signals_in_the_same_file_are_passed_over(other):
    """The collector can write metrics and logs between the traces."""
    assert read(other + b"\n" + LINES) == [ONE, TWO, THREE]


def test_protobuf_allows_its_fields_in_any_order():
    """A resource and a scope that follow their spans are looked up."""
    parsed = trace_pb2.TracesData.FromString(message(ONE))
    entry = parsed.resource_spans[0]
    group = entry.scope_spans[0]
    late_scope = field(2, group.spans[0].SerializeToString()) + field(1, group.scope.SerializeToString())
    late = field(1, field(2, late_scope) + field(1, entry.resource.SerializeToString()))
    content = late + message(TWO)
    assert read(content) == [ONE, TWO]
    assert read(gzip.compress(delimited(content), mtime=0)) == [ONE, TWO]


@pytest.mark.parametrize("length", [0x7B, 0x20, 0x0A], ids=["brace", "space", "line feed"])
def test_a_message_that_begins_like_an_empty_line_is_no_json(length):
    """A line feed is the tag of its first field, and the length that follows may be a brace or a space."""
    entry = trace_pb2.TracesData.FromString(message(ONE)).resource_spans[0].SerializeToString()
    inside = entry if length > len(entry) else b""
    content = field(1, inside + field(50, b"p" * (length - len(inside) - 3)))
    content += b"" if inside else field(1, entry)
    assert content[:2] == bytes([0x0A, length])
    assert read(content) == [ONE]


def test_unknown_fields_of_later_versions_are_passed_over():
    """Whatever their kind."""
    unknown = field(99, b"future") + _varint(98 << 3) + b"\x05" + _varint(97 << 3 | 1) + b"x" * 8
    unknown += _varint(96 << 3 | 5) + b"x" * 4
    inside = trace_pb2.ResourceSpans.FromString(
        trace_pb2.TracesData.FromString(message(ONE)).resource_spans[0].SerializeToString()
    )
    content = field(1, unknown + inside.SerializeToString() + unknown) + unknown
    assert read(content) == [ONE]
    with_keys = json_entry(ONE) | {"future": [{"deep": ["}"]}], "n": -1.5e3, "s": 'a"b\\'}
    assert read(json_file(with_keys)) == [ONE]


# --- damage ---


def test_a_damaged_line_is_named_and_the_next_one_is_read():
    """One complaint, with the file and the line."""
    first, second, third = LINES.splitlines()
    found = read(b"\n".join([first, second[:40], third]))
    assert [found[0], found[-1]] == [ONE, THREE]
    (damaged,) = found[1:-1]
    assert damaged.place == "t.json, line 2, character 41"
    assert damaged.why == "a line that ends inside a text; the rest of this line, or of the file, cannot be read"


def test_a_damaged_span_in_one_big_object_does_not_cost_the_others():
    """As long as its braces are in order, it is known where it ends."""
    content = json_file(json_entry(ONE, TWO, THREE)).replace(b'"step 2"', b"step 2")
    first, damaged, last = read(content)
    assert (first.name, last.name) == ("step 1", "step 3")
    assert "a span: a value that is not JSON (Expecting value" in damaged.why


def test_a_span_without_an_id_is_named_with_its_place():
    """In both encodings."""
    first, damaged, last = read(json_file(json_entry(ONE, TWO, THREE)).replace(TWO.span_id.encode(), b""))
    assert (first.name, last.name) == ("step 1", "step 3")
    assert damaged.place.startswith("t.json, line 1, character ")
    assert damaged.why == "a span id of 0 bytes where 8 are due"
    spoilt = message(ONE, TWO, THREE).replace(bytes.fromhex(TWO.span_id), bytes(8))
    first, damaged, last = read(spoilt)
    assert (first, last) == (ONE, THREE)
    assert damaged.place.startswith("t.json, byte ")
    assert damaged.why == "a span id that is all zero"


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith(("lines", "empty", "byte"))])
def test_a_file_that_was_cut_off_says_so(form):
    """Wherever it is cut, what stood before is read, and the cut is told unless a whole value ends there."""
    content = FORMS[form]
    whole = {one.name for one in (ONE, TWO, THREE)}
    for end in range(len(content) // 2, len(content) - 1):
        found = read_or_nothing(content[:end])
        names = [item.name for item in found if isinstance(item, Span)]
        told = any(isinstance(item, Damaged) and "cut off" in item.why for item in found)
        assert set(names) <= whole
        assert told or content[:end] in wholes(form, content), (end, found)


def wholes(form, content):
    """The beginnings of a file that are whole files."""
    if form == "one message":
        return [message(ONE), message(ONE, TWO)]
    if form == "messages after their lengths":
        return [delimited(message(ONE)), delimited(message(ONE), b"")]
    return [content[: content.index(b"}{") + 1]] if b"}{" in content else []


def read_or_nothing(content):
    """What a file gives before it ends, or before it is found that nothing in it is a span."""
    found = []
    try:
        found.extend(otlp.read(io.BytesIO(content), name="t"))
    except UsageError as error:
        return [*found, Damaged("t", str(error))]
    return found


@pytest.mark.parametrize("content", [LINES, message(ONE, TWO, THREE)], ids=["json", "protobuf"])
def test_compressed_content_that_was_cut_off_is_read_up_to_there(content):
    """Both the compression and what it held are told to end early."""
    rest = field(99, bytes(10_240)) if content[:1] == b"\n" else b" " * 10_240  # the cut is far behind the spans
    found = read(gzip.compress(content + rest, mtime=0)[:-9])
    assert found[:3] == [ONE, TWO, THREE]
    assert "its compressed content cannot be read to the end: Compressed file ended" in found[-1].why


def test_damaged_compression_is_told():
    """A checksum that is wrong leaves what was read under suspicion."""
    content = bytearray(gzip.compress(LINES, mtime=0))
    content[-8] ^= 0xFF
    assert [type(item) for item in read(bytes(content))] == [Span, Span, Span, Damaged]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"data": [1, 2]}', "an object without resourceSpans; it has ['data']"),
        (b'{"resourceSpans": {"a": 1}}', "a value that begins with '{' where a list is due"),
        (
            b'{"resourceSpans": [{"scopeSpanz": []}]}',
            "an entry of resourceSpans without scopeSpans; it has ['scopeSpanz']",
        ),
        (
            b'{"resourceSpans": [{"scopeSpans": [{"spanz": []}]}]}',
            "an entry of scopeSpans without spans; it has ['spanz']",
        ),
        (b'{"resourceSpans": [5]}', "a value that begins with '5' where an object is due"),
        (b'{"resourceSpans": [{"scopeSpans": 1}]}', "a value that begins with '1' where a list is due"),
        (
            b'{"resourceSpans": [{"scopeSpans": [{"spans": ["x"]}]}]}',
            "a value that begins with '\"' where an object is due",
        ),
        (b'{"resourceSpans": [{"resource": {"a" 1}}]}', "resource: a value that is not JSON"),
        (b'{"resourceSpans" []}', "'[' where : is due"),
        (b"{5: []}", "'5' where a key is due"),
        (b'{"a": }', "'}' where a value is due"),
        (b'{"\\x": 1}', "a value that is not JSON"),
        (b'{"a": 1}]', "']' where { is due"),
        (
            b'{"resourceSpans": [{"scopeSpans": [{"spans": [%b]}]}]}' % (b'{"a":' * 9999 + b"1" + b"}" * 9999),
            "nested too deeply",
        ),
    ],
)
def test_whatever_a_line_holds_is_a_complaint_and_no_crash(line, told):
    """The lines around it are read."""
    found = read(LINES.splitlines()[0] + b"\n" + line + b"\n" + LINES.splitlines()[1] + b"\n")
    assert [item for item in found if isinstance(item, Span)] == [ONE, TWO]
    assert any(told in item.why for item in found if isinstance(item, Damaged)), found


def test_lists_may_be_null():
    """Protobuf's JSON writes null for what is not set."""
    odd = b'{"resourceSpans": null}\n{"resourceSpans": [{"scopeSpans": null}]}\n'
    assert read(odd + LINES) == [ONE, TWO, THREE]


@pytest.mark.parametrize("level", ["entry", "group"])
def test_damage_inside_a_message_costs_what_follows_in_it_only(level):
    """A field that claims more than there is ends its message; the next message is whole."""
    lie = b"\x12\x7f"
    entry = trace_pb2.TracesData.FromString(message(ONE)).resource_spans[0]
    group = entry.scope_spans[0].SerializeToString()
    resource = field(1, entry.resource.SerializeToString())
    inside = resource + (field(2, group) + lie if level == "entry" else field(2, group + lie))
    found = read(field(1, inside) + message(TWO))
    assert [item for item in found if isinstance(item, Span)] == [ONE, TWO]
    (damaged,) = (item for item in found if isinstance(item, Damaged))
    assert "a field of 127 bytes, which is more than there are in its message" in damaged.why


@pytest.mark.parametrize("tail", [b"\xff" * 11, b"\x0b"], ids=["endless number", "unknown kind"])
def test_bytes_that_are_no_field_are_told(tail):
    """And in a file of several messages the next one is read."""
    assert [type(item) for item in read(message(ONE) + tail)] == [Span, Damaged]
    assert [type(item) for item in read(delimited(message(ONE) + tail, message(TWO)))] == [Span, Damaged, Span]


def test_a_span_that_is_too_large_is_passed_over(monkeypatch):
    """It is named, and its neighbours are read."""
    monkeypatch.setattr(otlp_protobuf_file, "SPAN_LIMIT", 1000)
    huge = replace(TWO, name="n" * 2000)
    found = read(message(ONE, huge, THREE))
    assert (found[0], found[2]) == (ONE, THREE)
    assert "bytes; up to 1000 are read" in found[1].why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "t.json is an empty file"),
        (b"hello", "t.json is a file that begins with b'hello'"),
        (b"\x28\xb5\x2f\xfd1234", "t.json is a file that zstd compressed"),
        (b"PK\x03\x04", "t.json is a zip archive"),
        ("{}".encode("utf-16"), "t.json is text in UTF-16"),
        (b"[{}]", "t.json is a JSON list"),
        (b'{"data": []}', "not one span could be read from it (t.json, line 1, character 1: an object without"),
        (b'{"resourceSpans": []}', "t.json: not one span could be read from it; accepted"),
        (b"{", "the file ends inside a value"),
        (gzip.compress(b"hello", mtime=0), "t.json is a file that begins with b'hello'"),
        (b"\x1f\x8bxx", "t.json is an empty file"),
        (b"\x0a\x03abc", "not one span could be read from it (t.json, byte "),
    ],
)
def test_a_file_without_any_span_is_an_error_that_says_what_is_accepted(content, told):
    """The file, what it is instead, and what it might be."""
    with pytest.raises(UsageError) as caught:
        read(content)
    assert told in str(caught.value)
    assert "accepted, each also compressed by gzip: OTLP JSON" in str(caught.value)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"{", b'{"resourceSpans":[', b"\x0a", b"\0\0\0\x20\x0a", b"\x1f\x8b\x08"]),
)
def test_any_bytes_are_spans_damage_or_that_error(content, begin):
    """Nothing else comes out of a file, and every file comes to an end."""
    read_or_nothing(begin + content)


@given(st.data())
def test_one_changed_byte_never_hides_a_span_silently(data):
    """Fewer spans than before come with a complaint, whichever byte is spoilt."""
    content = bytearray(FORMS[data.draw(st.sampled_from(["one object", "lines", "one indented object"]))])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(list(b'{}[],:"\\ \nx1')))
    found = read_or_nothing(bytes(content))
    spans = [item for item in found if isinstance(item, Span)]
    assert len(spans) == 3 or any(isinstance(item, Damaged) for item in found)


# --- the window over JSON ---


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
        max_leaves=15,
    ),
    st.integers(1, 9),
    st.booleans(),
)
def test_a_window_of_any_size_reads_the_same(value, chunk, escaped):
    """Wherever the window ends, values are whole, and what is skipped is skipped to its end."""
    content = json.dumps({"skip": value, "take": value, "list": [value, value]}, ensure_ascii=escaped).encode()
    text = JsonText(io.BytesIO(content), chunk=chunk)
    found = {}
    for key in text.members():
        if key == "skip":
            text.skip()
        elif key == "take":
            found[key] = text.value()
        else:
            found[key] = [text.value() for _ in text.elements()]
    assert found == {"take": value, "list": [value, value]}
    assert text.peek() == ""


def test_places_are_counted_as_an_editor_does():
    """Lines and characters from one, also when the window has moved on."""
    text = JsonText(io.BytesIO(b'{\n  "\xc3\xa4": 1,\n  "b": 2}'), chunk=3)
    places = []
    for _ in text.members():
        text.peek()
        places.append(text.place())
        text.value()
    assert places == ["line 2, character 8", "line 3, character 8"]


@pytest.mark.parametrize("content", [b'{"a": "' + b"x" * 500 + b'"}', b'{"a": [' + b"[1]," * 100 + b"[]]}"])
def test_a_value_beyond_the_limit_is_passed_and_not_held(content):
    """The window does not grow without end, and the text goes on behind the value."""
    text = JsonText(io.BytesIO(content[:-1] + b', "b": 2}'), limit=50, chunk=10)
    keys = text.members()
    assert next(keys) == "a"
    with pytest.raises(UnreadableValueError, match="a value of more than 50 characters"):
        text.value()
    assert next(keys) == "b"
    assert text.value() == 2
    assert len(text._window) < 200


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'{"a": "x', CutOffError),
        (b'{"a": "x\\', CutOffError),
        (b"{", CutOffError),
        (b'{"a": 1' + b"2" * 90, MisplacedError),
    ],
)
def test_an_end_inside_a_value_is_told_from_damage(content, error):
    """So that a file that was cut off can be named as such."""
    text = JsonText(io.BytesIO(content), limit=50, chunk=4)
    with pytest.raises(error):
        [text.value() for _ in text.members()]


def test_memory_does_not_grow_with_the_file():
    """Of a file of many windows only one is held."""
    line = json_file(json_entry(*map(span, range(1, 200)))) + b"\n"
    seen = 0
    text = JsonText(_Repeated(line, 40))
    while text.peek():
        for _ in text.members():
            text.skip()
        seen += 1
        assert len(text._window) <= 3 * json_text._CHUNK
    assert seen == 40


class _Repeated(io.RawIOBase):
    """A file that holds the same bytes so many times, without holding them."""

    def __init__(self, data, times):
        self._data, self._left = data, times

    def read(self, size=-1):
        self._left -= 1
        return self._data if self._left >= 0 else b""
