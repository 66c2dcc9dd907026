"""Makes the sample report in ``reports/sample``, and its picture: the travel system without idempotency, and with it.

python scripts/sample_report.py                        # half a minute on two cores
python scripts/sample_report.py --from reports/demo    # of what `agentchaos demo` has left, if that is at hand
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks/ is not installed

from benchmarks.report.chromium import running
from pytest_agentchaos.cli.waiting import Waiting
from pytest_agentchaos.demo import catalogue
from pytest_agentchaos.demo.names import TRAVEL, USUAL, weakened
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import load
from pytest_agentchaos.reporting.folder import write
from pytest_agentchaos.reporting.making import make

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "reports" / "sample"
PICTURE: Final = ROOT / "docs" / "images" / "report.png"
FORMATS: Final = ("html", "json", "md")
TIMELINES: Final = 6
LIMIT_BYTES: Final = 700_000
"""Of everything in the folder: it is committed."""
PICTURE_BYTES: Final = 200_000
VIEW: Final[ViewportSize] = {"width": 1200, "height": 1150}


def main() -> None:
    """Run, or take, and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="given", type=Path, help="a folder of `agentchaos demo`, in place of a new run")
    given = parser.parse_args().given
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        if given is None:
            run(results)
        else:
            shutil.copytree(given, results)
        os.chdir(folder)  # a report names its sources as they were given: no folder of this machine
        draw(Path("results/healthy"), Path(f"results/without-{USUAL}"))
    size_bytes = sum(path.stat().st_size for path in OUT.iterdir())
    assert size_bytes <= LIMIT_BYTES, f"{OUT} has {size_bytes} bytes; at most {LIMIT_BYTES} are committed"
    with running() as chromium:
        chromium.do(picture)
    assert PICTURE.stat().st_size <= PICTURE_BYTES, f"{PICTURE} has more than {PICTURE_BYTES} bytes"
    print(*sorted(OUT.iterdir()), PICTURE, f"{size_bytes} bytes and {PICTURE.stat().st_size}", sep="\n")


def picture(browser: Browser) -> None:
    """The first screen of the page, for the README."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with browser.new_context(viewport=VIEW, color_scheme="light", reduced_motion="reduce") as context:
        opened = context.new_page()
        opened.goto((OUT / "index.html").as_uri())
        opened.screenshot(path=PICTURE)


def run(results: Path) -> None:
    """The catalogue, with all safeguards and without one."""
    waiting = Waiting(sys.stderr)
    for name, system in (("healthy", TRAVEL), (f"without-{USUAL}", weakened(USUAL).system)):
        catalogue.run(system, results / name, seed=0, workers=2, progress=lambda done, of: waiting("running", done, of))
    waiting.over()


def draw(healthy: Path, weak: Path) -> None:
    """The weakened one, compared with the healthy one."""
    candidate, baseline = gather([weak]), gather([healthy])
    at = datetime.fromisoformat(candidate.sources[0].head.at)
    decision = decide(load(catalogue.POLICY), candidate, baseline, at=at)
    report = make(
        candidate,
        title=f"The travel system, without {USUAL}",
        baseline=baseline,
        decision=decision,
        timelines=TIMELINES,
    )
    shutil.rmtree(OUT, ignore_errors=True)
    write(report, OUT, FORMATS)


if __name__ == "__main__":
    main()
