"""``agentchaos faults``: what there is to inject."""

from __future__ import annotations

import click


@click.command("faults")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List all faults, or describe one."""
    from pytest_agentchaos.errors import UnknownNameError
    from pytest_agentchaos.faults.listing import describe, listing

    try:
        lines = describe(name) if name else listing()
    except UnknownNameError as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n".join(lines))
