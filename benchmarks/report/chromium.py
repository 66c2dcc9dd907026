"""A headless chromium: the one of the system, driven by playwright from a thread of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = f"no chromium on PATH ({', '.join(NAMES)}): install the package chromium"
T = TypeVar("T")


class NoChromiumError(Exception):
    """There is no browser on this machine."""


def executable() -> str:
    """Where the browser is."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoChromiumError(MISSING)
    return found


class Chromium:
    """One browser, started when it is first needed.

    While playwright's sync interface is in use, its thread has a running event loop, between the calls too. Whatever
    looks for one (``asyncio.run``, a trial in virtual time) would find it. Hence the thread: all that touches the
    browser happens inside :meth:`do`.
    """

    def __init__(self) -> None:
        self._executable = executable()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chromium")
        self._playwright: Any = None
        self._browser: Browser | None = None

    def do(self, work: Callable[[Browser], T]) -> T:
        """What the work returns, or raises, when it has been given the browser."""
        return self._thread.submit(lambda: work(self._launched())).result()

    def close(self) -> None:
        """End the browser and its driver; no process and no thread is left."""
        self._thread.submit(self._end).result()
        self._thread.shutdown()

    def _launched(self) -> Browser:
        if self._browser is None:
            from playwright.sync_api import sync_playwright

            self._playwright = sync_playwright().start()
            # Grey smoothing: letters look alike wherever a picture is taken.
            options = ["--disable-lcd-text", "--font-render-hinting=none"]
            self._browser = self._playwright.chromium.launch(executable_path=self._executable, args=options)
        return self._browser

    def _end(self) -> None:
        browser, playwright = self._browser, self._playwright
        self._browser = self._playwright = None
        try:
            if browser is not None:
                browser.close()
        finally:
            if playwright is not None:
                playwright.stop()


@contextmanager
def running() -> Iterator[Chromium]:
    """A browser for as long as the block lasts."""
    chromium = Chromium()
    try:
        yield chromium
    finally:
        chromium.close()
