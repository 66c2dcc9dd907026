"""Where a store can be, and how it is called."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing

import pytest

from reference_system.errors import StoreError
from reference_system.store import open_store


def test_stores_in_memory_know_nothing_of_each_other(buy):
    """Each belongs to whoever opened it."""
    first, second = open_store("sqlite://"), open_store("sqlite://")
    first.write(buy({"F": 1}))
    assert len(first.bookings()) == 1
    assert second.bookings() == ()
    first.close()
    second.close()


def test_a_file_is_relative_with_three_slashes_and_absolute_with_four(tmp_path, monkeypatch, buy):
    """As in other tools that take such addresses."""
    monkeypatch.chdir(tmp_path)
    relative, absolute = open_store("sqlite:///travel.db"), open_store(f"sqlite:///{tmp_path}/travel.db")
    relative.write(buy({"F": 1}))
    assert len(absolute.bookings()) == 1
    assert f"sqlite:///{tmp_path}".startswith("sqlite:////")
    relative.close()
    absolute.close()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("travel.db", "'travel.db' is no store; give sqlite://"),
        ("mysql://host/db", "'mysql' is no store"),
        ("sqlite://host/travel.db", "names a host, and SQLite has none"),
        ("sqlite:///no/such/directory/travel.db", "there is no directory no/such/directory"),
        ("postgresql://127.0.0.1:1/db", "PostgreSQL cannot be reached"),
    ],
)
def test_an_address_that_is_no_store_is_refused_with_a_remedy(url, complaint):
    """It quotes what it was given."""
    with pytest.raises(StoreError, match=complaint):
        open_store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    """Naming the file."""
    path = tmp_path / "travel.db"
    path.write_text("This is a diary, and not a database at all.\n" * 40)
    with pytest.raises(StoreError, match=r"travel\.db: file is not a database"):
        open_store(f"sqlite:///{path}")


def test_a_database_of_another_release_is_refused(shared_store_url):
    """Rather than misread."""
    store = open_store(shared_store_url)
    store._database.write(lambda session: session.execute("UPDATE schema_facts SET value = '0' WHERE name = 'version'"))
    store.close()
    with pytest.raises(StoreError, match="version '0', not '1'"):
        open_store(shared_store_url)


def test_a_store_is_opened_while_another_one_writes(shared_store_url, buy):
    """A process that starts does not wait for those that work, nor they for it."""
    store = open_store(shared_store_url)

    def work(writing):
        buy({"F": 1})(writing)
        with closing(open_store(shared_store_url)) as other:
            return other.left({"F": 1})

    assert store.write(work) == {"F": 1}
    store.close()


def test_a_store_that_is_closed_says_so(store):
    """With an error of its own kind."""
    store.ping()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.ping()
    with pytest.raises(StoreError, match="closed"):
        store.write(lambda writing: writing.next_id("F"))


def test_work_on_the_event_loop_keeps_it_waiting_only_in_memory(store, store_url):
    """A database that is elsewhere is called in a worker thread."""

    async def main():
        return await store.run(lambda number: (number, threading.get_ident()), 7)

    number, thread = asyncio.run(main())
    assert number == 7
    assert (thread == threading.get_ident()) == (store_url == "sqlite://")


def test_a_write_within_a_write_is_refused_in_memory(buy):
    """There is one connection; a work uses what it is given."""
    store = open_store("sqlite://")
    with pytest.raises(StoreError, match="within a transaction"):
        store.write(lambda writing: store.write(buy({"F": 1})))
    assert store.bookings() == ()
    store.write(buy({"F": 1}))
    store.close()


def test_an_interrupted_work_leaves_nothing(store, buy):
    """Not even an interrupt from the keyboard leaves a transaction open."""

    def work(writing):
        buy({"F": 1})(writing)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write(work)
    assert store.bookings() == ()
    store.write(buy({"F": 1}))
