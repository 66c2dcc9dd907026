"""``agentchaos replay``: one saved trial again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from pytest_agentchaos.cli import names

if TYPE_CHECKING:
    from pytest_agentchaos.replay import Replayed, Saved

_HELP = """\b
WHAT is one of
  FOLDER, or a file of results     the first trial that does not hold
  FOLDER#TRIAL, FILE#TRIAL         the trial whose name begins so
  FILE:LINE                        the trial in this line
  SOMETHING.chaos.yaml             the first trial of a scenario
  '{"trial": ...}'                 a line of results, or a plan, as it is
  agentchaos:v1:...                a compact line
  -                                any of these texts, from standard input

\b
Examples:
  agentchaos replay reports/nightly
  agentchaos replay reports/nightly#3f2a --step
  agentchaos replay reports/nightly/results.jsonl:7 --without 2
  agentchaos replay reports/nightly#3f2a --system my_project.chaos:trip

\b
Exit codes:
  0  the same as recorded, and it holds
  1  the same as recorded, and it fails
  2  wrong usage, or a file that is no result
  3  it proves nothing: unknown, invalid, or there was no proper trial
  4  another history than recorded, or the same, judged otherwise

With --system, --without or --seed, and where nothing was recorded, it is not compared: 0 holds, 1 fails.
"""
_STDIN_CHARACTERS = 64_000_000
_LINE_CHARACTERS = 2_000


@click.command("replay", epilog=_HELP)
@click.argument("what", metavar="WHAT", shell_complete=names.files)
@click.option("--system", metavar="TEXT", help="run it on another system: module:factory, or an entry point")
@click.option("--without", multiple=True, type=int, metavar="N", help="leave rule N out, counted from 1; repeatable")
@click.option("--seed", type=int, metavar="N", help="another seed")
@click.option("--step", is_flag=True, help="print the timeline op by op; a terminal waits for Enter after each")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
@click.option("--save", metavar="DIR", type=click.Path(file_okay=False), help="keep result and history there")
def command(  # noqa: PLR0913 - one for each option
    *,
    what: str,
    system: str | None,
    without: tuple[int, ...],
    seed: int | None,
    step: bool,
    as_json: bool,
    save: str | None,
) -> None:
    """Run one saved trial again, and say whether it is what was recorded.

    It runs in this process, so that a debugger stops where you want it to. Whatever names the trial, only its
    system and its invariants are imported, and what that is is told first.
    """
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.replay import pasted, replay, saved

    if step and as_json:
        msg = "--step and --json exclude each other: one is for people"
        raise click.UsageError(msg)
    try:
        found = pasted(_stdin(), "standard input") if what == "-" else saved(what)
        _announce(found, system)
        again = replay(found, system=system, without=without, seed=seed)
        if save is not None:
            _save(again, save)
    except UsageError as error:
        raise click.UsageError("\n".join(map(_clean, str(error).splitlines()))) from None
    except (KeyboardInterrupt, click.Abort):
        raise SystemExit(130) from None  # as a shell has it; 1 would say that it fails
    if as_json:
        click.echo(json.dumps(again.to_data(), indent=2, allow_nan=False, ensure_ascii=True))
    else:
        _print(again, step=step)
    raise SystemExit(again.exit_code)


def _stdin() -> str:
    text = sys.stdin.read(_STDIN_CHARACTERS + 1)
    if len(text) > _STDIN_CHARACTERS:
        msg = f"standard input has more than {_STDIN_CHARACTERS:,} characters; give the file itself"
        raise click.UsageError(msg)
    return text


def _announce(found: Saved, system: str | None) -> None:
    """Importing a module runs it. Nobody sees what a compact line names, so a person is asked."""
    from pytest_agentchaos.replay.reading import imports

    named = imports(found, system)
    for one in named:
        click.echo(_clean(one), err=True)
    chosen = system is not None and len(named) == 1
    asks = found.pasted and not chosen and sys.stdin.isatty() and sys.stderr.isatty()
    if asks and not click.confirm("This was pasted, and imports and runs what is named above. Go on?", err=True):
        raise SystemExit(2)


def _save(again: Replayed, folder: str) -> None:
    from pytest_agentchaos.replay.keeping import keep

    keep(again, folder)


def _print(again: Replayed, *, step: bool) -> None:
    from pytest_agentchaos.replay.shown import lines

    if step:
        _step(again)
        click.echo()
    _echo(lines(again))


def _step(again: Replayed) -> None:
    """Op by op. Only a terminal has somebody who answers."""
    from pytest_agentchaos.replay.shown import messages

    waits = sys.stdin.isatty() and sys.stdout.isatty()
    if waits:
        click.echo("Enter: the next op; m: all of this one; g: go on to the end; q: enough")
    for op in again.performance.history:
        _echo([str(op)])
        while waits and (answer := _answer()):
            if answer == "q":
                return
            if answer == "m":
                _echo(messages(op))
            waits = answer != "g"


def _answer() -> str:
    line = sys.stdin.readline()
    return line.strip().lower()[:1] if line else "g"


def _echo(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "ascii"
    for line in lines:
        click.echo(_clean(line).encode(encoding, "backslashreplace").decode(encoding))


def _clean(line: str) -> str:
    """What a system says can be meant for the terminal of whoever reads it."""
    from pytest_agentchaos.evidence.printable import printable

    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + printable(line[indent:], _LINE_CHARACTERS)
