"""The command ``agentchaos``: parses, calls, prints, exits."""

from __future__ import annotations

import json
import sys

import click

from pytest_agentchaos import __version__

_CHECK_TRACE = """\b
Examples:
  agentchaos check-trace spans.json
  agentchaos check-trace spans.json.gz --check default --at-most steps=40
  agentchaos check-trace *.pb --check "at_most(tokens, 200000)" --check "correlated(by=app.request_id)"

\b
Exit codes:
  0  everything passed
  1  something failed
  2  wrong usage, or a file that is no export
  3  nothing failed, but something is unknown, or could not be read
"""


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


@main.command("check-trace", epilog=_CHECK_TRACE)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK", help="a check in place of the usual ones; repeatable"
)
@click.option("--at-most", "limits", multiple=True, metavar="METRIC=N", help='short for --check "at_most(METRIC, N)"')
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="most spans of one trace that is judged  [50000]"
)
def check_trace(
    *, files: tuple[str, ...], checks: tuple[str, ...], limits: tuple[str, ...], as_json: bool, limit: int | None
) -> None:
    """Judge traces that were exported: OTLP, as JSON or protobuf, also compressed by gzip.

    Spans of one trace may stand anywhere in all files. Without --check it is judged whether each trace is complete,
    has an end, makes progress and tells no secrets; among checks that are asked for, the word "default" stands for
    these. What depends on arguments or results that the spans do not record is unknown.
    """
    from pytest_agentchaos import check_trace as checking
    from pytest_agentchaos.check_trace.shown import shown
    from pytest_agentchaos.check_trace.table import lines
    from pytest_agentchaos.check_trace.waiting import Waiting
    from pytest_agentchaos.errors import UsageError

    asked = [*checks, *(f"at_most({', '.join(limit.split('=', 1))})" for limit in limits)] or checking.DEFAULT
    waiting = Waiting(sys.stderr)
    try:
        report = checking.check(files, asked, limit=limit or checking.LIMIT, progress=waiting)
    except UsageError as error:
        raise click.UsageError(shown(str(error), 1_000)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that something fails
    finally:
        waiting.over()
    if as_json:
        text = json.dumps(report.to_data(), indent=2, allow_nan=False)
    else:
        encoding = sys.stdout.encoding or "ascii"
        text = "\n".join(lines(report)).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text)
    raise SystemExit(report.exit_code)
