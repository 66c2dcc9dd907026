"""What tests in a browser share: one chromium, pages that are watched, and reports to open."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.report import synthetic
from benchmarks.report.chromium import Chromium, NoChromiumError
from pytest_agentchaos import Effect
from pytest_agentchaos.evidence import exploration
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.explore import explore
from pytest_agentchaos.reporting import page as pages
from pytest_agentchaos.reporting.making import make

AT: Final = datetime.fromisoformat(synthetic.CANDIDATE.at)

OWNED = "__owned"
"""What hostile text would set on ``window`` if it were executed."""


@dataclass
class Visits:
    """The pages that a test has open, and everything that went wrong in them."""

    browser: Any
    problems: list[str] = field(default_factory=list)
    _contexts: list[Any] = field(default_factory=list)
    _pages: list[Any] = field(default_factory=list)

    def __call__(self, path: Path, *, at: str = "", scripts: bool = True, size=(1280, 800), **options: Any) -> Any:
        """A page of this file in a context of its own, without any network."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            offline=True,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        context.on("page", lambda other: self._problem(page, f"it opened {other.url}"))
        self._watch(page, path)
        page.goto(path.as_uri() + at)
        self._pages.append(page)
        return page

    def report(self, path: Path, **options: Any) -> Any:
        """The same for the page of a report, when its scripts have done what they do at first."""
        page = self(path, **options)
        page.locator("html[data-ready]").wait_for()
        return page

    def _watch(self, page: Any, path: Path) -> None:
        own = path.as_uri()
        page.on("console", lambda said: said.type in {"error", "warning"} and self._problem(page, said.text))
        page.on("pageerror", lambda error: self._problem(page, f"{error}"))
        page.on(
            "request", lambda request: self._allowed(request.url, own) or self._problem(page, f"asks {request.url}")
        )
        page.on("dialog", lambda dialog: (self._problem(page, f"dialog {dialog.message!r}"), dialog.dismiss()))

    @staticmethod
    def _allowed(url: str, own: str) -> bool:
        return url.partition("#")[0] == own or url.startswith(("data:", "blob:"))

    def _problem(self, page: Any, what: str) -> None:
        self.problems.append(f"{page.url[-80:]}: {what[:300]}")

    def verify(self) -> None:
        """Nothing was executed that should not, nothing was asked for, nothing was complained of. Ends the visits."""
        for page in self._pages:
            if not page.is_closed() and page.evaluate(f"window.{OWNED} !== undefined"):
                self._problem(page, "hostile text was executed")
        problems = list(self.problems)
        self.close()
        assert problems == []

    def close(self) -> None:
        """Close all pages, and forget them."""
        for context in self._contexts:
            context.close()
        for kept in (self._contexts, self._pages, self.problems):
            kept.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser of this session (of this worker), started when the first test asks for it."""
    try:
        chromium = Chromium()
    except NoChromiumError as error:
        pytest.skip(str(error))
    yield chromium
    chromium.close()


@pytest.fixture
def visit(chromium) -> Iterator[Visits]:
    """``visit(path)`` opens a page. A test that has it runs in the thread of the browser: see the hook."""
    visits: Visits = chromium.do(Visits)
    yield visits
    chromium.do(lambda _: visits.close())


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that visit pages in the thread of the browser; other tests stay where they are."""
    if "visit" not in pyfuncitem.fixturenames:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    visits: Visits = pyfuncitem.funcargs["visit"]

    def body(_: Any) -> None:
        pyfuncitem.obj(**arguments)
        visits.verify()

    pyfuncitem.funcargs["chromium"].do(body)
    return True


class Reports:
    """Reports of several kinds, each drawn once in a session and only if a test asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pages: dict[str, Path] = {}

    def __getitem__(self, name: str) -> Path:
        """The page of this kind. Trials are run for it, which the loop in the browser's thread would disturb."""
        if name not in self.pages:
            with ThreadPoolExecutor(max_workers=1) as beside:
                self.pages[name] = beside.submit(getattr(self, f"_{name}")).result()
        return self.pages[name]

    def drawn(self, name: str, *sources: Path, **told: Any) -> Path:
        """The page of these results."""
        return self.written(name, make(gather(sources), **told))

    def written(self, name: str, report: Any) -> Path:
        """The page of this report."""
        folder = self._folder / name
        folder.mkdir()
        made = pages.page(report)
        for file, content in {"index.html": made.html.encode(), **made.side}.items():
            (folder / file).write_bytes(content)
        return folder / "index.html"

    def _results(self, name: str, trials: int, release: synthetic.Release = synthetic.CANDIDATE) -> Path:
        folder = self._folder / f"results-{name}"
        return folder if folder.exists() else synthetic.write(folder, trials, release, histories=4)

    def _small(self) -> Path:
        return self.drawn("small", self._results("small", 400))

    def _audited(self) -> Path:
        """With a gate, and few cells: axe looks at each of them."""
        return self._judged("audited", 60)

    def _gated(self) -> Path:
        return self._judged("gated", 400)

    def _judged(self, name: str, trials: int) -> Path:
        from pytest_agentchaos.gating import decide
        from pytest_agentchaos.gating.policy import load

        before = self._results(f"{name}-before", trials, synthetic.BASELINE)
        after = self._results(f"{name}-after", trials)
        candidate, baseline = gather([after]), gather([before])
        decision = decide(load("canary"), candidate, baseline, at=AT)
        return self.written(name, make(candidate, baseline=baseline, decision=decision, objective=0.95))

    def _explored(self) -> Path:
        folder = self._folder / "results-explored"
        found = explore(careless_shop, faults=["drop_response", "duplicate", "latency"], folder=folder)
        exploration.write(folder, found.to_data())
        return self.drawn("explored", folder)

    def _empty(self) -> Path:
        folder = synthetic.write(self._folder / "results-empty", 1)
        return self.written("empty", replace(make(gather([folder])), rows=(), statuses={}, clusters=(), matrices=()))

    def _large(self) -> Path:
        report = make(gather([self._results("large", 1_000)]))
        rows = [
            one._replace(trial=f"{number:04x}{one.trial}", seed=number) for number in range(100) for one in report.rows
        ]
        return self.written("large", replace(report, rows=tuple(rows)))


def careless_shop(chaos):
    """One tool, called again if its answer is lost, which then books twice."""
    booked: list[str] = []

    def book(seat: str) -> dict[str, int]:
        booked.append(seat)
        return {"booking": len(booked)}

    call = chaos.tool(book, timeout_s=5)
    chaos.effect(Effect("seat", tool="book", key="seat", id="result.booking"))

    def take() -> str:
        for _ in range(3):
            with suppress(TimeoutError, ConnectionError):
                return f"booked {call('1A')['booking']}"
        return "no seat"

    return take


@pytest.fixture(scope="session")
def reports(tmp_path_factory) -> Reports:
    """``reports["small"]`` is the page of a small report."""
    return Reports(tmp_path_factory.mktemp("reports"))
