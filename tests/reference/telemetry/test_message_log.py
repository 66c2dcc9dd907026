"""Messages are kept until they are fetched, redacted, in order, and not without limit."""

import threading

import pytest

from reference_system.hardening import Hardening
from reference_system.telemetry.message_log import MessageLog
from reference_system.telemetry.redaction import Redactor
from reference_system.telemetry.system import SystemTelemetry


@pytest.fixture
def tell():
    """Tell a log of a message."""

    def tell(log, text, trip="t-1"):
        log.tell("planner", "executor", "plan", {"text": text}, trip=trip, correlation="c-1")

    return tell


def test_messages_are_fetched_once_in_order(tell):
    """The second time there is nothing left."""
    telemetry = SystemTelemetry()
    tell(telemetry, "a")
    tell(telemetry, "b")
    assert [message.body for message in telemetry.pending()] == [{"text": "a"}, {"text": "b"}]
    assert telemetry.pending() == ()


def test_the_messages_of_one_trip_leave_the_others(tell):
    """So that a trip writes its own messages when it is time, whoever runs beside it."""
    telemetry = SystemTelemetry()
    tell(telemetry, "a", trip="t-1")
    tell(telemetry, "b", trip="t-2")
    assert [message.trip for message in telemetry.pending("t-2")] == ["t-2"]
    assert [message.trip for message in telemetry.pending()] == ["t-1"]


@pytest.mark.parametrize(
    ("hardening", "kept"), [(Hardening(), "[email]"), (Hardening().without("redaction"), "a@b.ch")]
)
def test_bodies_are_redacted(tell, hardening, kept):
    """Unless that is switched off."""
    telemetry = SystemTelemetry(hardening)
    tell(telemetry, "a@b.ch")
    assert telemetry.pending()[0].body == {"text": kept}


def test_what_nobody_fetches_is_dropped_from_the_old_end(tell):
    """A store that is down does not fill the memory."""
    log = MessageLog(Redactor(), kept_at_most=2)
    for text in "abc":
        tell(log, text)
    assert [message.body["text"] for message in log.pending()] == ["b", "c"]
    assert log.dropped == 1


def test_threads_may_fetch_while_messages_are_told(tell):
    """Nothing is lost, and nothing comes twice."""
    log, fetched = MessageLog(Redactor()), []

    def fetch():
        while len(fetched) < 1_000:
            fetched.extend(log.pending("t-1"))

    fetcher = threading.Thread(target=fetch)
    fetcher.start()
    for number in range(1_000):
        tell(log, str(number))
    fetcher.join(timeout=30)
    assert [message.body["text"] for message in fetched] == [str(number) for number in range(1_000)]
