"""One id goes through carriers, messages and log records, and nothing else gets in its place."""

import io
import json
import logging

import pytest

from reference_system.hardening import Hardening
from reference_system.telemetry.correlation import (
    baggage,
    correlated,
    current_correlation,
    from_baggage,
    is_correlation,
    new_correlation,
)
from reference_system.telemetry.logs import log_to
from reference_system.telemetry.redaction import Redactor
from reference_system.telemetry.system import SystemTelemetry


@pytest.fixture
def lines():
    """Start logging to a stream with given options; what was logged, line by line."""
    stream, handlers = io.StringIO(), []
    root = logging.getLogger()
    level = root.level

    def start(**options):
        handlers.append(log_to(stream, process="service", redactor=Redactor(), **options))
        return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    yield start
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(level)


def test_an_id_is_new_and_valid():
    """Two are never the same."""
    first, second = new_correlation(), new_correlation()
    assert first != second
    assert is_correlation(first)


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "x" * 65, "-a", "ü", "a=b", "a,b"])
def test_an_id_from_outside_must_not_smuggle_anything(text):
    """Separators, line ends and long texts are not taken over."""
    assert not is_correlation(text)
    assert from_baggage(baggage(text)) is None


def test_baggage_round_trips_beside_other_members():
    """The header may carry what others put in it, and properties."""
    assert from_baggage(baggage("c-1:2.3")) == "c-1:2.3"
    assert from_baggage("user=ada, correlation=c-1;ttl=5 ,x=1") == "c-1"
    assert from_baggage("user=ada") is None


def test_the_current_id_ends_with_its_block():
    """Also when blocks are nested."""
    with correlated("c-1"):
        with correlated("c-2"):
            assert current_correlation() == "c-2"
        assert current_correlation() == "c-1"
    assert current_correlation() == ""


def test_the_carrier_names_the_open_span_and_the_id():
    """Traceparent and baggage, as HTTP headers and MCP _meta want them."""
    telemetry = SystemTelemetry()
    with telemetry.span("invoke_workflow", "trip"):
        carrier = telemetry.carrier("c-1")
    context = telemetry.spans()[0].context
    assert carrier["baggage"] == "correlation=c-1"
    assert carrier["traceparent"].split("-")[1:3] == [f"{context.trace_id:032x}", f"{context.span_id:016x}"]


@pytest.mark.parametrize(("switch", "left"), [("tracing", {"baggage"}), ("correlation", {"traceparent"})])
def test_a_switch_takes_its_part_from_the_carrier(switch, left):
    """Without tracing no parent, without correlation no baggage."""
    telemetry, other = SystemTelemetry(Hardening().without(switch)), SystemTelemetry()
    with other.span("invoke_workflow", "trip"), telemetry.span("invoke_workflow", "trip"):
        assert set(telemetry.carrier("c-1")) == left


def test_messages_carry_the_id():
    """With correlation off they do not, and cannot be found by it."""
    for hardening, seen in ((Hardening(), "c-1"), (Hardening().without("correlation"), "")):
        telemetry = SystemTelemetry(hardening)
        telemetry.tell("service", "orchestrator", "request", {}, trip="t-1", correlation="c-1")
        (message,) = telemetry.pending()
        assert message.correlation == seen


def test_log_records_carry_the_id(lines):
    """Those that are written while a trip is worked on."""
    read = lines()
    log = logging.getLogger("reference_system.test")
    with correlated("c-1"):
        log.info("held")
    log.info("idle")
    assert [(line["correlation"], line["message"]) for line in read()] == [("c-1", "held"), ("-", "idle")]


def test_log_records_carry_no_id_when_it_is_switched_off(lines):
    """Nobody can tell whose line it is."""
    read = lines(correlation=False)
    with correlated("c-1"):
        logging.getLogger("reference_system.test").info("held")
    assert [line["correlation"] for line in read()] == ["-"]


def test_log_records_show_no_secrets_and_one_frame(lines):
    """An error is told by its type, its redacted text and the place where it came from."""
    read = lines()
    try:
        int("sk-abcdefgh12345")
    except ValueError:
        logging.getLogger("reference_system.test").exception("key %s", "sk-abcdefgh12345")
    (line,) = read()
    assert "sk-abc" not in json.dumps(line)
    assert line["error"].startswith("ValueError")
    assert line["where"].startswith(__file__)
