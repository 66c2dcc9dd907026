"""``agentchaos completion``: what a shell needs to complete this command."""

from __future__ import annotations

import json
from typing import Final

import click

_SHELLS: Final = ("bash", "zsh", "fish")
_EXAMPLES = """\b
Examples:
  eval "$(agentchaos completion bash)"            # this shell; in ~/.bashrc each one
  eval "$(agentchaos completion zsh)"             # the same in ~/.zshrc
  agentchaos completion fish > ~/.config/fish/completions/agentchaos.fish

\b
Exit codes:
  0  it was printed
  2  wrong usage
"""


@click.command("completion", epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(*, shell: str, as_json: bool) -> None:
    """Print what makes a shell complete this command: verbs, options, files, names of faults and scenarios."""
    from click.shell_completion import get_completion_class

    from pytest_agentchaos.cli import main

    found = get_completion_class(shell)
    if found is None:
        msg = f"this version of click knows no {shell}; the shells are {', '.join(_SHELLS)}"
        raise click.UsageError(msg)
    script = found(main, {}, "agentchaos", "_AGENTCHAOS_COMPLETE").source()
    click.echo(json.dumps({"shell": shell, "script": script}, indent=2) if as_json else script)
