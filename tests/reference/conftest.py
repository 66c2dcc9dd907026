"""What the tests of all parts share: databases."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from reference_system.store.postgres_server import NoBinariesError, PostgresServer, binaries, running_server

collect_ignore = [] if os.environ.get("AGENTCHAOS_LIVE") else ["live"]
"""Real time takes its time: `make live` runs that folder, and so does CI, beside the suite and not in it."""

# Several times as fast as a new database.
_EMPTY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'test' AND pid <> pg_backend_pid();
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session, started when the first test asks for it."""
    try:
        binaries()
    except NoBinariesError as error:
        pytest.skip(str(error))
    with running_server() as server:
        server.create_database("test")
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The address of a database that is empty."""
    url = postgres.url("test")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_EMPTY)
    return url


@pytest.fixture(params=["memory", "file", "postgres"])
def store_url(request, tmp_path) -> str:
    """The address of a new store, of each kind."""
    if request.param == "memory":
        return "sqlite://"
    if request.param == "file":
        return f"sqlite:///{tmp_path}/travel.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(params=["file", "postgres"])
def shared_store_url(request, tmp_path) -> str:
    """The address of a new store that several processes can use."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/travel.db"
    return request.getfixturevalue("postgres_url")
