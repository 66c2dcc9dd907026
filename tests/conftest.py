"""What all tests share."""

from __future__ import annotations

import gc
import os

# Both clients import these when they are first used. Inside an inner run of pytest, which takes away again what it was
# the first to import, they would keep classes of errors that nobody raises any more.
import httpcore  # noqa: F401 - for what importing it does
import httpcore2  # noqa: F401 - the same
import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# A run is the same each time. To search further: HYPOTHESIS_PROFILE=search, as often as you like.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been collected stays to the end: no collection of garbage has to walk through it again.

    Thirteen thousand tests are 700,000 objects, half a second each time; many tests collect, and so does the end of
    each inner run of pytest, five times.
    """
    gc.collect()
    gc.freeze()


# What a CI server or a person's shell may set, and what then changes what an inner run of pytest prints.
_SURROUNDINGS = ("CI", "BUILD_NUMBER", "COLUMNS", "FORCE_COLOR", "NO_COLOR", "PY_COLORS")


@pytest.fixture(autouse=True)
def _the_same_output_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _SURROUNDINGS:
        monkeypatch.delenv(name, raising=False)
