"""The README's first test runs as it is written."""

from __future__ import annotations

import re
from pathlib import Path

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
