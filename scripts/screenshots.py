"""Takes pictures of report pages at three widths, light and dark, for a person to look at.

    python scripts/screenshots.py                       # pages of made-up results: a plain one, and one with a gate
    python scripts/screenshots.py reports/report/index.html --out somewhere

They go to ``reports/screenshots``, which git ignores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if __package__ in {None, ""}:
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks/ is not installed

from benchmarks.report import synthetic
from benchmarks.report.chromium import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OUT: Final = Path("reports") / "screenshots"
WIDTHS: Final = (360, 900, 1440)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TALLEST_PX: Final = 14_000
"""Beyond it a picture is cut: chromium cannot draw any length at once."""


def main() -> None:
    """Draw or take the pages, and photograph them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages to take pictures of; none: those of made-up results")
    parser.add_argument("--out", type=Path, default=OUT, help=f"where the pictures go (default: {OUT})")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running() as chromium:
        pages = given.pages or list(drawn(Path(folder)))
        for page in pages:
            for path in chromium.do(partial(pictures, page, given.out)):
                print(path)


def drawn(folder: Path) -> Iterator[Path]:
    """A page of results alone, and one of a release against the one before it, judged by a gate."""
    from pytest_agentchaos.evidence.gathered import gather
    from pytest_agentchaos.gating import decide
    from pytest_agentchaos.gating.policy import load
    from pytest_agentchaos.reporting.folder import write
    from pytest_agentchaos.reporting.making import make

    before = gather([synthetic.write(folder / "before", 1_000, synthetic.BASELINE)])
    after = gather([synthetic.write(folder / "after", 1_000)])
    write(make(after), folder / "plain", ["html"])
    yield folder / "plain" / "index.html"
    decision = decide(load("canary"), after, before, at=datetime.fromisoformat(synthetic.CANDIDATE.at))
    write(make(after, baseline=before, decision=decision, objective=0.95), folder / "gate", ["html"])
    yield folder / "gate" / "index.html"


def pictures(page: Path, out: Path, browser: Browser) -> list[Path]:
    """One of each width and theme, named after the folder of the page."""
    taken = []
    for width, theme in product(WIDTHS, THEMES):
        path = out / f"{page.parent.name}-{width}-{theme}.png"
        with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme) as context:
            opened = context.new_page()
            opened.goto(page.resolve().as_uri())
            height = min(TALLEST_PX, int(opened.evaluate("document.documentElement.scrollHeight")))
            opened.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
        taken.append(path)
    return taken


if __name__ == "__main__":
    main()
