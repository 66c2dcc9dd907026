"""What pytest sees: options, fixtures and hooks, declared here and done elsewhere.

Nothing heavy is imported until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentchaos.plugin import settings

if TYPE_CHECKING:
    from pytest_agentchaos.plugin.fixture import AgentChaos
    from pytest_agentchaos.wires.children import Processes
    from pytest_agentchaos.wires.reverse_proxy import Proxy
    from pytest_agentchaos.wires.tcp import Link

CHAOS: pytest.StashKey[AgentChaos] = pytest.StashKey()
"""The fixture of the test that is running, for as long as it runs."""

_running: list[pytest.Item] = []
"""The tests that are running, the innermost last (a test may run pytest). A fixture that asked pytest for its
``request`` would cost every test the inspection of a function made for that."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys, all under our name."""
    settings.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Hooks by which other plugins add faults, invariants and dialects."""
    from pytest_agentchaos.plugin import newhooks

    pluginmanager.add_hookspecs(newhooks)


def pytest_plugin_registered(plugin: object, plugin_name: str, manager: pytest.PytestPluginManager) -> None:
    """Let a plugin or conftest, whenever it is loaded, add what it has."""
    for name in ("pytest_agentchaos_dialects", "pytest_agentchaos_faults", "pytest_agentchaos_invariants"):
        for implementation in getattr(manager.hook, name).get_hookimpls():
            if implementation.plugin is plugin:
                from pytest_agentchaos.plugin.additions import add

                add(name, implementation.function(), plugin_name)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and wrong options an error before anything runs."""
    config.addinivalue_line("markers", settings.MARKER)
    settings.check(config)
    if settings.keeps_results(config):
        from pytest_agentchaos.plugin.results import begin

        begin(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Several trials of a test are several tests: each has fixtures of its own."""
    marked = settings.marked(metafunc.definition, pytest.Collector.CollectError)
    if marked.scenario is not None:
        from pytest_agentchaos.plugin.scenario_marker import names_of_trials

        names = names_of_trials(metafunc.definition, marked)
    elif "agentchaos" in metafunc.fixturenames:
        trials = settings.setting(metafunc.config, "trials") if marked.trials is None else marked.trials
        names = [f"trial{number}" for number in range(trials)]
    else:
        return
    if len(names) != 1:
        metafunc.parametrize("agentchaos", range(len(names)), ids=names, indirect=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Scenario files are test files."""
    if not file_path.name.endswith(".chaos.yaml"):
        return None
    from pytest_agentchaos.plugin.scenario_file import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


@pytest.fixture(scope="session")
def agentchaos_upstreams() -> Mapping[str, Any]:
    """What stands behind which URL, for all tests that see this fixture: override it in a conftest."""
    return MappingProxyType({})


@pytest.fixture(scope="session")
def agentchaos_effects() -> Sequence[Any]:
    """What the tools do to the world, for all tests that see this fixture: override it in a conftest."""
    return ()


@pytest.fixture
def agentchaos(agentchaos_upstreams: Mapping[str, Any], agentchaos_effects: Sequence[Any]) -> Iterator[AgentChaos]:
    """Break the world around an agent and see what it does."""
    __tracebackhide__ = True
    from pytest_agentchaos.plugin.fixture import make

    item = _running[-1]
    chaos = item.stash[CHAOS] = make(item, agentchaos_upstreams, agentchaos_effects)
    yield chaos
    chaos.trial.close()


@pytest.fixture
def agentchaos_proxy() -> Iterator[Callable[..., Proxy]]:
    """Put a proxy before an HTTP service: ``agentchaos_proxy("http://127.0.0.1:8000", name="http://flights.local")``."""
    from pytest_agentchaos.plugin.proxies import make

    yield from make()


@pytest.fixture
def agentchaos_tcp() -> Iterator[Callable[..., Link]]:
    """Put a link before a TCP service: ``agentchaos_tcp("127.0.0.1:5432", name="postgres")``."""
    from pytest_agentchaos.plugin.tcp_links import make

    with make() as link:
        yield link


@pytest.fixture
def agentchaos_processes(pytestconfig: pytest.Config) -> Iterator[Processes]:
    """Start real processes, which end with the test: ``agentchaos_processes.start("agent", ["node", "agent.js"])``."""
    from pytest_agentchaos.plugin.children import make

    yield from make(pytestconfig)


@pytest.fixture(scope="session")
def agentchaos_session_processes(pytestconfig: pytest.Config) -> Iterator[Processes]:
    """The same for processes that serve all tests of the session."""
    from pytest_agentchaos.plugin.children import make

    yield from make(pytestconfig)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """With --agentchaos-check-determinism, run the test once before it is run for the record."""
    _running.append(item)
    try:
        _rehearse(item)
        return (yield)
    finally:
        _running.pop()


def _rehearse(item: pytest.Item) -> None:
    if item.config.option.agentchaos_check_determinism and "agentchaos" in getattr(item, "fixturenames", ()):
        from pytest_agentchaos.plugin.determinism import rehearse

        rehearse(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """A test that passed has not passed yet: the trial must prove something."""
    yield
    chaos = item.stash.get(CHAOS, None)
    if chaos is not None:
        from pytest_agentchaos.plugin.conclusion import conclude

        conclude(item, chaos)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the record of the trial on the report, and how to repeat it under a failure."""
    report = yield
    chaos = item.stash.get(CHAOS, None)
    if chaos is not None:
        from pytest_agentchaos.plugin.record import annotate

        annotate(report, item, chaos)
        if call.when == "teardown":
            # The session keeps its items to the end; a history for each of them would fill the memory.
            del item.stash[CHAOS]
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Trials, faults fired and verdicts; nothing in a session without trials."""
    if terminalreporter.verbosity < -1 or terminalreporter.no_summary:
        return
    everything = (report for kind in terminalreporter.stats.values() for report in kind)
    reports = [report for report in everything if getattr(report, "agentchaos", None) is not None]
    if reports:
        from pytest_agentchaos.plugin.summary import write_summary

        lost = [report for report in terminalreporter.stats.get("failed", ()) if report.when == "???"]
        write_summary(terminalreporter, reports, len(lost))
