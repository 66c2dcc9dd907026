"""What live trials share: the stage that is kept, taken down with the last test of this process."""

import logging

import pytest

from reference_system.live import let_go
from reference_system.store.postgres_server import NoBinariesError, binaries


@pytest.fixture(scope="session", autouse=True)
def _stage():
    """It is put up by the first trial that asks for it."""
    try:
        binaries()
    except NoBinariesError as error:
        pytest.skip(str(error))
    yield
    let_go()


@pytest.fixture(autouse=True)
def _quiet():
    """A system in trouble has much to log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
