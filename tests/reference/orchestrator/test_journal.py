"""What is told of trips is written once, also when many of them are written at the same time."""

import threading

import pytest

from reference_system.errors import StoreError
from reference_system.orchestrator.journal import Journal
from reference_system.store.interface import LogMessage


def message(trip):
    """One message of this trip."""
    return LogMessage(trip, "c", 0.0, "a", "b", "note", {})


class Telling:
    """A telemetry that has one message for each trip."""

    def pending(self, trip):
        """It."""
        return (message(trip),)


class Slow:
    """A store in which the first writer is still at work when the second one comes."""

    def __init__(self):
        self.written = []
        self.first_writes, self.second_wrote = threading.Event(), threading.Event()

    def log(self, messages):
        """Take them; the first time only after the second."""
        if not self.first_writes.is_set():
            self.first_writes.set()
            assert self.second_wrote.wait(10)
            self.written += messages
        else:
            self.written += messages
            self.second_wrote.set()

    def end_trip(self, trip, answer):
        """Nothing to see here."""


class Answer:
    """Something with a JSON form."""

    def model_dump(self, mode):
        """It."""
        return {}


def test_trips_that_are_written_at_once_are_written_once():
    """The messages of one writer are not those of another."""
    store = Slow()
    journal = Journal(store, Telling(), "v1", checkpoints_on=True)
    first = threading.Thread(target=journal._write_end, args=("one", Answer()))
    first.start()
    assert store.first_writes.wait(10)
    journal._write_end("two", Answer())
    first.join()
    assert sorted(written.trip for written in store.written) == ["one", "two"]


def test_what_the_store_did_not_take_goes_with_the_next():
    """An outage of the log loses nothing, and tells that it was one."""

    class Away(Slow):
        def log(self, messages):
            """Once not at all."""
            if not self.first_writes.is_set():
                self.first_writes.set()
                msg = "the store is away"
                raise StoreError(msg)
            self.written += messages

    store = Away()
    journal = Journal(store, Telling(), "v1", checkpoints_on=True)
    with pytest.raises(StoreError, match="away"):
        journal._write_end("one", Answer())
    journal._write_end("two", Answer())
    assert [written.trip for written in store.written] == ["one", "two"]
