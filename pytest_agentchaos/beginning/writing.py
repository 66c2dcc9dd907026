"""Writing: the files of a beginning. What stands there already is never written over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pytest_agentchaos.beginning.kinds import Kind
from pytest_agentchaos.beginning.project import Project
from pytest_agentchaos.beginning.sources import OWN
from pytest_agentchaos.errors import UsageError

SYSTEM: Final = OWN.removesuffix(".py")
TEST: Final = "test_chaos.py"
SCENARIO: Final = "chaos/lost-ack.chaos.yaml"
SAFEGUARD: Final = "# the safeguard:"
"""Marks the one line of a stand-in without which its tests fail."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A file, and what is to stand in it."""

    path: Path
    name: str
    """From the root of the project."""
    text: str

    @property
    def state(self) -> Literal["new", "there", "in the way"]:
        """Whether there is nothing, exactly this, or something else."""
        try:
            return "there" if self.path.read_bytes() == self.text.encode() else "in the way"
        except FileNotFoundError:
            return "new"
        except OSError:
            return "in the way"


def plan(project: Project, kind: Kind) -> tuple[Planned, ...]:
    """What a beginning consists of: the system, a test of it, a scenario."""
    address = f"{project.address}{SYSTEM}:trip"
    told = {
        "about": kind.about,
        "address": address,
        "entries": project.entries[:1],
        "module": f"{project.package}{SYSTEM}",
        "safeguard": SAFEGUARD,
        "scenario": f"{project.tests}/{SCENARIO}",
        "system": OWN,
        "test": f"{project.tests}/{TEST}",
    }
    wanted = {OWN: f"{kind.name}.py.j2", TEST: "test.py.j2", SCENARIO: "scenario.yaml.j2"}
    files = []
    for name, template in wanted.items():
        path = project.root / project.tests / name
        files.append(Planned(path, f"{project.tests}/{name}", _filled(template, told)))
    return tuple(files)


def write(files: Iterable[Planned]) -> list[Planned]:
    """Write what is not there yet, and tell what that was. If something else is in the way, nothing is written."""
    files = list(files)
    if in_the_way := [one.name for one in files if one.state == "in the way"]:
        msg = (
            f"{', '.join(in_the_way)}: there is something else already, and nothing was written; move it away, or name"
            " another folder with --tests"
        )
        raise UsageError(msg)
    written = []
    for one in files:
        if one.state == "there":
            continue
        try:
            one.path.parent.mkdir(parents=True, exist_ok=True)
            with one.path.open("xb") as file:  # whoever was faster has it
                file.write(one.text.encode())
        except OSError as error:
            msg = f"{one.name} cannot be written: {os.strerror(error.errno) if error.errno else error}"
            raise UsageError(msg) from error
        written.append(one)
    return written


def _filled(template: str, told: Mapping[str, object]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "stand_ins"),
        autoescape=False,  # noqa: S701 - Python and YAML, no page
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(told)
