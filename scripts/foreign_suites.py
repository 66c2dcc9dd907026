"""Run the own test suites of httpx, openai and mcp on top of the wire, and compare with a run without it.

    python scripts/foreign_suites.py [httpx openai mcp] [--python VENV/bin/python] [--keep DIRECTORY]

With the wires installed and no fault injected, nothing observable may change: who could judge that better than
the tests of those whose transports carry the wire? Each suite comes from its source distribution and runs three
times: bare, with the wire, and with the wire and a rule that matches no call (requests are read ahead then). The
outcomes are compared test by test; the exit code is 1 when the wire changed any.

Not part of ``make test``: it downloads, and takes minutes. httpx2 ships no tests in its source distribution; its
code is that of httpx, whose suite runs here, and the suites of openai and mcp drive httpx2.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What openai has no HTTP for, or a mock server of its own, is left out: WebSockets (lib) and api_resources.

PLUGIN = '''\
"""The HTTP wire under a whole test session, in live mode."""

import os

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial

trial = Trial()
if os.environ["AGENTCHAOS_FOREIGN"] == "ruled":
    trial.inject(rule(faults.Hang(), on.tool("no tool has this name")))
live = trial.live()


def pytest_configure():
    live.__enter__()


def pytest_unconfigure():
    live.__exit__(None, None, None)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"calls seen by the wire: {sum(op.kind == 'invoke' for op in trial.history)}")
'''


@dataclass(frozen=True)
class Suite:
    """One library's tests, and what they need."""

    requirement: str
    needs: tuple[str, ...]
    arguments: tuple[str, ...]


SUITES = {
    "httpx": Suite(
        "httpx==0.28.1",
        ("brotli", "chardet", "h2", "rich", "socksio", "trio", "trustme", "uvicorn", "zstandard"),
        ("tests", "-o", "filterwarnings=", "--deselect", "tests/test_main.py"),
    ),
    "openai": Suite(
        "openai==3.51.0",
        (
            "griffe",
            "inline-snapshot",
            "nest-asyncio",
            "numpy",
            "pillow",
            "pytest-asyncio",
            "pytest-xdist",
            "rich",
            "trio",
            "websockets",
        ),
        ("tests", "--ignore=tests/api_resources", "--ignore=tests/lib", "-n0"),
    ),
    "mcp": Suite(
        "mcp==2.3.0",
        (
            "blockbuster",
            "dirty-equals",
            "inline-snapshot",
            "logfire",
            "pillow",
            "pydantic-settings",
            "pytest-examples",
            "pytest-flakefinder",
            "pytest-pretty",
            "trio",
            "typer",
        ),
        ("tests/client", "tests/server", "tests/shared", "tests/interaction", "tests/transports", "-p", "no:asyncio"),
    ),
}
MODES = ("bare", "wired", "ruled")
LIMIT_S = 1_800


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument("--python", help="an interpreter that has everything installed; a new environment by default")
    parser.add_argument("--keep", type=Path, help="work in this directory and leave the results there")
    options = parser.parse_args()
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"there is no suite {', '.join(sorted(unknown))}; valid: {', '.join(SUITES)}")
    names = options.suites or list(SUITES)
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.keep or Path(temporary)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        (place / "agentchaos_foreign.py").write_text(PLUGIN, encoding="utf-8")
        python = options.python or _environment(place, names)
        return max([_compare(name, python, place) for name in names])


def _environment(place: Path, names: list[str]) -> str:
    venv.create(place / "venv", with_pip=True)
    python = str(place / "venv" / "bin" / "python")
    wanted = [need for name in names for need in (SUITES[name].requirement, *SUITES[name].needs)]
    subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT), "pytest", *wanted], check=True)
    return python


def _source(suite: Suite, python: str, place: Path) -> Path:
    """The unpacked source distribution."""
    name, _, version = suite.requirement.partition("==")
    folder = place / f"{name}-{version}"
    if not folder.exists():
        download = [python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, "-d", str(place)]
        subprocess.run([*download, suite.requirement], check=True)
        with tarfile.open(place / f"{folder.name}.tar.gz") as archive:
            archive.extractall(place, filter="data")
    return folder


def _compare(name: str, python: str, place: Path) -> int:
    suite = SUITES[name]
    folder = _source(suite, python, place)
    if not (folder / "tests").is_dir():
        print(f"{name}: {suite.requirement} ships no tests in its source distribution")
        return 0
    outcomes = {"bare": _run(name, "bare", python, place, folder)}
    if "passed" not in outcomes["bare"].values():
        print(
            f"{name}: nothing passes without the wire, which proves nothing; see the end of {name}-bare.log (--keep):"
        )
        print("".join((place / f"{name}-bare.log").read_text(encoding="utf-8").splitlines(keepends=True)[-25:]))
        return 1
    outcomes |= {mode: _run(name, mode, python, place, folder) for mode in MODES[1:]}
    changed = 0
    for mode in MODES[1:]:
        differences = {
            test: (before, outcomes[mode].get(test, "missing"))
            for test, before in outcomes["bare"].items()
            if outcomes[mode].get(test, "missing") != before
        }
        changed += len(differences)
        for test, (before, after) in sorted(differences.items()):
            print(f"{name}: {mode}: {test}: {before} -> {after}")
        print(f"{name}: {mode}: {len(outcomes[mode])} tests, {len(differences)} with another outcome")
    return min(1, changed)


def _run(name: str, mode: str, python: str, place: Path, folder: Path) -> dict[str, str]:
    results = place / f"{name}-{mode}.xml"
    plugin = [] if mode == "bare" else ["-p", "agentchaos_foreign"]
    path = os.pathsep.join([str(place), str(ROOT)])
    command = [python, "-m", "pytest", "-q", "--tb=native", "-p", "no:cacheprovider", "-p", "no:agentchaos", *plugin]
    with (place / f"{name}-{mode}.log").open("w", encoding="utf-8") as log:
        subprocess.run(
            [*command, f"--junitxml={results}", *SUITES[name].arguments],
            cwd=folder, env={**os.environ, "PYTHONPATH": path, "AGENTCHAOS_FOREIGN": mode},
            stdout=log, stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    outcomes = _outcomes(results)
    counts = {outcome: list(outcomes.values()).count(outcome) for outcome in sorted(set(outcomes.values()))}
    print(f"{name}: {mode}: {', '.join(f'{count} {outcome}' for outcome, count in counts.items()) or 'nothing ran'}")
    return outcomes


def _outcomes(results: Path) -> dict[str, str]:
    if not results.exists():
        return {}
    outcomes: dict[str, str] = {}
    for case in ET.parse(results).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcomes[f"{case.get('classname')}::{case.get('name')}"] = "+".join(sorted(kinds)) or "passed"
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
