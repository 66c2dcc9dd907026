"""What the package costs whoever does not use it, or not all of it, and what a session leaves in memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HOOKS = {"pytest_agentchaos", *(f"pytest_agentchaos.plugin{part}" for part in ("", ".hooks", ".newhooks", ".settings"))}
"""What every session loads of us."""

PACKAGES = {
    "anthropic", "anyio", "click", "httpx", "httpx2", "hypothesis", "jinja2", "jsonschema_rs", "mcp", "multiprocessing",
    "openai", "opentelemetry", "pandas", "rich", "yaml",
}  # fmt: skip
"""What takes its time to load, and is not needed for a trial of functions."""

MANY_TRIALS = {
    f"pytest_agentchaos.{part}" for part in ("campaign", "check_trace", "cli", "explore", "golden", "replay")
}
SCENARIOS = {"yaml", "pytest_agentchaos.scenario"}
LOADED = "print('\\nloaded:', *sorted(sys.modules))"
CONFTEST = f"import sys\ndef pytest_unconfigure(): {LOADED}\n"
TRIAL = """
def test_it(agentchaos):
    book = agentchaos.tool(lambda seat: {"booking": seat}, name="book")
    agentchaos.run(lambda: book("1A"))
"""
SHOP = """
def shop(chaos):
    book = chaos.tool(lambda seat: {"booking": seat}, name="book")
    return lambda: book("1A")
"""
SCENARIO = """
version: 1
name: slow
summary: The tool is slow.
system: shop:shop
faults:
  - {fault: latency, on: {tool: book}}
"""


def told(lines: list[str]) -> set[str]:
    """The modules that a process has told of."""
    (line,) = (line for line in lines if line.startswith("loaded: "))
    return set(line.split()[1:])


def ours(modules: set[str]) -> set[str]:
    """Those of this package."""
    return {name for name in modules if name.partition(".")[0] == "pytest_agentchaos"}


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch):
    """What measures the coverage of a process loads much in it."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def session(project, monkeypatch):
    """What a session has imported in the end, without other plugins: as many processes as are asked for."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (project.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    project.makeconftest(CONFTEST)
    project.makepyfile(shop=SHOP, test_plain="def test_it(): pass", test_trial=TRIAL)

    def of(*args, plugin=True):
        result = project.runpytest_subprocess(
            "-s", *(["-p", "pytest_agentchaos.plugin.hooks"] if plugin else []), *args
        )
        result.assert_outcomes(passed=1)
        return told(result.outlines)

    of.project = project
    return of


def test_a_session_without_the_fixture_loads_nothing_but_the_hooks(session):
    """Compared with the same session without the plugin."""
    added = session("test_plain.py") - session("test_plain.py", plugin=False)
    assert ours(added) == HOOKS
    assert added - HOOKS <= {"typing", "_typing"}


def test_a_test_pays_nothing_for_the_scenario_beside_it(session):
    """Pytest makes a collector for every file of the folder; only one that is asked reads."""
    (session.project.path / "one.chaos.yaml").write_text(SCENARIO)
    loaded = session("test_plain.py")
    assert ours(loaded) == HOOKS | {"pytest_agentchaos.plugin.scenario_file"}
    assert not loaded & PACKAGES


def test_a_trial_loads_what_it_needs(session):
    """No scenarios, no campaigns, nobody's SDK."""
    loaded = session("test_trial.py")
    assert "pytest_agentchaos.engine" in loaded
    assert not loaded & ((PACKAGES - {"multiprocessing"}) | MANY_TRIALS | SCENARIOS)


def test_a_scenario_loads_yaml_and_no_campaign(session):
    """What reads the file, and what carries out one trial."""
    (session.project.path / "one.chaos.yaml").write_text(SCENARIO)
    loaded = session("one.chaos.yaml")
    assert loaded >= SCENARIOS
    assert not loaded & ((PACKAGES - {"multiprocessing", "yaml"}) | MANY_TRIALS)


def run(code):
    """What a process has imported that does this."""
    done = subprocess.run([sys.executable, "-c", f"import sys\n{code}\n{LOADED}"], capture_output=True, check=True)
    return told(done.stdout.decode().splitlines())


def test_the_package_itself_loads_nothing():
    """Its names are looked up when they are used."""
    loaded = run("import pytest_agentchaos")
    assert ours(loaded) == {"pytest_agentchaos"}
    assert not loaded & (PACKAGES | {"pytest", "pydantic", "asyncio", "ssl"})


def test_the_command_line_tells_of_itself_and_of_its_verbs_without_what_they_need():
    """``agentchaos --help``, and that of each verb."""
    loaded = run(
        "from pytest_agentchaos.cli import VERBS, main\n"
        "for verb in ([], *([verb] for verb in VERBS)):\n"
        "    main([*verb, '--help'], prog_name='agentchaos', standalone_mode=False)"
    )
    assert {name for name in ours(loaded) if not name.startswith("pytest_agentchaos.cli")} == {
        "pytest_agentchaos",
        "pytest_agentchaos.errors",
    }
    assert not loaded & ((PACKAGES - {"click"}) | {"pytest", "pydantic", "asyncio", "ssl"})


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
