"""``agentchaos scorecard``: the trend over releases and weeks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pytest_agentchaos.evidence.trend import Remembered
    from pytest_agentchaos.reporting.scorecard import Scorecard

_EXAMPLES = """\b
Examples:
  agentchaos scorecard history.jsonl --add reports/nightly --label release=1.4
  agentchaos scorecard history.jsonl --add shard-1 --add shard-2 --decision decision.json
  agentchaos scorecard history.jsonl --weekly --objective 0.95 --out reports/scorecard

\b
Exit codes:
  0  the scorecard was shown
  2  wrong usage
  3  there is nothing to show, or something that was given cannot be read or written
"""


def _labels(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    del ctx, param
    found = {}
    for one in values:
        name, is_told, value = one.partition("=")
        if not is_told or not name.strip() or not value.strip():
            msg = f"{one!r} is no label; give NAME=VALUE, for example release=1.4"
            raise click.BadParameter(msg)
        found[name.strip()] = value.strip()
    return found


@click.command("scorecard", epilog=_EXAMPLES)
@click.argument("history", metavar="HISTORY", type=click.Path(dir_okay=False))
@click.option("--add", "added", multiple=True, metavar="RESULTS", type=click.Path(), help="remember these results")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", callback=_labels, help="call what is added so")
@click.option("--at", metavar="TIME", default="", help="when it was begun, for results that do not tell; ISO 8601")
@click.option("--decision", metavar="FILE", type=click.Path(), help="what `agentchaos gate --json` said of it")
@click.option("--weekly", is_flag=True, help="one line a week (ISO weeks, UTC), not one a run")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="show the last N lines  [all]")
@click.option("--objective", type=float, metavar="SHARE", help="show the error budget at this pass rate, such as 0.95")
@click.option("--window", type=click.IntRange(min=1), default=28, metavar="DAYS", help="of the error budget  [28]")
@click.option("--out", type=click.Path(), metavar="DIR", help="write the page scorecard.html there")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *,
    history: str,
    added: tuple[str, ...],
    labels: dict[str, str],
    at: str,
    decision: str | None,
    weekly: bool,
    last: int | None,
    objective: float | None,
    window: int,
    out: str | None,
    as_json: bool,
) -> None:
    """The trend over releases and weeks.

    HISTORY is a file with one line a run; it is made when the first one is added. All RESULTS of one call are one run:
    give every shard of it. A run that stands there already is not added again.

    A change is called better or worse only if an exact test says that it is more than chance, of all lines together.
    """
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence import trend
    from pytest_agentchaos.evidence.printable import printable
    from pytest_agentchaos.reporting.scorecard import make

    if not added and (labels or at or decision):
        msg = "--label, --at and --decision tell of a run that is added; say which with --add RESULTS"
        raise click.UsageError(msg)
    if objective is not None and not 0 < objective <= 1:
        msg = f"--objective {objective}: give the share of trials that have to hold, for example 0.95"
        raise click.UsageError(msg)
    try:
        if added:
            one = _run(added, labels, at, decision)
            if not trend.add(history, one):
                click.echo(f"{history} has this run already; nothing was added", err=True)
        card = make(trend.read(history), weekly=weekly, objective=objective, window_days=window, last=last)
        page = _write(card, Path(out), Path(history).name) if out else ""
    except UsageError as error:
        click.echo(f"Error: {printable(str(error), 1_000)}", err=True)
        raise SystemExit(3) from None
    click.echo(json.dumps(card.to_data(), indent=2, allow_nan=False) if as_json else _text(card, page))


def _run(added: tuple[str, ...], labels: dict[str, str], at: str, decision: str | None) -> Remembered:
    from pytest_agentchaos.evidence import trend
    from pytest_agentchaos.evidence.gathered import gather

    return trend.remember(gather(added), labels, at=at, decision=_decision(decision) if decision else "")


def _decision(path: str) -> str:
    """The word of a gate."""
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.decision import EXIT_CODES

    try:
        told = json.loads(Path(path).read_text("utf-8"))
        word = told["decision"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        msg = f"{path} is no decision; give a file that `agentchaos gate ... --json` printed"
        raise UsageError(msg) from error
    if word not in EXIT_CODES:
        msg = f"{path}: decision {str(word)[:40]!r}; a gate says one of {', '.join(EXIT_CODES)}"
        raise UsageError(msg)
    return str(word)


def _write(card: Scorecard, folder: Path, title: str) -> str:
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.reporting.scorecard.page import page

    path = folder / "scorecard.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(page(card, title), encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise UsageError(msg) from error
    return str(path)


def _text(card: Scorecard, page: str) -> str:
    from pytest_agentchaos.reporting.scorecard.table import ASCII, BLOCKS, lines

    encoding = sys.stdout.encoding or "ascii"
    try:
        BLOCKS.encode(encoding)
        inks = BLOCKS
    except (UnicodeEncodeError, LookupError):
        inks = ASCII
    told = [*lines(card, inks), *([f"Page: {page}"] if page else [])]
    return "\n".join(told).encode(encoding, "backslashreplace").decode(encoding)
