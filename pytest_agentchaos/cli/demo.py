"""``agentchaos demo``: the bundled agent under every fault."""

from __future__ import annotations

import click


@click.command("demo")
@click.option("--weaken", metavar="NAME", help="switch one safeguard of the agent off")
@click.option("--seed", default=0, show_default=True, help="seed of all trials")
def command(weaken: str | None, seed: int) -> None:
    """Run the bundled agent under every fault and show what became of its one trip."""
    from pytest_agentchaos.demo.show import show

    raise SystemExit(show(weaken=weaken, seed=seed, echo=click.echo))
