"""``agentchaos schema``: what an editor needs to help with scenario files."""

from __future__ import annotations

import json

import click

_EXAMPLES = """\b
Examples:
  agentchaos schema > scenario.schema.json

\b
Exit codes:
  0  it was printed
  2  wrong usage
"""


@click.command("schema", epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="what it does anyway")
def command(*, as_json: bool) -> None:
    """Print the JSON Schema of scenario files, with all faults and invariants that are installed here.

    An editor finds it by the first line of a file: # yaml-language-server: $schema=scenario.schema.json
    """
    from pytest_agentchaos.scenario import schema

    del as_json
    click.echo(json.dumps(schema(), indent=2, allow_nan=False))
