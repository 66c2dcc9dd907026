"""What the plugin costs a session that does not use it, and what it leaves in the memory of one that does."""

from __future__ import annotations

import pytest

HEAVY = (
    "pydantic", "openai", "anthropic", "mcp", "httpx", "httpx2", "opentelemetry", "hypothesis", "click", "anyio",
    "rich", "jinja2", "pandas", "asyncio", "ssl", "pytest_agentchaos.engine", "pytest_agentchaos.plugin.fixture",
)  # fmt: skip

LOADED = """
import sys
def pytest_unconfigure():
    print("\\nloaded:", *sorted(sys.modules))
"""


def loaded(project: pytest.Pytester, *args: str) -> set[str]:
    """What a session of one plain test has imported in the end."""
    project.makeconftest(LOADED)
    project.makepyfile(test_it="def test_it(): pass")
    result = project.runpytest_subprocess("-s", *args)
    result.assert_outcomes(passed=1)
    (line,) = (line for line in result.outlines if line.startswith("loaded: "))
    return set(line.split()[1:])


def test_a_session_without_the_fixture_loads_nothing_heavy(project, monkeypatch):
    """Compared with the same session without the plugin, and without other plugins."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.path / "pytest.ini").unlink()
    without, within = loaded(project), loaded(project, "-p", "pytest_agentchaos.plugin.hooks")
    added = within - without
    assert not added.intersection(HEAVY)
    assert {name for name in added if not name.startswith("pytest_agentchaos")} <= {"typing", "_typing"}


def test_a_trial_is_forgotten_when_its_test_is_over(project):
    """The session keeps its items, but not their histories."""
    project.makepyfile(
        test_it="""
import gc, pytest, travel
from pytest_agentchaos import History

@pytest.mark.parametrize("n", range(20))
def test_it(agentchaos, n): agentchaos.run(travel.book)

def test_memory():
    gc.collect()
    assert sum(isinstance(thing, History) for thing in gc.get_objects()) == 0
"""
    )
    project.runpytest_subprocess().assert_outcomes(passed=21)
