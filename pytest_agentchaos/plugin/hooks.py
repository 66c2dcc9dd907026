"""What pytest sees: options, fixtures and hooks, declared here and done elsewhere.

Nothing heavy is imported until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_agentchaos.plugin.fixture import AgentChaos

ENABLED: pytest.StashKey[AgentChaos] = pytest.StashKey()
MARKER = (
    "agentchaos(seed=0, trials=1): the seed of this test's trials, and how many of them to run, each with a seed and"
    " fixtures of its own"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys, all under our name."""
    group = parser.getgroup("agentchaos", "faults around agent systems")
    group.addoption("--agentchaos-seed", type=int, metavar="N", help="seed of all trials (default: ini agentchaos_seed, or 0)")
    group.addoption("--agentchaos-trials", type=int, metavar="N", help="trials of each test that uses the fixture (default: 1)")
    group.addoption(
        "--agentchaos-check-determinism",
        action="store_true",
        help="run each test that uses the fixture twice and fail it when the two histories differ",
    )
    parser.addini("agentchaos_seed", "seed of all trials", default="0")
    parser.addini("agentchaos_trials", "trials of each test that uses the fixture", default="1")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Hooks by which other plugins add faults, invariants and dialects."""
    from pytest_agentchaos.plugin import newhooks

    pluginmanager.add_hookspecs(newhooks)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and wrong options an error before anything runs."""
    config.addinivalue_line("markers", MARKER)
    for name in ("seed", "trials"):
        _setting(config, name)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let other plugins add what they have, if any of them has something."""
    hook = session.config.hook
    names = ("pytest_agentchaos_faults", "pytest_agentchaos_invariants", "pytest_agentchaos_dialects")
    if any(getattr(hook, name).get_hookimpls() for name in names):
        from pytest_agentchaos.plugin.additions import add_from_hooks

        add_from_hooks(hook)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Several trials of a test are several tests: each has fixtures of its own."""
    if "agentchaos" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("agentchaos")
        trials = (marker.kwargs if marker else {}).get("trials", _setting(metafunc.config, "trials"))
        if trials != 1:
            metafunc.parametrize("agentchaos_trial", range(trials), ids=lambda number: f"trial{number}")


@pytest.fixture
def agentchaos_trial() -> int:
    """Which of several trials this is; it is added to the seed."""
    return 0


@pytest.fixture
def agentchaos_upstreams() -> dict[str, Any]:
    """What stands behind which URL, for all tests that see this fixture: override it in a conftest."""
    return {}


@pytest.fixture
def agentchaos(
    request: pytest.FixtureRequest, agentchaos_upstreams: dict[str, Any], agentchaos_trial: int
) -> Iterator[AgentChaos]:
    """Break the world around an agent and see what it does."""
    from pytest_agentchaos.plugin.fixture import open_fixture

    seed = _setting(request.config, "seed")
    with open_fixture(request.node, seed + agentchaos_trial, agentchaos_upstreams) as chaos:
        request.node.stash[ENABLED] = chaos
        yield chaos


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """With --agentchaos-check-determinism, run the test once before it is run for the record."""
    del nextitem
    if item.config.getoption("agentchaos_check_determinism") and "agentchaos" in getattr(item, "fixturenames", ()):
        from pytest_agentchaos.plugin.determinism import rehearse

        rehearse(item)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """A test that passed has not passed yet: the trial must prove something."""
    yield
    chaos = item.stash.get(ENABLED, None)
    if chaos is not None:
        from pytest_agentchaos.plugin.conclusion import conclude

        conclude(item, chaos)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the record of the trial on the report, and how to repeat it under a failure."""
    report = yield
    chaos = item.stash.get(ENABLED, None)
    if chaos is not None and call.when == "call":
        from pytest_agentchaos.plugin.record import annotate

        annotate(report, item, chaos)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Trials, faults fired and verdicts; nothing in a session without trials."""
    reports = [
        report
        for kind in ("passed", "failed", "xfailed", "xpassed", "skipped")
        for report in terminalreporter.stats.get(kind, ())
        if hasattr(report, "agentchaos")
    ]
    if reports:
        from pytest_agentchaos.plugin.summary import write_summary

        write_summary(terminalreporter, [report.agentchaos for report in reports])


def _setting(config: pytest.Config, name: str) -> int:
    """An option, else the ini key of the same name; both whole numbers."""
    option = config.getoption(f"agentchaos_{name}")
    text = config.getini(f"agentchaos_{name}") if option is None else option
    try:
        number = int(text)
    except ValueError:
        msg = f"agentchaos_{name} = {text!r} in the ini file: write a whole number"
        raise pytest.UsageError(msg) from None
    if name == "trials" and number < 1:
        msg = f"agentchaos_trials = {number}: at least one trial has to be run"
        raise pytest.UsageError(msg)
    return number
