"""A project as it stands: what it uses, where its tests are, how they import. Read, never executed."""

from __future__ import annotations

import configparser
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.beginning import dependencies, sources
from pytest_agentchaos.beginning.dependencies import table, toml
from pytest_agentchaos.errors import UsageError

OWN_TESTS: Final = "chaos_tests"
"""Where tests go if the project's own folder of tests cannot be imported from."""
_USUAL: Final = ("tests", "test")


@dataclass(frozen=True, slots=True)
class Project:
    """What was found."""

    root: Path
    tests: str
    """The folder of tests, from the root: ``tests``."""
    package: str
    """How a test imports a neighbour: ``tests.``, or nothing."""
    declared: Mapping[str, str]
    imports: Mapping[str, str]
    entries: tuple[sources.Entry, ...]
    notes: tuple[str, ...] = ()
    """What whoever asked should know."""

    @property
    def address(self) -> str:
        """The module of a neighbour of the tests, for whoever stands in the root: ``tests.``."""
        return ".".join(Path(self.tests).parts) + "."


def look(root: Path, tests: str | None = None) -> Project:
    """Read a project. ``tests``: the folder of its tests, if it is not to be looked for."""
    if not root.is_dir():
        msg = f"{str(root)!r} is no folder; name the one in which the project stands"
        raise UsageError(msg)
    root = root.resolve()
    config = _config(root)
    folder, notes = _tests(root, config, tests)
    read = sources.read(root, root / folder)
    own = {path.stem for path in (*root.glob("*.py"), *root.glob("src/*.py"))}
    own |= {path.parent.name for path in (*root.glob("*/*.py"), *root.glob("src/*/*.py"))}
    imports = {module: where for module, where in read.imports.items() if module.partition(".")[0] not in own}
    package = _package(root, folder, config)
    return Project(root, folder, package, dependencies.declared(root), imports, read.entries, notes)


def _tests(root: Path, config: Mapping[str, Any], asked: str | None) -> tuple[str, tuple[str, ...]]:
    """The folder of tests, and what there is to say of it."""
    if asked is not None:
        folder = (root / asked).resolve()
        if not folder.is_relative_to(root) or folder == root:
            msg = f"--tests {asked!r}: that is no folder inside of {root}"
            raise UsageError(msg)
        asked = folder.relative_to(root).as_posix()
        if (why := _unfit(root, asked)) is not None:
            msg = f"--tests {asked!r}: {why}; name another folder"
            raise UsageError(msg)
        return asked, ()
    known = [one.rstrip("/") for one in _words(config.get("testpaths"))]
    found = next((one for one in (*known, *_USUAL) if one != "." and (root / one).is_dir()), _USUAL[0])
    if (why := _unfit(root, found)) is None:
        return Path(found).as_posix(), ()
    return OWN_TESTS, (f"{found}/ is left as it is: {why}",)


def _unfit(root: Path, folder: str) -> str | None:
    """Why a scenario cannot name a module there; None if it can."""
    parts = Path(folder).parts
    if Path(folder).is_absolute() or not all(part.isidentifier() for part in parts):
        return f"{folder!r} cannot be the name of a module"
    if (root / parts[0] / "__init__.py").is_file():
        return None
    elsewhere = [one for one in sys.path if one and Path(one).resolve() != root]
    spec = PathFinder.find_spec(parts[0], elsewhere)
    if spec is not None and spec.origin is not None:  # a folder without __init__.py stands behind any that has one
        return f"another package is installed under the name {parts[0]!r}"
    return None


def _package(root: Path, folder: str, config: Mapping[str, Any]) -> str:
    """How a test names its neighbour, as pytest imports it."""
    parts = Path(folder).parts
    if "--import-mode=importlib" in _words(config.get("addopts")):
        return ".".join(parts) + "."
    first = len(parts)
    while first and (root.joinpath(*parts[:first]) / "__init__.py").is_file():
        first -= 1
    return "".join(f"{part}." for part in parts[first:])


def _config(root: Path) -> Mapping[str, Any]:
    """The options of pytest, from the file that it takes: one of them, the first that has any."""
    return next((found for found in _configs(root) if found), {})


def _configs(root: Path) -> Iterator[Mapping[str, Any]]:
    for name in ("pytest.toml", ".pytest.toml"):
        yield table(toml(root / name), "pytest")
    for name in ("pytest.ini", ".pytest.ini"):
        yield _section(root / name, "pytest")
    tool = table(toml(root / "pyproject.toml"), "tool", "pytest")
    yield table(tool, "ini_options") or tool
    yield _section(root / "tox.ini", "pytest")
    yield _section(root / "setup.cfg", "tool:pytest")


def _section(path: Path, name: str) -> Mapping[str, Any]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(dependencies.text(path))
    except configparser.Error:
        return {}
    return dict(parser[name]) if parser.has_section(name) else {}


def _words(value: Any) -> list[str]:
    """An option that is a list, or the text of one."""
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
