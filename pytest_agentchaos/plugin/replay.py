"""The command that runs one trial again."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pytest_agentchaos.plugin.fixture import AgentChaos

_INI_FILES: Final = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg",
)  # fmt: skip
_WITH_VALUE: Final = (
    "-p", "-c", "--config-file", "-o", "--override-ini", "-W", "--pythonwarnings", "--rootdir", "--confcutdir",
    "--import-mode", "--asyncio-mode",
)  # fmt: skip
_ATTACHED: Final = tuple(f"{name}=" if name.startswith("--") else name for name in _WITH_VALUE)
_FLAGS: Final = ("--noconftest", "--strict", "--strict-config", "--strict-markers")


def replay_line(item: pytest.Item, chaos: AgentChaos) -> str:
    """The command that runs this very trial again, from where pytest was started."""
    option = item.config.option
    words = [*_program(item.config), *_configuration(item), _address(item)]
    # The rest of the seed comes from the marker and from the number of the trial, as it did this time.
    words.append(f"--agentchaos-seed={chaos.seed - chaos.seed_offset}")
    words += [f"--agentchaos-trials={option.agentchaos_trials}"] if option.agentchaos_trials is not None else []
    words += [f"--agentchaos-system={option.agentchaos_system}"] if option.agentchaos_system else []
    words += ["--agentchaos-check-determinism"] if option.agentchaos_check_determinism else []
    hash_seed = os.environ.get("PYTHONHASHSEED")
    line = shlex.join(words)
    return f"PYTHONHASHSEED={shlex.quote(hash_seed)} {line}" if hash_seed else line


def _program(config: pytest.Config) -> list[str]:
    """``python -m pytest`` puts the directory on the import path, ``pytest`` does not."""
    started: str = getattr(config, "workerinput", {}).get("mainargv", sys.argv)[0]
    return ["python", "-m", "pytest"] if Path(started).name == "__main__.py" else ["pytest"]


def _configuration(item: pytest.Item) -> list[str]:
    """What made this configuration, as far as the test's address alone would make another one."""
    config = item.config
    words = list(_kept(list(map(str, config.invocation_params.args))))
    if config.inipath is not None and _another_ini(item, config.inipath) and not config.option.inifilename:
        words += ["-c", _from_start(config, config.inipath)]
    return words


def _kept(args: list[str]) -> Iterator[str]:
    """Options of the first command that say how tests are loaded, rather than which are run or how they are shown."""
    for number, word in enumerate(args):
        if word in _WITH_VALUE:
            yield from args[number : number + 2]
        elif word in _FLAGS or word.startswith(_ATTACHED):
            yield word


def _another_ini(item: pytest.Item, inipath: Path) -> bool:
    """Whether pytest, when started for this file alone, would find an ini file that is nearer to it."""
    nearer = _between(item.path.parent, inipath.parent)
    return any((folder / name).is_file() for folder in nearer for name in _INI_FILES)


def _between(inner: Path, outer: Path) -> Iterator[Path]:
    for folder in (inner, *inner.parents):
        if folder == outer:
            return
        yield folder


def _address(item: pytest.Item) -> str:
    """The node id, from where pytest was started, and without what xdist appends to it."""
    chain = item.listchain()
    file = next(number for number, node in enumerate(chain) if isinstance(node, pytest.File))
    return "::".join([_from_start(item.config, chain[file].path), *(node.name for node in chain[file + 1 :])])


def _from_start(config: pytest.Config, path: Path) -> str:
    return Path(os.path.relpath(path, config.invocation_params.dir)).as_posix()
