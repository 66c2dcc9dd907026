"""``agentchaos run``: scenarios on a system, one line a trial."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pytest_agentchaos.cli import names, results

_EXIT_CODES = """\b
Examples:
  agentchaos run scenarios/
  agentchaos run delivery/lost-ack-twice --system my_project.chaos:trip
  agentchaos run delivery --system my_project.chaos:trip --live
  agentchaos run catalogue --system my_project.chaos:trip -j 2 --out reports/catalogue --label release=1.4

\b
Exit codes:
  0  everything held
  1  something failed, or came out otherwise in real time (--live) than in virtual time
  2  wrong usage, or a file that is no scenario; nothing was run
  3  nothing failed, but a trial proves nothing: unknown, invalid, or no proper trial
"""


@click.command("run", epilog=_EXIT_CODES)
@click.argument(
    "what", nargs=-1, required=True, metavar="FILE|FOLDER|NAME...", shell_complete=names.scenarios_and_files
)
@click.option("--system", metavar="TEXT", help="module:factory, in place of the one that each scenario names")
@click.option("--only", metavar="NAME", help="only this case, for example weekend-in-lisbon; a glob for several")
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="trials of each case")
@click.option("--seed", type=int, default=0, metavar="N", help="seed of the first trial  [0]")
@click.option("--live", is_flag=True, help="in real time, with real processes, and the same in virtual time beside it")
@click.option("-j", "workers", type=click.IntRange(min=1), default=1, metavar="N", help="processes  [1]")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="keep results there, those that it has already too, and draw their page",
)
@results.options
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *,
    what: tuple[str, ...],
    system: str | None,
    only: str | None,
    trials: int | None,
    seed: int,
    live: bool,
    workers: int,
    out: str | None,
    labels: tuple[tuple[str, str], ...],
    no_report: bool,
    as_json: bool,
) -> None:
    """Run scenarios, and say which of them hold.

    NAME is one of the catalogue (delivery/lost-ack-twice) or a family of it; "catalogue" is all of it.
    """
    from pytest_agentchaos.campaign import Campaign
    from pytest_agentchaos.cli import running
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.errors import UsageError

    waiting = Waiting(sys.stderr)
    asked = running.Asked(system, only, trials, seed, live)
    try:
        found = running.trials(what, asked, Path.cwd())
        if note := running.replaced(found, system):
            click.echo(note, err=True)
        told = running.Told()
        plans = [one.case.plan for one in found]
        with Campaign(
            out,
            workers=workers,
            progress=lambda done, of: waiting("running", done, of),
            kind="run",
            labels=dict(labels),
        ) as campaign:
            for one, result in zip(found, campaign.run(plans), strict=True):
                waiting.over()
                lines = told.add(one, result)
                if not as_json:
                    click.echo("\n".join(lines))
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that something fails
    finally:
        waiting.over()
    page = results.drawn(out, no_report=no_report)
    if as_json:
        data = told.to_data() | {"page": None if page is None else str(page)}
        click.echo(json.dumps(data, indent=2, allow_nan=False))
    else:
        click.echo("\n".join(["", *told.summary(), *([] if page is None else [f"page: {results.address(page)}"])]))
    raise SystemExit(told.exit_code)
