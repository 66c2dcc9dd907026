"""``agentchaos gate``: may these results ship?"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_agentchaos.evidence.decision import Decision
    from pytest_agentchaos.gating.policy import Policy

INVALID = 3
_LINE = 1_000
_HELP = """\b
POLICY is a file, or the name of a shipped one: canary, nightly, pull-request.
RESULTS are folders or files of results; those of several shards count as one.

\b
Examples:
  agentchaos gate pull-request reports/run
  agentchaos gate canary reports/candidate --baseline reports/production
  agentchaos gate our-policy.yaml shard-1 shard-2 --json --out decision.json
  agentchaos gate nightly reports/nightly --at 2026-11-20T06:00Z --explain
  agentchaos gate canary --emit argo > gate.yaml

\b
Exit codes:
  0  promote: every rule that decides holds
  1  rollback: a rule fails, beyond chance
  2  hold: not enough is known yet; the output says how many more runs would decide
  3  invalid: the results cannot decide anything, or the policy or the command is wrong
"""


class Gate(click.Command):
    """A command of which exit code 2 means "hold" and 1 means "rollback": mistakes and defects are neither."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Parse; wrong usage is invalid."""
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.ClickException as error:
            error.exit_code = INVALID  # type: ignore[misc]  # of this one only
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run; whatever goes wrong, nothing is promoted, rolled back or held."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.exit_code = INVALID  # type: ignore[misc]  # of this one only
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            raise SystemExit(130) from None  # as a shell has it
        except Exception as error:
            import traceback

            traceback.print_exc()
            click.echo(
                f"Error: the gate itself failed ({type(error).__name__}); this is a defect, please report it", err=True
            )
            raise SystemExit(INVALID) from error


class _Moment(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write for example 2026-11-20T06:00Z", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.command("gate", cls=Gate, epilog=_HELP)
@click.argument("policy", metavar="POLICY")
@click.argument("results", nargs=-1, metavar="RESULTS...", type=click.Path())
@click.option(
    "--baseline",
    multiple=True,
    metavar="DIR",
    type=click.Path(),
    help="results of the version in production; repeatable",
)
@click.option("--at", type=_Moment(), metavar="TIME", help="judge ages and waivers as of this moment  [now]")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="write the decision there as JSON, too")
@click.option("--explain", is_flag=True, help="tell every part of every rule, and how it was judged")
@click.option(
    "--emit",
    metavar="TARGET",
    type=click.Choice(("argo", "flagger", "github")),
    help="decide nothing; print what asks this gate: manifests for argo or flagger, a workflow for github",
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *,
    policy: str,
    results: tuple[str, ...],
    baseline: tuple[str, ...],
    at: datetime | None,
    out: str | None,
    explain: bool,
    emit: str | None,
    as_json: bool,
) -> None:
    """Decide by a policy whether results may ship: promote, rollback, hold or invalid.

    Each rule compares a bound with its limit: it passes only if even the pessimistic bound keeps it, fails only if even
    the optimistic one breaks it, and else waits for more runs. Nothing is run.
    """
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.decision import Decision
    from pytest_agentchaos.evidence.printable import printable

    if emit is not None:
        given = {"RESULTS": results, "--baseline": baseline, "--out": out, "--at": at, "--json": as_json}
        _emitted(emit, policy, [name for name, value in given.items() if value])
        return
    if not results:
        msg = "Missing argument 'RESULTS...'"
        raise click.UsageError(msg)
    read: Policy | None = None
    try:
        read, decision = _decided(policy, results, baseline, at or datetime.now(UTC))
    except UsageError as error:
        click.echo("\n".join(printable(line, _LINE) for line in str(error).splitlines()), err=True)
        decision = Decision("invalid", printable(str(error).partition("\n")[0], _LINE))
    if out is not None:
        _written(decision, Path(out))
    try:
        _print(decision, read, as_json=as_json, explain=explain)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(decision.exit_code)


def _decided(policy: str, results: Iterable[str], baseline: tuple[str, ...], at: datetime) -> tuple[Policy, Decision]:
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.evidence.gathered import gather
    from pytest_agentchaos.gating import decide
    from pytest_agentchaos.gating.policy import load

    waiting, collects = Waiting(sys.stderr), gc.isenabled()
    gc.disable()  # rows have no cycles, and to look for some among 100,000 of them takes a tenth of the time
    try:
        read = load(policy)
        candidate = gather(results)
        waiting("the candidate's results are read", 1, 0)
        other = gather(baseline) if baseline else None
        waiting("the baseline's results are read", 1, 0)
        return read, decide(read, candidate, other, at=at)
    finally:
        waiting.over()
        if collects:
            gc.enable()


def _emitted(target: str, policy: str, given: list[str]) -> None:
    """Print what asks this gate, if it is one."""
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.gating.emit import emit
    from pytest_agentchaos.gating.policy import load

    if given:
        msg = f"--emit decides nothing, so that {given[0]} means nothing beside it; leave it out"
        raise click.UsageError(msg)
    try:
        click.echo(emit(target, policy, compares=load(policy).compares), nl=False)
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _print(decision: Decision, policy: Policy | None, *, as_json: bool, explain: bool) -> None:
    if as_json:
        click.echo(decision.to_json())
    elif policy is not None:
        from pytest_agentchaos.gating.shown import lines

        echo(lines(decision, policy, explain=explain))


def echo(lines: Iterable[str]) -> None:
    """Lines, as the terminal can show them: what a system says can be meant for whoever reads it."""
    from pytest_agentchaos.evidence.printable import printable

    encoding = sys.stdout.encoding or "ascii"
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        text = " " * indent + printable(line[indent:], _LINE)
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding))


def _written(decision: Decision, path: Path) -> None:
    try:
        path.write_text(decision.to_json() + "\n", encoding="utf-8")
    except OSError as error:
        msg = f"{path}: the decision cannot be written: {error.strerror or error}"
        raise click.ClickException(msg) from error
