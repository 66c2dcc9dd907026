"""``agentchaos scenarios``: what the catalogue has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_agentchaos.cli import names as completed

if TYPE_CHECKING:
    from pytest_agentchaos.scenario import Scenario


_EXAMPLES = """\b
Examples:
  agentchaos scenarios
  agentchaos scenarios delivery/lost-ack-twice
  pytest "$(agentchaos scenarios --path)" --agentchaos-system my_project.chaos:trip

\b
Exit codes:
  0  they were listed
  2  wrong usage, or there is no such scenario
"""


@click.command("scenarios", epilog=_EXAMPLES)
@click.argument("name", required=False, shell_complete=completed.scenarios)
@click.option("--path", "only_path", is_flag=True, help="print only where it is, for example for pytest")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(*, name: str | None, only_path: bool, as_json: bool) -> None:
    """List the shipped scenarios, or show one. Run them on a system of yours: agentchaos run NAME --system ..."""
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.scenario import find, load, names, shipped

    try:
        if as_json:
            known = names(shipped()) if name is None else {name: find(name, [Path.cwd()])}
            lines = [json.dumps({"scenarios": [_data(one, path) for one, path in known.items()]}, indent=2)]
        elif name is None:
            lines = [str(shipped())] if only_path else _listed(names(shipped()))
        else:
            path = find(name, [Path.cwd()])
            lines = [str(path)] if only_path else _shown(path, load(path, resolve=False))
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n".join(lines))


def _data(name: str, path: Path) -> dict[str, Any]:
    """A scenario as a program reads it."""
    from pytest_agentchaos.scenario import load

    scenario = load(path, resolve=False)
    return {
        "name": name,
        "file": str(path),
        "summary": scenario.summary,
        "incident": scenario.incident,
        "tags": list(scenario.tags),
        "variants": [
            {
                "label": variant.label,
                "faults": [str(rule) for rule in variant.schedule],
                "invariants": [one.name for one in variant.invariants],
                "expect": list(variant.expect),
            }
            for variant in scenario.variants
        ],
    }


def _listed(known: dict[str, Path]) -> list[str]:
    from pytest_agentchaos.scenario import load

    width = max(map(len, known), default=0)
    lines: list[str] = []
    family = None
    for name, path in known.items():
        if name.partition("/")[0] != family:
            family = name.partition("/")[0]
            lines += [""] if lines else []
        lines.append(f"{name:{width}}  {load(path, resolve=False).summary}".rstrip())
    return lines or ["no scenario is shipped with this installation"]


def _shown(path: Path, scenario: Scenario) -> list[str]:
    variant = scenario.variants[0]
    lines = [scenario.name, f"  {scenario.summary}", "", f"file: {path}"]
    lines += [f"stands for: {scenario.incident}"] if scenario.incident else []
    lines += [f"tags: {', '.join(scenario.tags)}"] if scenario.tags else []
    lines += [f"variants: {', '.join(one.label for one in scenario.variants)}"] if len(scenario.variants) > 1 else []
    lines += ["faults:", *(f"  {rule}" for rule in variant.schedule)]
    asked = [one.name for one in variant.invariants] or ["the usual ones, as far as the system declares what they need"]
    lines += ["invariants:", *(f"  {name}" for name in asked)]
    return [*lines, f"may end: {', '.join(variant.expect) or 'in any way'}"]
