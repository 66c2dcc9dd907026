"""``agentchaos init``: a first chaos test in a project that has none."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_agentchaos.beginning import Choice, Planned, Project

_EXAMPLES = """\b
Examples:
  agentchaos init
  agentchaos init services/travel --dry-run
  agentchaos init --for langgraph --tests tests/resilience

\b
Exit codes:
  0  the files are there, as they were to be written
  2  wrong usage, or another file is in the way; nothing was written
"""


def _kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from pytest_agentchaos.beginning import KINDS

    del ctx, param
    return [name for name in KINDS if name.startswith(incomplete)]


@click.command("init", epilog=_EXAMPLES)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(file_okay=False))
@click.option(
    "--for", "kind", metavar="KIND", shell_complete=_kinds, help="the stand-in's SDK, in place of what the project uses"
)
@click.option("--tests", metavar="DIR", type=click.Path(), help="the folder of tests  [found; else tests]")
@click.option("--dry-run", is_flag=True, help="say what would be written, and write nothing")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(*, folder: str, kind: str | None, tests: str | None, dry_run: bool, as_json: bool) -> None:
    """Add a first chaos test and a scenario to the project that stands here, or in DIR.

    It looks at what the project uses (openai, openai-agents, langgraph, pydantic-ai, anthropic, mcp) without running
    any of it, and writes a test, a scenario and the system that both run: a small stand-in that passes right away,
    with TODO lines where your own agent goes. Nothing is ever written over.
    """
    from pytest_agentchaos.beginning import choose, look, plan, write
    from pytest_agentchaos.errors import UsageError

    try:
        project = look(Path(folder), tests)
        choice = choose(project, kind)
        files = plan(project, choice.kind)
        written = [one for one in files if one.state == "new"] if dry_run else write(files)
        if dry_run and any(one.state == "in the way" for one in files):
            write(files)  # which refuses, and says why
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    told = _Told(project, choice, files, written, folder, dry_run)
    click.echo(json.dumps(told.to_data(), indent=2) if as_json else "\n".join(told.lines()))


@dataclass(frozen=True, slots=True)
class _Told:
    """What was done, and what comes next."""

    project: Project
    choice: Choice
    files: tuple[Planned, ...]
    written: list[Planned]
    folder: str
    dry_run: bool

    @property
    def next(self) -> list[str]:
        """Lines for a shell."""
        there = [] if Path(self.folder).resolve() == Path.cwd() else [f"cd {shlex.quote(self.folder)}"]
        _, test, scenario = (one.name for one in self.files)
        return [
            *there,
            f"pytest {test}",
            f"agentchaos run {scenario} --out reports/first",
            f"agentchaos explore {self.project.address}chaos_system:trip --out reports/explored",
        ]

    @property
    def safeguard(self) -> str:
        """Where the line stands without which the tests fail."""
        from pytest_agentchaos.beginning.writing import SAFEGUARD

        lines = self.files[0].text.splitlines()
        return f"{self.files[0].name}:{next(at for at, line in enumerate(lines, 1) if SAFEGUARD in line)}"

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "project": str(self.project.root),
            "kind": self.choice.kind.name,
            "why": self.choice.why,
            "uses": dict(self.choice.used),
            "entries": [one.address for one in self.project.entries],
            "notes": list(self.project.notes),
            "dry_run": self.dry_run,
            "written": [] if self.dry_run else [one.name for one in self.written],
            "files": {one.name: one.text for one in self.files},
            "safeguard": self.safeguard,
            "next": self.next,
        }

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"A stand-in in the style of {self.choice.kind.about}: {self.choice.why}."]
        lines += [f"{note}." for note in self.project.notes]
        what = ("the system: a stand-in, and where yours goes", "two tests of it", "a scenario of it")
        width = max(len(one.name) for one in self.files)
        verb = "would write" if self.dry_run else "wrote"
        lines += [""]
        for one, about in zip(self.files, what, strict=True):
            done = verb if one in self.written else "is there"
            lines.append(f"  {done:11}  {one.name:{width}}  {about}")
        for entry in self.project.entries[:1]:
            lines += ["", f"{entry.address} ({entry.where}) may be your agent: TODO 4 says where it goes."]
        lines += ["", "Next:", *(f"  {one}" for one in self.next)]
        return [*lines, "", f"Then delete the line {self.safeguard}, run them again, and see what they were for."]
