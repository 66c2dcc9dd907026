"""``agentchaos compare``: two campaigns, pair by pair."""

from __future__ import annotations

import json

import click

_TOLD = 10
_HELP = """\b
BASELINE and CANDIDATE are folders or files of results. Two trials are a pair if scenario, journey, schedule and seed
are the same; only pairs that ended differently tell the two apart.

\b
Examples:
  agentchaos compare reports/production reports/candidate
  agentchaos compare before/results.jsonl after/results.jsonl --all
  agentchaos compare reports/a reports/b --json

\b
Exit codes:
  0  no worse is shown (which is not to say that it is shown to be no worse)
  1  worse, beyond chance
  2  wrong usage, or files that are no results
  3  nothing can be paired, so that nobody can know
"""


@click.command("compare", epilog=_HELP)
@click.argument("baseline", metavar="BASELINE", type=click.Path())
@click.argument("candidate", metavar="CANDIDATE", type=click.Path())
@click.option("--all", "all_", is_flag=True, help=f"tell every difference, not only {_TOLD}")
@click.option(
    "--alpha", type=click.FloatRange(0, 0.5, min_open=True, max_open=True), default=0.05, metavar="SHARE",
    help="chance of calling it worse where nothing has changed  [0.05]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(*, baseline: str, candidate: str, all_: bool, alpha: float, as_json: bool) -> None:
    """Two campaigns, paired trial by trial: what was lost, what was won, what it cost.

    The test is McNemar's, exact: how likely so many losses are among the pairs that differ, if nothing had changed.
    Each difference comes with the command that shows it again.
    """
    from pytest_agentchaos.cli.gate import echo
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.gathered import gather
    from pytest_agentchaos.evidence.printable import printable
    from pytest_agentchaos.gating.comparison import compare
    from pytest_agentchaos.gating.shown import comparison

    try:
        made = compare(gather([baseline]), gather([candidate]), alpha=alpha, limit=None if all_ else _TOLD)
    except UsageError as error:
        raise click.UsageError(printable(str(error), 1_000)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that it is worse
    if as_json:
        click.echo(json.dumps(made.to_data(), indent=2, allow_nan=False))
    else:
        echo(comparison(made))
    raise SystemExit(made.exit_code)
