"""Try an installed pytest-agentchaos as a user would. Run it with the Python of an environment that has only the wheel.

usage: python -I smoke_test.py SOURCE_TREE [bundled]

With ``bundled``: the environment has the extra ``reference`` too, and the travel system takes one trip.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

DISTRIBUTION = "pytest-agentchaos"
PACKAGE = "pytest_agentchaos"
BUNDLED = "reference_system"
LIMIT_S = 25.0
"""Less than the test below waits in its own time, which therefore must have been virtual."""

USER_TEST = """
import asyncio

from pytest_agentchaos import faults, on


def test_an_agent_that_retries_books_twice_when_the_answer_is_lost(agentchaos):
    booked, answers = [], []

    async def book(flight):
        booked.append(flight)
        return "booked"

    book_flight = agentchaos.tool(book)

    async def trip():
        for _ in range(2):
            try:
                async with asyncio.timeout(30):
                    answers.append(await book_flight("LX 1"))
                    return
            except TimeoutError:
                continue

    agentchaos.inject(faults.DropResponse(), on.tool("book", nth=1))
    agentchaos.run(trip)

    assert booked == ["LX 1", "LX 1"]
    assert answers == ["booked"]
"""


def check_files(source_tree: Path) -> None:
    """The wheel holds the package with its type marker, and nothing else."""
    package = Path(str(importlib.import_module(PACKAGE).__file__)).resolve()
    assert not package.is_relative_to(source_tree), f"imported from the source tree: {package}"
    files = distribution(DISTRIBUTION).files or []
    names = {file.as_posix() for file in files}
    assert f"{PACKAGE}/py.typed" in names, "py.typed is not in the wheel"
    own = (f"{PACKAGE}/", f"{PACKAGE}-", f"{BUNDLED}/", "../../../bin/")
    strangers = sorted(name for name in names if not name.startswith(own) or "/tests/" in name)
    assert not strangers, f"in the wheel without need: {strangers}"


def check_command() -> None:
    """The console script starts and knows its version."""
    program = Path(sys.executable).with_name("agentchaos")
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=LIMIT_S).stdout
    assert distribution(DISTRIBUTION).version in shown, f"agentchaos --version says {shown!r}"
    print(shown.strip(), flush=True)


def check_fixture() -> None:
    """A user's test finds the fixture, and its 30 seconds of waiting pass in virtual time."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_trip.py").write_text(USER_TEST, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_trip.py"]
        subprocess.run(command, cwd=directory, check=True, timeout=LIMIT_S)


def check_beginning() -> None:
    """The first five minutes of a project without any SDK: a test that passes, a scenario, its page, the gate."""
    program = Path(sys.executable).with_name("agentchaos")
    with tempfile.TemporaryDirectory() as directory:

        def ended(*words: str | Path) -> int:
            return subprocess.run(words, cwd=directory, capture_output=True, timeout=LIMIT_S, check=False).returncode

        assert ended(program, "init") == 0, "agentchaos init writes no test"
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_chaos.py"]
        assert ended(*pytest) == 0, "the test that init wrote does not pass"
        results = "reports/first"
        assert ended(program, "run", "tests/chaos", "--out", results) == 0, "the scenario that init wrote does not hold"
        page = Path(directory, results, "index.html").read_text(encoding="utf-8")
        assert "<h1" in page, "the page is empty"
        assert "<style" in page, "the page has no style"
        assert ended(program, "gate", "pull-request", results) == 0, "the shipped policy does not promote it"
    print("smoke test: the first five minutes work")


BUNDLED_TEST = """
from pytest_agentchaos import faults, on
from reference_system.system import travel


def test_a_lost_answer_books_one_room(agentchaos):
    system = travel()
    for url, thing in system.upstreams.items():
        agentchaos.upstream(url, thing)
    agentchaos.inject(faults.DropResponse(), on.tool("book_hotel", nth=1))
    taken = agentchaos.run(system.take, "weekend-in-lisbon")
    assert taken.answers[0].reason == "completed"
    assert [row.kind for row in system.store.bookings(state="booked")].count("room") == 1
"""


def check_bundled(source_tree: Path) -> None:
    """The travel system has all of its files with it."""
    package = Path(str(importlib.import_module(BUNDLED).__file__)).resolve()
    assert not package.is_relative_to(source_tree), f"imported from the source tree: {package}"
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_travel.py").write_text(BUNDLED_TEST, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_travel.py"]
        subprocess.run(command, cwd=directory, check=True, timeout=LIMIT_S)
        check_scenarios(Path(directory))
    print("smoke test: the bundled system works")


def check_scenarios(directory: Path) -> None:
    """The catalogue came along: a scenario of it holds, fails without its safeguard, and shows the failure again."""
    program = Path(sys.executable).with_name("agentchaos")
    name, careless = "delivery/lost-ack-twice", 'reference_system:travel("idempotency")'

    def ended(*words: str) -> int:
        return subprocess.run(
            [program, *words], cwd=directory, capture_output=True, timeout=LIMIT_S, check=False
        ).returncode

    assert ended("run", name) == 0, f"{name} does not hold"
    assert ended("run", name, "--system", careless, "--out", "failing") == 1, f"{name} misses nothing"
    assert ended("replay", "failing") == 1, "the failure is not the same again"


def main() -> None:
    """Run the checks in order; the first that fails ends it."""
    if sys.argv[2:] == ["bundled"]:
        check_bundled(Path(sys.argv[1]).resolve())
        return
    check_files(Path(sys.argv[1]).resolve())
    check_command()
    check_fixture()
    check_beginning()
    print("smoke test: the wheel works")


if __name__ == "__main__":
    main()
