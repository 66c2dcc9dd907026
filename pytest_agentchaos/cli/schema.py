"""``agentchaos schema``: what an editor needs to help with scenario files."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, with all faults and invariants that are installed here.

    An editor finds it by the first line of a file: # yaml-language-server: $schema=scenario.schema.json
    """
    from pytest_agentchaos.scenario import schema

    click.echo(json.dumps(schema(), indent=2, allow_nan=False))
