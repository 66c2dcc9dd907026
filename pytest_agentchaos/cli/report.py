"""``agentchaos report``: results as a page, a job summary, JUnit, CTRF and JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_agentchaos.evidence.decision import Decision
    from pytest_agentchaos.evidence.gathered import Gathered
    from pytest_agentchaos.reporting.folder import Written
    from pytest_agentchaos.reporting.report import Report

_REPORTS = Path("reports/report")
_LINE = 1_000

_EXAMPLES = """\b
Examples:
  agentchaos report reports/nightly
  agentchaos report shard-1 shard-2 shard-3 --out reports/all --format html,junit
  agentchaos report reports/candidate --baseline reports/release --policy pull-request
  agentchaos report reports/nightly --history history.jsonl --objective 0.95 --open

\b
Exit codes:
  0  the report was written, whatever it says: `agentchaos gate` is what decides
  2  wrong usage
  3  the results, the policy or the history cannot be used, or the report cannot be written
"""


class _Formats(click.ParamType[tuple[str, ...]]):
    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        from pytest_agentchaos.errors import nearest
        from pytest_agentchaos.reporting.folder import ALL

        if isinstance(value, tuple):
            return value
        wanted = tuple(one.strip() for one in str(value).split(",") if one.strip())
        for one in wanted:
            if one not in ALL:
                self.fail(f"{one!r} is no format; {nearest(one, ALL)}", param, ctx)
        if not wanted:
            self.fail(f"it names no format; valid: {', '.join(ALL)}", param, ctx)
        return wanted


@click.command("report", epilog=_EXAMPLES)
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...", type=click.Path())
@click.option("--out", type=click.Path(), metavar="DIR", help="write it there  [beside the results, if they are one]")
@click.option("--baseline", type=click.Path(), metavar="DIR", help="results to compare with, trial by trial")
@click.option("--policy", metavar="NAME|FILE", help="have a gate decide, and show its rules")
@click.option("--history", type=click.Path(), metavar="FILE", help="earlier runs, as `agentchaos scorecard` keeps them")
@click.option(
    "--objective", type=click.FloatRange(0, 1, min_open=True), metavar="SHARE", help="show the error budget of it"
)
@click.option("--title", default="", metavar="TEXT", help="the title  [the system]")
@click.option(
    "--format", "formats", type=_Formats(), metavar="NAME,...", help="html, json, md, junit, ctrf  [all of them]"
)
@click.option(
    "--timelines", type=click.IntRange(min=0), default=30, metavar="N", help="trials that are drawn in full  [30]"
)
@click.option("--open", "is_opened", is_flag=True, help="open the page in a browser")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *,
    results: tuple[str, ...],
    out: str | None,
    baseline: str | None,
    policy: str | None,
    history: str | None,
    objective: float | None,
    title: str,
    formats: tuple[str, ...] | None,
    timelines: int,
    is_opened: bool,
    as_json: bool,
) -> None:
    """Draw results: a page, a job summary, JUnit, CTRF, JSON.

    RESULTS are folders or files of results; those of several shards make one report, in which each trial counts once.
    Nothing is run again.
    """
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.gathered import gather
    from pytest_agentchaos.evidence.printable import printable
    from pytest_agentchaos.reporting.folder import ALL, write
    from pytest_agentchaos.reporting.making import make
    from pytest_agentchaos.reporting.making.trend import points

    wanted = formats or ALL
    if is_opened and "html" not in wanted:
        msg = "--open opens the page, and --format has no html"
        raise click.UsageError(msg)
    waiting = Waiting(sys.stderr)
    try:
        gathered = gather(results)
        before = None if baseline is None else gather([baseline])
        report = make(
            gathered,
            title=title,
            baseline=before,
            decision=None if policy is None else _decided(policy, gathered, before),
            trend=() if history is None else points(_history(history)),
            objective=objective,
            timelines=timelines if "html" in wanted else 0,
            progress=lambda done, of: waiting("reading", done, of),
        )
        written = write(report, _folder(results) if out is None else Path(out), wanted)
    except UsageError as error:
        lines = "\n".join(printable(line, _LINE) for line in str(error).splitlines())
        waiting.over()
        click.echo(f"Error: {lines}", err=True)
        raise SystemExit(3) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it
    finally:
        waiting.over()
    click.echo(json.dumps(_data(report, written), indent=2, allow_nan=False) if as_json else _text(report, written))
    if is_opened and written.page is not None:
        _open(written.page)


def _folder(results: tuple[str, ...]) -> Path:
    """Where the report of these results stands: beside them, if they are of one folder."""
    if len(results) > 1:
        return _REPORTS
    path = Path(results[0])
    return path.parent if path.is_file() else path


def _decided(policy: str, gathered: Gathered, baseline: Gathered | None) -> Decision:
    from datetime import UTC, datetime

    from pytest_agentchaos.gating import decide
    from pytest_agentchaos.gating.policy import load

    return decide(load(policy), gathered, baseline, at=datetime.now(UTC))


def _history(path: str) -> Any:
    from pytest_agentchaos.evidence import trend

    return trend.read(path)


def _text(report: Report, written: Written) -> str:
    """The verdict, what a gate says, and where it all stands."""
    from pytest_agentchaos.evidence.printable import printable

    lines = [f"{report.verdict}: {report.reason}"]
    if (decision := report.decision) is not None:
        lines.append(f"{decision.decision}: {decision.reason}")
    for one in report.clusters[:1]:
        lines += [f"see one: {one.replay}"] if one.status == "fail" and one.replay else []
    page = written.page
    lines += [f"page: {page.as_posix()}"] if page is not None else []
    others = [path.as_posix() for name, path in written.files.items() if name != "html"]
    lines += [f"also: {', '.join(others)}"] if others else []
    return "\n".join(printable(line, 8 * _LINE) for line in lines)


def _data(report: Report, written: Written) -> dict[str, Any]:
    from pytest_agentchaos.reporting.summary import summary

    files = {name: path.as_posix() for name, path in written.files.items()}
    return summary(report) | {"files": files, "beside": [path.as_posix() for path in written.beside]}


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        click.echo(f"there is no browser here; open {page} yourself", err=True)
