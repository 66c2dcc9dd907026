"""The seed and the number of trials of a test: from its marker, the command line or the ini file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

KEYS: Final = ("seed", "trials")
MARKER: Final = (
    "agentchaos(scenario, seed=0, trials=1): the scenario whose faults and invariants this test has, by name, if any;"
    " the seed of its trials, and how many of them to run, each with a seed and fixtures of its own"
)


class Marked(NamedTuple):
    """What the markers of a test say."""

    seed: int = 0
    trials: int | None = None
    scenario: str | None = None


def add_options(parser: pytest.Parser) -> None:
    """Options and ini keys, all under our name."""
    group = parser.getgroup("agentchaos", "faults around agent systems")
    group.addoption(
        "--agentchaos-seed", type=int, metavar="N", help="seed of all trials (default: ini agentchaos_seed, or 0)"
    )
    group.addoption(
        "--agentchaos-trials",
        type=int,
        metavar="N",
        help="trials of each test that uses the fixture (default: ini agentchaos_trials, or 1)",
    )
    group.addoption(
        "--agentchaos-check-determinism",
        action="store_true",
        help="run each test that uses the fixture twice and fail it when the two histories differ",
    )
    group.addoption(
        "--agentchaos-system",
        metavar="TEXT",
        help="system of all scenarios, module:factory, in place of the one that each names (default: ini"
        " agentchaos_system)",
    )
    group.addoption(
        "--agentchaos-report",
        metavar="DIR",
        help="keep the results of all trials there, and draw their report (default: ini agentchaos_report)",
    )
    group.addoption(
        "--agentchaos-gate",
        metavar="POLICY",
        help="decide on the session by this policy, a file or the name of a shipped one; exit codes: 20 rollback,"
        " 21 hold, 22 invalid, and pytest's own if it promotes",
    )
    group.addoption(
        "--agentchaos-baseline", metavar="DIR", help="results that the session's are compared with, by report and gate"
    )
    parser.addini("agentchaos_report", "where results and report of all trials are kept, from where this file is")
    parser.addini("agentchaos_system", "system of all scenarios, in place of the one that each names")
    parser.addini("agentchaos_seed", "seed of all trials", type="int", default=0)
    parser.addini("agentchaos_trials", "trials of each test that uses the fixture", type="int", default=1)


def check(config: pytest.Config) -> None:
    """Make wrong settings an error before anything runs."""
    for name in KEYS:
        setting(config, name)
    if config.option.agentchaos_baseline and not keeps_results(config):
        msg = "--agentchaos-baseline needs something to be compared: give --agentchaos-report=DIR or --agentchaos-gate"
        raise pytest.UsageError(msg)


def setting(config: pytest.Config, name: str) -> int:
    """An option, else the ini key of the same name; both whole numbers."""
    number: int | None = config.getoption(f"agentchaos_{name}")
    place = f"--agentchaos-{name}={number}"
    if number is None:
        number = _from_ini(config, name)
        place = f"agentchaos_{name} = {number} in {_ini_file(config)}"
    if name == "trials" and number < 1:
        msg = f"{place}: at least one trial has to be run; write a whole number from 1 up"
        raise pytest.UsageError(msg)
    return number


def system(config: pytest.Config) -> str | None:
    """The system of all scenarios; None if each has its own."""
    return config.option.agentchaos_system or config.getini("agentchaos_system") or None


def report_folder(config: pytest.Config) -> Path | None:
    """Where results are to be kept, if anywhere: given from where pytest was started, or from the ini file."""
    if given := config.option.agentchaos_report:
        return Path(config.invocation_params.dir, given)
    written = config.getini("agentchaos_report")
    return Path(config.rootpath if config.inipath is None else config.inipath.parent, written) if written else None


def keeps_results(config: pytest.Config) -> bool:
    """Whether anybody wants them."""
    return bool(config.option.agentchaos_gate or report_folder(config))


def _from_ini(config: pytest.Config, name: str) -> int:
    try:
        number: int = config.getini(f"agentchaos_{name}")
    except (TypeError, ValueError, pytest.UsageError) as error:  # the last one since pytest 9.2
        msg = f"agentchaos_{name} in {_ini_file(config)} must be a whole number: {error}"
        raise pytest.UsageError(msg) from None
    return number


def _ini_file(config: pytest.Config) -> str:
    return str(config.inipath or "the ini file")


def marked(node: pytest.Item, error: type[Exception]) -> Marked:
    """What the markers of a test say together, the nearest one first; a wrong one raises the given error."""
    values: dict[str, Any] = {}
    for marker in node.iter_markers("agentchaos"):
        if (wrong := _wrong(marker.args, marker.kwargs)) is not None:
            shown = [*map(repr, marker.args), *(f"{key}={value!r}" for key, value in marker.kwargs.items())]
            msg = f"@pytest.mark.agentchaos({', '.join(shown)}) on {node.nodeid}: {wrong}"
            raise error(msg)
        values = {**marker.kwargs, **({"scenario": marker.args[0]} if marker.args else {}), **values}
    return Marked(**values)


def _wrong(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    from pytest_agentchaos.errors import nearest

    if args and not (len(args) == 1 and isinstance(args[0], str) and args[0]):
        return f"it takes no {args[-1]!r}; write the name of a scenario, seed=N, trials=N or some of them"
    for key, value in kwargs.items():
        if key not in KEYS:
            return f"it takes no {key!r}; {nearest(key, KEYS)}"
        if not isinstance(value, int) or isinstance(value, bool):
            return f"{key} must be a whole number"
        if key == "trials" and value < 1:
            return "at least one trial has to be run; write trials=N from 1 up"
    return None
