"""What the page of a report costs: to make, to carry around, to open, and to use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure import Measurement
from benchmarks.report.chromium import Chromium, running
from benchmarks.report.command import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOADS: Final = 7
TYPED: Final = ("drop", "drop_response", "lisbon", "hotel 3", "no_such_thing", "late", "reset", "2", "tour", "stale")
"""What is typed into the filter, twice each: words that many rows have, few, and none."""
_FIRST_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_ANSWERS: Final = Path(__file__).with_name("answers.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page has to keep."""

    make_s: float
    page_mb: float


FEW: Final = Limits(2, 1.5)
MANY: Final = Limits(20, 5)


def measurements(few: Path, many: Path, folder: Path) -> Iterator[Measurement]:
    """Of a page of 1,000 trials, and of one of 100,000."""
    small, large = folder / "few", folder / "many"
    yield from _made("1,000 trials", few, small, FEW)
    yield from _made("100,000 trials", many, large, MANY)
    with running() as chromium:
        yield _opened("1,000 trials", chromium, small)
        yield _opened("100,000 trials", chromium, large)
        yield from _used(chromium, large)


def _made(name: str, results: Path, folder: Path, limits: Limits) -> Iterator[Measurement]:
    ran = run("report", results, "--out", folder)
    files = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir()) if path.is_file()}
    others = ", ".join(f"{file} {size:.1f}" for file, size in files.items() if file != "index.html")
    yield Measurement(
        f"{name}: agentchaos report",
        ran.took_s,
        "s",
        limits.make_s,
        "at_most",
        f"all formats, one process, {ran.cpu_s:.2g} s of computing",
    )
    yield Measurement(f"{name}: page", files["index.html"], "MB", limits.page_mb, "at_most", f"beside it: {others}")
    yield Measurement(f"{name}: most memory", ran.peak_mb, "MB", 1_000, "at_most", "largest resident set")


def _opened(name: str, chromium: Chromium, folder: Path) -> Measurement:
    times = [chromium.do(lambda browser: _first_paint_ms(browser, folder)) for _ in range(LOADS)]
    detail = f"median of {LOADS} loads, {min(times):.0f} to {max(times):.0f} ms"
    return Measurement(f"{name}: first paint", median(times) / 1e3, "s", 0.5, "at_most", detail)


def _first_paint_ms(browser: Browser, folder: Path) -> float:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((folder / "index.html").as_uri())
        page.wait_for_function(f"{_FIRST_PAINT.removesuffix('.startTime')} !== undefined")
        return float(page.evaluate(_FIRST_PAINT))


def _used(chromium: Chromium, folder: Path) -> Iterator[Measurement]:
    times: list[float] = chromium.do(lambda browser: _answers_ms(browser, folder))
    detail = f"from the key to the painted rows, {len(times)} times"
    yield Measurement("100,000 trials: filter, median", median(times), "ms", 200, "at_most", detail)
    yield Measurement("100,000 trials: filter, worst", max(times), "ms", 200, "at_most", detail)


def _answers_ms(browser: Browser, folder: Path) -> Any:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((folder / "index.html").as_uri())
        return page.evaluate(_ANSWERS, {"field": FIELD, "count": COUNT, "typed": [*TYPED, *TYPED]})


FIELD: Final = "#f-q"
COUNT: Final = "#shown"
