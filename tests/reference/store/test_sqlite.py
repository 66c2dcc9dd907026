"""SQLite in a file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from reference_system.errors import StoreError
from reference_system.store import database, open_store
from reference_system.store import sqlite as sqlite_store

_KILLED = """
import os, signal, sys
from reference_system.store import open_store
from reference_system.store.interface import BookingRow

store = open_store(sys.argv[1])

def buy(writing):
    booking = writing.next_id("F")
    writing.remembered(booking, "book_flight", {})
    writing.take({"F": 9}, booking, 1)
    writing.put(BookingRow(booking, "flight", "T", booking, "F", {}, 1, "EUR", "booked", None, ()))
    if booking == "F-000003":
        os.kill(os.getpid(), signal.SIGKILL)
    writing.remember(booking, {"booking": booking})

while True:
    store.write(buy)
"""


def test_a_process_that_is_killed_in_the_middle_of_a_write_leaves_what_was_done_before(tmp_path, buy):
    """Neither the booking, nor its seat, nor its key, nor a lock."""
    url = f"sqlite:///{tmp_path}/travel.db"
    killed = subprocess.run([sys.executable, "-c", _KILLED, url], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -9, killed.stderr
    with closing(open_store(url)) as store:
        assert [row.units for row in store.bookings()] == [(("F", 1),), (("F", 2),)]
        assert store.write(lambda writing: writing.remembered("F-000002", "book_flight", {})) == {"booking": "F-000002"}
        store.write(lambda writing: writing.bar("F-000003"))
        assert store.write(buy({"F": 9})) == "F-000003"


def test_what_is_answered_survives_a_power_cut(tmp_path):
    """Every commit waits for the disk (synchronous = FULL), and readers do not wait for writers (WAL)."""
    with closing(open_store(f"sqlite:///{tmp_path}/travel.db")) as store:
        facts = store._database.read(lambda session: [session.row(f"PRAGMA {name}") for name in _PRAGMAS])
    assert facts == [("wal",), (2,), (1,)]


_PRAGMAS = ("journal_mode", "synchronous", "foreign_keys")


def test_readers_see_the_last_commit_while_somebody_writes(tmp_path, buy):
    """They do not wait, and see nothing that may yet be rolled back."""
    url = f"sqlite:///{tmp_path}/travel.db"
    with closing(open_store(url)) as writer, closing(open_store(url)) as reader:

        def work(writing):
            buy({"F": 3})(writing)
            return reader.left({"F": 3})

        assert writer.write(work) == {"F": 3}
        assert reader.left({"F": 3}) == {"F": 2}


def test_whoever_waits_for_the_write_lock_longer_than_patience_gets_a_store_error(tmp_path, monkeypatch):
    """Never SQLite's own "database is locked"."""
    monkeypatch.setattr(sqlite_store, "PATIENCE_S", 0.01)
    monkeypatch.setattr(database.repeated, "__kwdefaults__", {"patience_s": 0.05})
    path = tmp_path / "travel.db"
    with closing(open_store(f"sqlite:///{path}")) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="others kept the store from it for 0 s"):
            store.write(lambda writing: writing.next_id("F"))
        other.rollback()
        assert store.write(lambda writing: writing.next_id("F")) == "F-000001"
