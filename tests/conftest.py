"""What all tests share."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from collections.abc import Callable

# Both clients import these when they are first used. Inside an inner run of pytest, which takes away again what it was
# the first to import, they would keep classes of errors that nobody raises any more.
import httpcore  # noqa: F401 - for what importing it does
import httpcore2  # noqa: F401 - the same
import pytest
from coverage import Coverage
from hypothesis import settings

pytest_plugins = ["pytester"]

_LONG_S = 30.0
"""Only a failure takes so long."""

_MEASURED = pytest.StashKey[tuple[Coverage, str]]()
"""While an unmeasured test runs: what measures else, and what processes are told of it, by the variable below."""
_FOR_PROCESSES = "COVERAGE_PROCESS_CONFIG"

# A run is the same each time. To search further: HYPOTHESIS_PROFILE=search, as often as you like.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_configure(config: pytest.Config) -> None:
    """Programs that tests start die of signals, as they do in a terminal.

    Who is started in the background, or by nohup, ignores some of them, and so would all that it starts.
    """
    config.addinivalue_line("markers", "unmeasured: takes no part in the measurement of coverage")
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been collected stays to the end: no collection of garbage has to walk through it again.

    Thirteen thousand tests are 700,000 objects, half a second each time; many tests collect, and so does the end of
    each inner run of pytest, five times.
    """
    gc.collect()
    gc.freeze()
    # A module that a test writes, and writes again within the second, would be taken for the one that it was.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """A test that is marked so takes no part in the measurement of coverage, nor do processes that it starts.

    Measuring doubles the time of a trial, and more. For sweeps that run the same code once more with each fault or each
    number, and for tests of whole sessions: what they run is measured by other tests.
    """
    stash, wanted = item.config.stash, item.get_closest_marker("unmeasured") is None
    if wanted and _MEASURED in stash:
        measurement, os.environ[_FOR_PROCESSES] = stash[_MEASURED]
        del stash[_MEASURED]
        measurement.start()
    elif not wanted and (running := Coverage.current()):
        stash[_MEASURED] = running, os.environ.pop(_FOR_PROCESSES)
        running.stop()


@pytest.fixture(scope="session")
def ends() -> Callable[[int], bool]:
    """A function that waits until a process has ended, whoever its parent is, and says whether it has."""

    def has_ended(process: int) -> bool:
        try:
            held = os.pidfd_open(process)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([held], [], [], _LONG_S)[0])
        finally:
            os.close(held)

    return has_ended


# What a CI server or a person's shell may set, and what then changes what an inner run of pytest prints.
_SURROUNDINGS = ("CI", "BUILD_NUMBER", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "PY_COLORS")


@pytest.fixture(autouse=True)
def _the_same_output_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _SURROUNDINGS:
        monkeypatch.delenv(name, raising=False)
