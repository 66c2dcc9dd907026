"""OTLP requests become spans; what is hostile in them gets a bound or a complaint."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import otlp
from pytest_agentchaos.traces.otlp_values import KINDS, STATUSES, TEXT_LIMIT

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

# --- encoding, with protobuf's own classes and as a sender of JSON would ---


def any_value(value):
    """A value as OTLP's AnyValue."""
    if value is None:
        return common_pb2.AnyValue()
    if isinstance(value, list):
        return common_pb2.AnyValue(array_value=common_pb2.ArrayValue(values=map(any_value, value)))
    if isinstance(value, dict):
        return common_pb2.AnyValue(kvlist_value=common_pb2.KeyValueList(values=pairs(value)))
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value", bytes: "bytes_value"}
    return common_pb2.AnyValue(**{kinds[type(value)]: value})


def pairs(attributes):
    """Attributes as OTLP's pairs."""
    return [common_pb2.KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def ns(time_s):
    """Nanoseconds of a time."""
    return int(Fraction(time_s) * 1_000_000_000)


def proto_span(span):
    """A span as OTLP's message."""
    return trace_pb2.Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id),
        name=span.name,
        kind=KINDS.index(span.kind) or 1,
        start_time_unix_nano=ns(span.start_s),
        end_time_unix_nano=ns(span.end_s or 0),
        attributes=pairs(span.attributes),
        events=[
            trace_pb2.Span.Event(
                name=event["name"], time_unix_nano=ns(event["at_s"]), attributes=pairs(event["attributes"])
            )
            for event in span.events
        ],
        links=[trace_pb2.Span.Link(trace_id=b"t" * 16, span_id=bytes.fromhex(link)) for link in span.links],
        status=trace_pb2.Status(code=STATUSES.index(span.status), message=span.message),
    )


def proto_request(*spans):
    """A request with these spans, each from its own service and scope."""
    request = trace_pb2.TracesData()
    for span in spans:
        entry = request.resource_spans.add()
        entry.resource.attributes.extend(pairs({"service.name": span.service, "other": "x"}))
        group = entry.scope_spans.add()
        group.scope.name = span.scope
        group.spans.append(proto_span(span))
    return request


def json_value(value):
    """A value as JavaScript's and Go's exporters write it."""
    if value is None:
        return {}
    if isinstance(value, list):
        return {"arrayValue": {"values": [json_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": json_pairs(value)}}
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {kinds[type(value)]: str(value) if type(value) is int else value}


def json_pairs(attributes):
    """Attributes as pairs."""
    return [{"key": key, "value": json_value(value)} for key, value in attributes.items()]


def json_span(span):
    """A span as OTLP JSON."""
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "kind": KINDS.index(span.kind) or 1,
        "startTimeUnixNano": str(ns(span.start_s)),
        "endTimeUnixNano": str(ns(span.end_s or 0)),
        "attributes": json_pairs(span.attributes),
        "events": [
            {
                "name": event["name"],
                "timeUnixNano": str(ns(event["at_s"])),
                "attributes": json_pairs(event["attributes"]),
            }
            for event in span.events
        ],
        "links": [{"traceId": "ab" * 16, "spanId": link} for link in span.links],
        "status": {"code": STATUSES.index(span.status), "message": span.message},
    }


def json_request(*spans):
    """A request with these spans, each from its own service and scope."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": json_pairs({"service.name": span.service})},
                "scopeSpans": [{"scope": {"name": span.scope}, "spans": [json_span(span)]}],
            }
            for span in spans
        ]
    }


def dumped(request):
    """The bytes of a request in JSON."""
    return json.dumps(request).encode()


SPAN = Span(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    parent_id="00f067aa0ba902b7",
    name="chat gpt-5",
    start_s=1_700_000_000.25,
    end_s=1_700_000_001.5,
    kind="client",
    status="error",
    message="timeout",
    attributes={"gen_ai.operation.name": "chat", "tokens": 12, "cost": 0.5, "cached": True, "tags": ["a", 1, None]},
    events=({"name": "exception", "at_s": 1_700_000_001.0, "attributes": {"exception.type": "TimeoutError"}},),
    links=("00f067aa0ba902b8",),
    service="gateway",
    scope="my.instrumentation",
)
ROOT = Span("1" * 32, "2" * 16, "", "invoke_agent planner", 5.0, None, service="planner", scope="s")

# --- what both encodings have in common ---

texts = st.text(st.characters(codec="utf-8"), max_size=30)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
attributes = st.dictionaries(texts, values, max_size=4)
times_s = st.integers(0, 2**32).map(lambda quarters: quarters / 4)  # exact both as nanoseconds and as a float


def ids(length_bytes):
    """Any id but the one that means none."""
    return st.binary(min_size=length_bytes, max_size=length_bytes).filter(any).map(bytes.hex)


spans = st.builds(
    Span,
    trace_id=ids(16),
    span_id=ids(8),
    parent_id=st.just("") | ids(8),
    name=texts,
    start_s=times_s,
    end_s=st.none() | times_s.filter(bool),
    kind=st.sampled_from(KINDS),
    status=st.sampled_from(STATUSES),
    message=texts,
    attributes=attributes,
    events=st.lists(st.fixed_dictionaries({"name": texts, "at_s": times_s, "attributes": attributes}), max_size=2).map(
        tuple
    ),
    links=st.lists(ids(8), max_size=2).map(tuple),
    service=texts,
    scope=texts,
)


@given(st.lists(spans, max_size=3))
def test_whatever_a_span_holds_arrives_by_protobuf(sent):
    """Decoding is the inverse of what protobuf's own classes write."""
    assert otlp.decode(proto_request(*sent).SerializeToString(), PROTOBUF) == sent


@given(st.lists(spans, max_size=3))
def test_whatever_a_span_holds_arrives_by_json(sent):
    """Decoding is the inverse of what a sender of OTLP JSON writes."""
    assert otlp.decode(dumped(json_request(*sent)), JSON) == sent


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_times_are_seconds_after_the_epoch_of_the_history_to_the_nanosecond(content_type):
    """The epoch is subtracted before anything is rounded to a float."""
    late = replace(ROOT, start_s=1_700_000_000.0)
    request = proto_request(late)
    request.resource_spans[0].scope_spans[0].spans[0].start_time_unix_nano += 123
    told = json_request(late)
    told["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"] = 1_700_000_000_000_000_123
    body = request.SerializeToString() if content_type == PROTOBUF else dumped(told)
    (found,) = otlp.decode(body, content_type, epoch_s=1_700_000_000.0)
    assert found.start_s == 123e-9


@pytest.mark.parametrize("start_s", [0.0, 9.0])
def test_absurd_times_stay_as_they_are(start_s):
    """A start of zero and an end before the start are findings for others; nothing is corrected here."""
    odd = replace(SPAN, start_s=start_s, end_s=3.0)
    assert otlp.decode(proto_request(odd).SerializeToString(), PROTOBUF) == [odd]
    assert otlp.decode(dumped(json_request(odd)), JSON) == [odd]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_long_texts_are_cut_and_say_how_long_they_were(content_type):
    """Ten megabytes in an attribute, a name, a key or a list leave 64 KiB each."""
    size = 10 * 1024 * 1024
    long = "x" * size
    huge = replace(ROOT, name=long, attributes={"a": long, "b": [long], long: 1})
    body = proto_request(huge).SerializeToString() if content_type == PROTOBUF else dumped(json_request(huge))
    (found,) = otlp.decode(body, content_type)
    cut = "x" * TEXT_LIMIT + f"...({size} characters)"
    assert found.attributes == {"a": cut, "b": [cut], cut: 1}
    assert found.name == cut


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_deep_nesting_ends_at_a_limit(content_type):
    """Below twenty levels stand three dots."""
    deep = "bottom"
    for level in range(24):
        deep = [deep] if level % 2 else {"k": deep}
    nested = replace(ROOT, attributes={"deep": deep, "beside": 1})
    body = proto_request(nested).SerializeToString() if content_type == PROTOBUF else dumped(json_request(nested))
    (found,) = otlp.decode(body, content_type)
    inside, levels = found.attributes["deep"], 0
    while not isinstance(inside, str):
        inside, levels = inside[0] if isinstance(inside, list) else inside["k"], levels + 1
    assert (inside, levels) == ("...", 20)
    assert found.attributes["beside"] == 1


def test_numbers_that_json_does_not_have_become_their_names():
    """A history is strict JSON, so that NaN and infinities are texts, and bytes are base64."""
    odd = {"nan": float("nan"), "up": float("inf"), "down": float("-inf"), "raw": b"\xff\x00"}
    expected = {"nan": "NaN", "up": "Infinity", "down": "-Infinity", "raw": "/wA="}
    (by_protobuf,) = otlp.decode(proto_request(replace(ROOT, attributes=odd)).SerializeToString(), PROTOBUF)
    assert by_protobuf.attributes == expected
    request = json_request(ROOT)
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "up", "value": {"doubleValue": float("inf")}},
        {"key": "down", "value": {"doubleValue": "-Infinity"}},
        {"key": "raw", "value": {"bytesValue": "/wA="}},
    ]
    (by_json,) = otlp.decode(dumped(request), JSON)
    assert by_json.attributes == expected


def test_of_a_key_that_stands_there_twice_the_last_value_counts():
    """As in the SDKs, which set attributes again."""
    request = proto_request(ROOT)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.extend([*pairs({"k": 1}), *pairs({"k": 2})])
    (found,) = otlp.decode(request.SerializeToString(), PROTOBUF)
    assert found.attributes == {"k": 2}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("trace_id", b"", "span 1: a trace id of 0 bytes where 16 are due"),
        ("trace_id", b"x" * 8, "span 1: a trace id of 8 bytes where 16 are due"),
        ("trace_id", bytes(16), "span 1: a trace id that is all zero"),
        ("span_id", bytes(8), "span 1: a span id that is all zero"),
        ("span_id", b"x" * 9, "span 1: a span id of 9 bytes where 8 are due"),
        ("parent_span_id", b"x", "span 1: a parent span id of 1 bytes where 8 are due"),
    ],
)
def test_a_span_without_a_proper_id_is_no_evidence(field, value, told):
    """Wrong lengths and zeros are named."""
    request = proto_request(SPAN)
    setattr(request.resource_spans[0].scope_spans[0].spans[0], field, value)
    with pytest.raises(otlp.DecodeError) as caught:
        otlp.decode(request.SerializeToString(), PROTOBUF)
    assert str(caught.value) == told


def test_a_parent_of_zeros_is_none():
    """Some exporters write zeros where a root has no parent."""
    request = proto_request(SPAN)
    request.resource_spans[0].scope_spans[0].spans[0].parent_span_id = bytes(8)
    (found,) = otlp.decode(request.SerializeToString(), PROTOBUF)
    assert found.parent_id == ""


def test_damaged_spans_do_not_take_their_neighbours_with_them():
    """Sifting keeps what can be read beside what cannot."""
    request = proto_request(SPAN, ROOT, SPAN)
    request.resource_spans[1].scope_spans[0].spans[0].span_id = b""
    first, damaged, last = otlp.sift(request.SerializeToString(), PROTOBUF)
    assert first == last == SPAN
    assert damaged == otlp.Damaged("span 2", "a span id of 0 bytes where 8 are due")


def test_a_text_that_is_not_utf_8_damages_only_its_own_span():
    """Protobuf gives up the whole request for it; walked by hand, the others can be read."""
    request = proto_request(SPAN, replace(ROOT, name="spoilt"), ROOT)
    body = request.SerializeToString().replace(b"spoilt", b"sp\xffilt")
    first, damaged, last = otlp.sift(body, PROTOBUF)
    assert (first, last) == (SPAN, ROOT)
    assert damaged.place.startswith("byte ")
    assert "UTF-8" in damaged.why


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"\xff\xff\xff", PROTOBUF, "Error parsing message"),
        (b"not json", JSON, "not JSON: Expecting value"),
        (b"\xff{", JSON, "not JSON: 'utf-8' codec"),
        (b"[]", JSON, "[] where a request is due"),
        (b'{"data": 1}', JSON, "an object without resourceSpans; it has ['data']"),
        (b'{"resourceSpans": 1}', JSON, "1 where the list of resourceSpans is due"),
        (b'{"resourceSpans": [{"scopeSpanz": []}]}', JSON, "an object without scopeSpans; it has ['scopeSpanz']"),
        (b'{"resourceSpans": ["x"]}', JSON, "'x' where an object is due"),
        (b"[" * 100_000, JSON, "JSON that is nested too deeply"),
        (b"", "text/plain", "the content type 'text/plain', which OTLP does not have; it has application/x-protobuf,"),
    ],
)
def test_what_is_no_traces_at_all_is_an_error_that_says_so(body, content_type, told):
    """One kind of error, a ValueError, whatever is wrong."""
    with pytest.raises(otlp.DecodeError) as caught:
        otlp.decode(body, content_type)
    assert told in str(caught.value)


@pytest.mark.parametrize(("body", "content_type"), [(b"", PROTOBUF), (b"{}", JSON), (b'{"resourceSpans":null}', JSON)])
def test_a_request_without_spans_is_none_the_worse(body, content_type):
    """The specification allows it."""
    assert otlp.decode(body, content_type) == []


# --- JSON as it is really sent ---


def in_json(**fields):
    """The span that comes of one with these fields."""
    raw = {**json_span(ROOT), **fields}
    (found,) = otlp.decode(dumped({"resourceSpans": [{"scopeSpans": [{"spans": [raw]}]}]}), JSON)
    return found


def test_ids_may_be_base64_and_upper_case():
    """Protobuf's own JSON has ids in base64; some senders write hexadecimal in capitals."""
    found = in_json(
        traceId=base64.b64encode(bytes.fromhex(SPAN.trace_id)).decode(),
        spanId=base64.b64encode(bytes.fromhex(SPAN.span_id)).decode(),
        parentSpanId=SPAN.parent_id.upper(),
    )
    assert (found.trace_id, found.span_id, found.parent_id) == (SPAN.trace_id, SPAN.span_id, SPAN.parent_id)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (3, "client"),
        ("3", "client"),
        ("SPAN_KIND_CLIENT", "client"),
        (0, "internal"),
        (None, "internal"),
        (99, "internal"),
        (-1, "internal"),
        ("SPAN_KIND_X", "internal"),
        ("³", "internal"),
    ],
)
def test_kinds_are_numbers_or_names(kind, read):
    """OTLP says numbers, protobuf's JSON says names; what nobody knows is internal."""
    assert in_json(kind=kind).kind == read


@pytest.mark.parametrize(("code", "read"), [(2, "error"), ("STATUS_CODE_OK", "ok"), (None, "unset"), (7, "unset")])
def test_statuses_are_numbers_or_names(code, read):
    """The same for the status."""
    assert in_json(status={"code": code, "message": "m"}).status == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": "12"}, 12),
        ({"intValue": 12}, 12),
        ({"intValue": "many"}, "many"),
        ({"intValue": [1]}, "[1]"),
        ({"intValue": "9" * 40}, "9" * 40),
        ({"intValue": "9" * 5000}, "9" * 5000),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "1.5"}, 1.5),
        ({"doubleValue": "no"}, "no"),
        ({"doubleValue": {}}, "{}"),
        ({"boolValue": "true"}, "true"),
        ({"arrayValue": {}}, []),
        ({"arrayValue": None}, []),
        ({"kvlistValue": {"values": []}}, {}),
        ({"stringValue": 5}, 5),
        ({}, None),
        (None, None),
        ("bare", "bare"),
        (7, 7),
        ([1], "[1]"),
    ],
)
def test_values_are_read_in_every_way_they_are_written(value, read):
    """Integers come as texts or numbers; what fits nothing is kept as a text."""
    assert in_json(attributes=[{"key": "k", "value": value}]).attributes == {"k": read}


@pytest.mark.parametrize("digits", ["9" * 5000, "-" + "9" * 5000])
def test_integers_that_python_would_not_read_are_no_error(digits):
    """Python refuses more than 4300 digits; in an attribute they are a text."""
    body = dumped(json_request(replace(ROOT, attributes={"k": "HERE"}))).replace(b'"HERE"', digits.encode())
    (found,) = otlp.decode(body, JSON)
    assert found.attributes == {"k": digits}


@pytest.mark.parametrize("time", ["soon", [], "9" * 40, "9" * 5000, float("nan"), 1e300])
def test_a_time_that_is_none_damages_the_span(time):
    """It cannot be placed; the message says what stood there."""
    with pytest.raises(otlp.DecodeError, match=r"span 1: a (startTimeUnixNano that is|time of) "):
        in_json(startTimeUnixNano=time)


def test_a_negative_time_stays_as_it_is():
    """A clock before 1970 is wrong and is no error in the encoding."""
    assert in_json(startTimeUnixNano="-1000000000").start_s == -1.0


@pytest.mark.parametrize(
    "fields",
    [
        {"traceId": "xyz"},
        {"traceId": 5},
        {"traceId": "!" * 24},
        {"spanId": "ab"},
        {"attributes": {"k": "v"}},
        {"attributes": ["k"]},
        {"events": [1]},
        {"links": ["x"]},
        {"status": "bad"},
    ],
)
def test_a_damaged_span_in_json_is_named(fields):
    """Whatever a field holds, it is a complaint about that span."""
    with pytest.raises(otlp.DecodeError, match="span 1: "):
        in_json(**fields)


def test_names_of_fields_may_have_underscores():
    """Protobuf's JSON printers can be told to keep the original names."""
    raw = {"trace_id": "1" * 32, "span_id": "2" * 16, "name": "n", "start_time_unix_nano": 5_000_000_000}
    entry = {"scope_spans": [{"spans": [raw]}]}
    assert otlp.decode(dumped({"resource_spans": [entry]}), JSON) == [Span("1" * 32, "2" * 16, "", "n", 5.0, None)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceSpans", "scopeSpans", "spans", "resource", "attributes", "key", "value", "traceId", "events",
                 "arrayValue", "values", "kvlistValue", "intValue", "status", "code", "kind", "links", "scope", "name"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_any_json_is_spans_or_one_kind_of_error(value):
    """Nothing that a sender can write raises anything else."""
    for request in (value, {"resourceSpans": value}, {"resourceSpans": [{"scopeSpans": [{"spans": [value]}]}]}):
        with suppress(otlp.DecodeError):
            otlp.decode(dumped(request), JSON)


@given(st.binary(max_size=200))
def test_any_bytes_are_spans_or_one_kind_of_error(body):
    """The same for protobuf."""
    with suppress(otlp.DecodeError):
        otlp.decode(body, PROTOBUF)


# --- what loads ---

WITHOUT_PROTOBUF = """
import sys
sys.modules["opentelemetry.proto"] = None  # as if it were not installed
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.traces import otlp
assert not otlp.decode(b"{}", "application/json")
assert "google.protobuf" not in sys.modules
try:
    otlp.decode(b"", "application/x-protobuf")
except UsageError as error:
    print(error)
"""


def test_protobuf_loads_when_it_is_used_and_its_absence_names_the_remedy():
    """JSON needs nothing; protobuf without its package is an error that says what to install."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_PROTOBUF], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OTLP as protobuf cannot be read: ")
    assert 'pip install "pytest-agentchaos[traces]"' in done.stdout
