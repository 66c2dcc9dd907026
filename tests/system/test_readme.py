"""The README's first test runs as it is written, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pytest_agentchaos.cli import main

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

README = Path(__file__).parents[2] / "README.md"

PROJECT = """
from pytest_agentchaos.demo import agent
from pytest_agentchaos.demo.airline import Airline

async def book_trip(request):
    return await agent.book_trip(agent.Safeguards(idempotency={idempotency}))
"""


def _first_test() -> str:
    found = re.search(r"```python\n(# test_trip.py\n.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def _run(pytester, *, idempotency):
    pytester.makepyfile(my_project=PROJECT.format(idempotency=idempotency), test_trip=_first_test())
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\npythonpath = .")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--disable-warnings")


def test_the_first_test_passes_for_an_agent_with_an_idempotency_key(pytester):
    """What a newcomer copies works."""
    _run(pytester, idempotency=True).assert_outcomes(passed=1)


def test_the_first_test_fails_for_an_agent_without_one_as_the_readme_shows(pytester):
    """The failure is the one that the README prints."""
    result = _run(pytester, idempotency=False)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "  FAIL    no_duplicate_effect(book_flight): book_flight with key ('Ada', 'LX1766') was executed 2 times*",
            "  PASS    at_most(model_calls, 12): model_calls = 2",
            "outcome: completed after 21 s",
            "fault: faults.DropResponse() on.tool('book_flight', nth=1)",
            "*fault   of * fault='drop_response', parameters={}",
            "*deliver of * status=200, result={'booking': 'B1'*",
            "*ok      of * status=200, result={'booking': 'B2'*",
            "replay: *test_trip.py::test_a_lost_answer_books_once --agentchaos-seed=0",
        ]
    )


def test_every_command_of_the_readme_has_its_verb_and_its_options():
    """A newcomer types them as they stand there."""
    lines = re.findall(r"^    (agentchaos .*?)(?:\s+#.*)?$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) > 8
    for line in lines:
        _, verb, *words = shlex.split(line)
        known = {name for one in main.get_command(click.Context(main), verb).params for name in one.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_every_file_that_the_readme_names_is_there():
    """On a page of an index, a dead link is all that one sees of a project."""
    links = set(re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8")))
    assert len(links) > 10
    assert sorted(link for link in links if not (README.parent / link).exists()) == []


def test_the_sample_is_small_and_tells_nothing_of_the_machine_that_made_it():
    """It is committed: scripts/sample_report.py makes it."""
    files = list((README.parent / "reports" / "sample").iterdir())
    assert {"index.html", "summary.md"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) <= 700_000
    assert (README.parent / "docs" / "images" / "report.png").stat().st_size <= 200_000
    assert [path.name for path in files if re.search(rb"/(?:tmp|home|root|work)/", path.read_bytes())] == []
