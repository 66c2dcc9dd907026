"""The catalogue: the scenarios that come with this package, and those of a project, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path

from pytest_agentchaos.errors import UnknownNameError
from pytest_agentchaos.scenario.scenario import SUFFIX

FOLDER = "scenarios"
BUNDLED = "travel"
"""The family that is about the bundled system, and means nothing for another."""


def shipped() -> Path:
    """The folder of the shipped scenarios: inside of the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / FOLDER
    return inside if inside.is_dir() else package.parent / FOLDER


def shipped_name(path: Path) -> str | None:
    """What a shipped scenario is called, which is the same on every machine; None if it is another one."""
    try:
        return path.resolve().relative_to(shipped().resolve()).as_posix().removesuffix(SUFFIX)
    except ValueError:
        return None


def files(folder: Path) -> list[Path]:
    """The scenario files of a folder and of those inside of it, in the order of their names."""
    return sorted(path for path in folder.rglob(f"*{SUFFIX}") if path.is_file())


def names(folder: Path) -> dict[str, Path]:
    """The scenarios of a folder by name: ``delivery/lost-ack``."""
    return {path.relative_to(folder).as_posix().removesuffix(SUFFIX): path for path in files(folder)}


def find(name: str, near: Iterable[Path] = ()) -> Path:
    """The file of a scenario: one of these folders' (or of their ``scenarios/``), else a shipped one."""
    asked = name.removesuffix(SUFFIX)
    places = [*(place for folder in near for place in (folder, folder / FOLDER)), shipped()]
    for place in places:
        path = place / f"{asked}{SUFFIX}"
        if path.is_file():
            return path
    known = {one for place in places if place.name == FOLDER and place.is_dir() for one in names(place)}
    msg = f"there is no scenario {name!r}; {_nearest(asked, known)}"
    raise UnknownNameError(msg)


def _nearest(asked: str, known: Collection[str]) -> str:
    """A name may be asked for without its family; all of them would fill a screen."""
    whole = {one.rpartition("/")[2]: one for one in sorted(known)} | {one: one for one in known}
    close = get_close_matches(asked, whole, n=1)
    return f"did you mean {whole[close[0]]!r}?" if close else "`agentchaos scenarios` lists those that are shipped"
