"""Links as a test uses them, before a real PostgreSQL: what its client says is what an agent would see."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import psycopg
import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.plugin.tcp_links import make
from reference_system.store.postgres_server import NoBinariesError, binaries, running_server

PATIENCE_S = 30
LOST_S = 0.2
"""So long a client waits for what never comes."""


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server with a table of bookings."""
    try:
        binaries()
    except NoBinariesError as error:
        pytest.skip(str(error))
    with running_server() as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE bookings (id int)")
        yield server


@pytest.fixture
def link(postgres):
    """A link to it, as the fixture gives it."""
    with make() as link_to:
        yield link_to(f"127.0.0.1:{postgres.port}", name="postgres", caller="booker")


@contextmanager
def connected(link, **options):
    """A client that goes through the link."""
    url = f"postgresql://postgres@{link.address}/postgres"
    with psycopg.connect(url, autocommit=True, connect_timeout=PATIENCE_S, **options) as connection:
        yield connection


@contextmanager
def live(*rules):
    """A live trial under these faults."""
    chaos = Chaos(seed=7)
    for rule in rules:
        chaos.inject(*rule)
    with chaos.live():
        yield chaos


def bookings(postgres):
    """What stands in the database, by a way that no fault is on."""
    with psycopg.connect(postgres.url()) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM bookings ORDER BY id")]


def test_a_slow_line_to_the_database(link):
    """Each request is late; the answers are right."""
    with connected(link) as client, live((faults.Latency(seconds=0.2), on.tcp("postgres"))) as chaos:
        began_s = chaos.trial.clock.now_s()
        assert client.execute("SELECT 1").fetchone() == (1,)
        assert chaos.trial.clock.now_s() - began_s >= 0.2


def test_a_database_that_refuses_connections(link):
    """As one that is being deployed; afterwards all is well."""
    refused = pytest.raises(psycopg.OperationalError, match="Connection refused")
    with live((faults.Refused(), on.tcp("postgres"))), refused, connected(link):
        pass
    with connected(link) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_database_that_tears_connections(link):
    """A new one, and one of a pool."""
    with connected(link) as pooled, live((faults.Reset(), on.tcp("postgres"))):
        with (
            pytest.raises(psycopg.OperationalError, match=r"server closed the connection|reset by peer"),
            connected(link),
        ):
            pass
        with pytest.raises(psycopg.OperationalError):
            pooled.execute("SELECT 1")
        assert pooled.broken


def test_a_commit_whose_answer_is_lost_was_done(link, postgres):
    """An agent that simply tries again books twice."""
    with connected(link) as client:
        with live((faults.DropResponse(), on.tcp("postgres"))):
            lost = threading.Thread(target=_book, args=(client, 1), daemon=True)
            lost.start()
            ticks = threading.Event()
            while bookings(postgres) != [1]:  # pytest's own time limit ends a failure
                ticks.wait(0.01)
            lost.join(LOST_S)
            assert lost.is_alive()
        lost.join()  # it has closed its connection, which is torn: there is nothing to commit
    with connected(link) as client:
        _book(client, 1)
    assert bookings(postgres) == [1, 1]


def _book(client, number):
    try:
        client.execute("INSERT INTO bookings VALUES (%s)", [number])
    except psycopg.OperationalError:
        client.close()  # the end of the trial has torn it


def test_a_partition_that_heals(link):
    """A client that connects again and again gets through when it is over; nothing else has to be done."""
    groups = {"agents": ("booker",), "data": ("postgres",)}
    partition = faults.Partition(groups=groups, end_s=1, refuse=True)
    with live((partition, on.any())) as chaos:
        while True:
            try:
                with connected(link) as client:
                    assert client.execute("SELECT 1").fetchone() == (1,)
                break
            except psycopg.OperationalError:
                chaos.trial.clock.wait(0.02)
        assert chaos.trial.clock.now_s() >= 1
    assert chaos.trial.unproven() is None


def test_a_database_that_stands_still_goes_on(link):
    """Its clients wait, and no connection of a pool is lost."""
    with connected(link) as client:
        with live((faults.Pause(of="callee", seconds=0.2), on.tcp("postgres"))) as chaos:
            assert client.execute("SELECT 1").fetchone() == (1,)
            assert chaos.trial.clock.now_s() >= 0.2
        assert client.execute("SELECT 2").fetchone() == (2,)


def test_the_fixture_gives_links_and_closes_them(project, postgres):
    """And a rule that can do nothing to bytes is reported with its reason, as one that never fired."""
    project.makepyfile(
        test_it=f"""
import psycopg, pytest
from pytest_agentchaos import faults, on

LINKS = []

def ask(link):
    with psycopg.connect(f"postgresql://postgres@{{link.address}}/postgres", connect_timeout={PATIENCE_S}) as client:
        return client.execute("SELECT 1").fetchone()

def test_it_refuses(agentchaos, agentchaos_tcp):
    link = agentchaos_tcp("127.0.0.1:{postgres.port}", name="postgres")
    LINKS.append(link)
    agentchaos.inject(faults.Refused(), on.tcp("postgres"))
    with agentchaos.live(), pytest.raises(psycopg.OperationalError):
        ask(link)
    assert ask(link) == (1,)

def test_it_is_closed():
    with pytest.raises(psycopg.OperationalError, match="refused"):
        ask(LINKS[0])

def test_it_cannot_act(agentchaos, agentchaos_tcp):
    link = agentchaos_tcp("127.0.0.1:{postgres.port}", name="postgres")
    agentchaos.inject(faults.Duplicate(), on.tcp("postgres"))
    with agentchaos.live():
        ask(link)
"""
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*left alone tcp postgres @ postgres: the bytes of a connection cannot be sent twice", "*tcp postgres*x1*"]
    )
