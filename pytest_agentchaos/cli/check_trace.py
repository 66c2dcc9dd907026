"""``agentchaos check-trace``: invariants over exported spans."""

from __future__ import annotations

import json
import sys

import click

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


@click.command("check-trace", epilog=_CHECK_TRACE)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK", help="a check in place of the usual ones; repeatable"
)
@click.option("--at-most", "limits", multiple=True, metavar="METRIC=N", help='short for --check "at_most(METRIC, N)"')
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="most spans of one trace that is judged  [50000]"
)
def command(
    *, files: tuple[str, ...], checks: tuple[str, ...], limits: tuple[str, ...], as_json: bool, limit: int | None
) -> None:
    """Judge traces that were exported: OTLP, as JSON or protobuf, also compressed by gzip.

    Spans of one trace may stand anywhere in all files. Without --check it is judged whether each trace is complete,
    has an end, makes progress and tells no secrets; among checks that are asked for, the word "default" stands for
    these. What depends on arguments or results that the spans do not record is unknown.
    """
    from pytest_agentchaos import check_trace as checking
    from pytest_agentchaos.check_trace.table import lines
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.printable import printable

    asked = [*checks, *(f"at_most({', '.join(limit.split('=', 1))})" for limit in limits)] or checking.DEFAULT
    waiting = Waiting(sys.stderr)
    try:
        report = checking.check(files, asked, limit=limit or checking.LIMIT, progress=waiting)
    except UsageError as error:
        raise click.UsageError(printable(str(error), 1_000)) from None
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
