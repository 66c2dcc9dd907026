"""The command ``agentchaos``: parses, calls, prints, exits. A verb is a module, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from pytest_agentchaos import __version__
from pytest_agentchaos.errors import nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VERBS = {
    "audit": "Find out which tools of an MCP server can be retried safely.",
    "check-trace": "Judge traces that were exported.",
    "compare": "Two campaigns, paired trial by trial: what was lost, what was won.",
    "completion": "Print what makes a shell complete this command.",
    "demo": "Bundled agents in every kind of trouble, with and without a safeguard.",
    "explore": "Try every fault at every call of a journey, and say what was not tried.",
    "faults": "List all faults, or describe one.",
    "gate": "Decide by a policy whether results may ship: promote, rollback, hold or invalid.",
    "init": "Add a first chaos test and a scenario to the project that stands here.",
    "proxy": "Stand between clients and an HTTP upstream, with faults on the way.",
    "replay": "Run one saved trial again, and say whether it is what was recorded.",
    "report": "Draw results: a page, a job summary, JUnit, CTRF, JSON.",
    "run": "Run scenarios, and say which of them hold.",
    "scenarios": "List the shipped scenarios, or show one.",
    "scorecard": "The trend over releases and weeks.",
    "schema": "Print the JSON Schema of scenario files, for editors.",
    "serve": "Answer rollout controllers on this machine, and show reports.",
    "wrap": "Stand in for the command of an MCP server, and put faults on what passes.",
}
"""Each verb, and what it does. ``check-trace`` is ``cli/check_trace.py``, which calls its command ``command``."""


BEGIN = {
    "demo": "see what it finds, on the bundled agents",
    "init": "write a first test, and run it with pytest",
    "run": "scenarios of production on your system; --out DIR draws the page",
}
"""What a newcomer needs."""


class _Verbs(click.Group):
    """Lists its verbs without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        verb: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return verb

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:  # it repeats what was typed, and CI keeps what is printed
            from pytest_agentchaos.evidence.redaction import redact

            error.message = redact(error.message)  # type: ignore[misc]  # it is read when it is shown
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no command {args[0]!r}; {nearest(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        verbs = [CompletionItem(name, help=told) for name, told in VERBS.items() if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Begin here"):
            formatter.write_dl([(f"agentchaos {name}", told) for name, told in BEGIN.items()])
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="agentchaos")
def main() -> None:
    """Break the world around an agent system, and see what it does.

    Each command has --help with examples and exit codes, and --json for programs.
    """
