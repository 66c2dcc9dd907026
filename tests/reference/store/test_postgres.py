"""PostgreSQL that goes away, comes back, and has to choose between two."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from reference_system.errors import StoreError
from reference_system.store import open_store
from reference_system.store.postgres_server import NoBinariesError, binaries, running_server


@pytest.fixture
def own_server():
    """A server that this test may stop."""
    try:
        binaries()
    except NoBinariesError as error:
        pytest.skip(str(error))
    with running_server() as server:
        yield server


@pytest.mark.parametrize("at_once", [False, True])
def test_a_store_outlives_its_server(own_server, buy, at_once):
    """While it is down there is a StoreError; when it is back, the store goes on without being opened again."""
    with closing(open_store(own_server.url())) as store:
        store.write(buy({"F": 9}))
        own_server.stop(at_once=at_once)
        for _ in range(2):
            with pytest.raises(StoreError, match="PostgreSQL cannot be reached"):
                store.write(buy({"F": 9}))
        with pytest.raises(StoreError, match="PostgreSQL cannot be reached"):
            store.ping()
        own_server.start()
        assert store.write(buy({"F": 9})) == "F-000002"
        assert store.left({"F": 9}) == {"F": 7}


def _kill_backends(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_was_lost_while_idle_is_not_noticed(postgres_url, buy):
    """Nothing was under way, so the work is simply run on another one."""
    with closing(open_store(postgres_url)) as store:
        store.write(buy({"F": 9}))
        _kill_backends(postgres_url)
        assert store.left({"F": 9}) == {"F": 8}
        _kill_backends(postgres_url)
        store.write(buy({"F": 9}))
        assert len(store.bookings()) == 2


def test_a_connection_that_is_lost_in_the_middle_of_a_work_makes_it_run_again(postgres_url, buy):
    """The server rolled it back; the second run is the only one that counts."""
    runs = []
    with closing(open_store(postgres_url)) as store:

        def work(writing):
            booking = buy({"F": 9})(writing)
            runs.append(booking)
            if len(runs) == 1:
                _kill_backends(postgres_url)
            writing.booking(booking)

        store.write(work)
        assert len(runs) == 2
        assert [row.units for row in store.bookings()] == [(("F", 1),)]


def test_a_connection_that_is_lost_at_the_commit_leaves_a_doubt(postgres_url, buy):
    """Nobody knows, so it is neither repeated nor called done: the caller asks again with the same key."""
    with closing(open_store(postgres_url)) as store:

        def work(writing):
            buy({"F": 9})(writing)
            _kill_backends(postgres_url)

        with pytest.raises(StoreError, match="nobody knows whether it is done"):
            store.write(work)
        assert store.bookings() == ()


def test_of_two_transactions_that_wait_for_each_other_one_is_run_again(postgres_url, row):
    """Both are done in the end, and the callers notice nothing."""
    runs = []
    both_have_one = threading.Barrier(2)
    with closing(open_store(postgres_url)) as store, ThreadPoolExecutor(2) as threads:

        def crosswise(first, second):
            def work(writing):
                runs.append(first)
                writing.take({first: 5}, first, 1)
                if len(runs) <= 2:
                    both_have_one.wait(30)
                writing.take({second: 5}, first, 1)
                writing.put(row(first))

            return work

        list(threads.map(store.write, [crosswise("A", "B"), crosswise("B", "A")]))
        assert len(runs) == 3
        assert store.left({"A": 5, "B": 5}) == {"A": 3, "B": 3}


def test_a_work_that_swallows_a_failed_statement_is_an_error(postgres_url, row):
    """PostgreSQL would turn its commit into a silent rollback."""
    with closing(open_store(postgres_url)) as store:

        def work(writing):
            writing.put(row("F-1"))
            with pytest.raises(psycopg.Error):
                writing.put(row("F-1"))

        with pytest.raises(StoreError, match="a statement failed and the work went on"):
            store.write(work)
        assert store.bookings() == ()


def test_more_threads_than_connections_wait_for_their_turn(postgres_url, buy):
    """The server is not flooded."""
    with closing(open_store(postgres_url)) as store:
        with ThreadPoolExecutor(40) as threads:
            booked = set(threads.map(lambda _: store.write(buy({"F": 99})), range(40)))
        with psycopg.connect(postgres_url) as connection:
            used = connection.execute("SELECT COUNT(*) - 1 FROM pg_stat_activity WHERE datname = 'test'").fetchone()
        assert len(booked) == 40
        assert 1 <= used[0] <= 8
