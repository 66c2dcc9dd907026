"""The command ``agentchaos``: parses, calls, prints, exits."""

from __future__ import annotations

import click

from pytest_agentchaos import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="agentchaos")
def main() -> None:
    """Break the world around an agent system, and see what it does."""


@main.command()
@click.argument("name", required=False)
def faults(name: str | None) -> None:
    """List all faults, or describe one."""
    from pytest_agentchaos.errors import UnknownNameError
    from pytest_agentchaos.faults.listing import describe, listing

    try:
        lines = describe(name) if name else listing()
    except UnknownNameError as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n".join(lines))


@main.command()
@click.option("--weaken", metavar="NAME", help="switch one safeguard of the agent off")
@click.option("--seed", default=0, show_default=True, help="seed of all trials")
def demo(weaken: str | None, seed: int) -> None:
    """Run the bundled agent under every fault and show what became of its one trip."""
    from pytest_agentchaos.demo.show import show

    raise SystemExit(show(weaken=weaken, seed=seed, echo=click.echo))
