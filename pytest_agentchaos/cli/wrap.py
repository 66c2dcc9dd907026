"""``agentchaos wrap``: an MCP server's command under faults, in place of the command."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pytest_agentchaos.cli import names

if TYPE_CHECKING:
    from pytest_agentchaos.evidence.op import Op
    from pytest_agentchaos.trial import Trial
    from pytest_agentchaos.wires.mcp_stdio.wrapped import Member

_HELP = """\b
In a client's configuration, in place of {"command": "npx", "args": ["-y", "some-server"]}:
  {"command": "agentchaos",
   "args": ["wrap", "--fault", "drop_response on tool=create_*", "--", "npx", "-y", "some-server"]}

\b
Examples:
  agentchaos wrap -- python server.py
  agentchaos wrap --fault "drop_response on tool=book_* nth=1" --log wrap.log -- python server.py
  agentchaos wrap --fault "crash(of='callee', down_s=2) on tool=book" --restart -- node server.js
  agentchaos wrap --scenario delivery/lost-ack-twice --history seen.jsonl -- ./server

\b
Exit codes:
  0    the server's own exit code, whatever it is; a signal that ended the server ends the shim too
  2    wrong usage; the server was not started
  126  the command cannot be run
  127  there is no such command
"""
_NOT_FOUND, _NOT_RUN = 127, 126


@click.command("wrap", epilog=_HELP)
@click.argument("command_line", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGS]...")
@click.option(
    "--scenario", metavar="NAME|FILE", shell_complete=names.scenarios_and_files, help="inject the faults of a scenario"
)
@click.option("--only", metavar="NAME", help="only this trial of the scenario, by its name")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="TEXT",
    help='"latency(seconds=5) on tool=book_* nth=1"; repeatable',
)
@click.option("--seed", type=int, default=0, metavar="N", help="seed of all draws  [0]")
@click.option("--name", default="", metavar="NAME", help="the server's name in the history  [its script or package]")
@click.option(
    "--restart", is_flag=True,
    help="a server that a fault kills is started again behind the client's open pipe, and initialised anew",
)  # fmt: skip
@click.option("--history", type=click.Path(), metavar="FILE", help="write down every call there, while it happens")
@click.option("--log", type=click.Path(), metavar="FILE", help="tell there what fired, and whatever is odd")
@click.option("--json", "as_json", is_flag=True, help="lines of the log are JSON")
@click.option("--joined", type=click.Path(), hidden=True, help="the trial of a test: see live().wrapped(...)")
def command(  # noqa: PLR0913 - one for each option
    *,
    command_line: tuple[str, ...],
    scenario: str | None,
    only: str | None,
    faults: tuple[str, ...],
    seed: int,
    name: str,
    restart: bool,
    history: str | None,
    log: str | None,
    as_json: bool,
    joined: str | None,
) -> None:
    """Stand between an MCP client and a server that speaks over stdin and stdout.

    Messages pass as they are, but for those that faults concern. stderr is the server's, untouched; signals and exit
    codes are passed on. Without --fault and --scenario, it only writes down what passes.
    """
    from pytest_agentchaos.errors import UsageError

    if os.name != "posix":
        msg = "it needs process groups and signals as POSIX has them; on Windows run it inside of WSL"
        raise click.UsageError(msg)
    try:
        member = None if joined is None else _member(joined, name)
        trial = _trial(scenario, faults, seed, only) if member is None else _trial_of(member)
        kept = _Kept(trial, history, log, as_json=as_json, member=member)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    try:
        returncode = kept.run(command_line, name, restart=restart)
    except OSError as error:
        why = error.strerror or str(error)
        click.echo(f"agentchaos wrap: {command_line[0]}: {why}; give the server's command after --", err=True)
        raise SystemExit(_NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUN) from None
    _end_as(returncode)


class _Kept:
    """A trial around one shim, and what is kept of it."""

    def __init__(
        self, trial: Trial, history: str | None, log: str | None, *, as_json: bool, member: Member | None
    ) -> None:
        from pytest_agentchaos.errors import UsageError
        from pytest_agentchaos.wires.chronicle import Chronicle, Follower
        from pytest_agentchaos.wires.mcp_stdio.journal import Journal

        self._trial = trial
        self._member = member
        where = member.history if member is not None else Path(history) if history is not None else None
        try:
            self._journal = Journal(None if log is None else Path(log), as_json=as_json)
            followers: list[Follower] = [trial.declared.learn, self._tell_faults]
            if member is not None:
                followers.append(lambda _: member.account(trial.engine))
            is_asked = bool(trial.declared.effects) and history is not None
            self._chronicle = Chronicle(trial.engine, where, followers=followers, is_asked=is_asked)
        except OSError as error:
            msg = f"{error.filename}: {error.strerror}; give a file in a folder that is there"
            raise UsageError(msg) from None

    def run(self, words: tuple[str, ...], name: str, *, restart: bool) -> int:
        """Run the shim until its server has ended; how it has."""
        from pytest_agentchaos.errors import AgentChaosError
        from pytest_agentchaos.evidence.redaction import redact
        from pytest_agentchaos.wires.active import current
        from pytest_agentchaos.wires.mcp_stdio import Shim

        returncode = 0
        try:
            with self._trial.live():
                active = current()
                assert active is not None  # noqa: S101 - the trial is live
                keep: Any = {"journal": self._journal, "chronicle": self._chronicle}
                shim = Shim(words, active, name=name, comes_back=restart, **keep)
                self._journal.tell("begins", f"{shim.name}: {shlex.join(redact(list(words)))}")
                returncode = shim.run()
                self._chronicle.recall()
        except AgentChaosError as error:  # a defect, or a file of the user's; the client has had its answers
            self._journal.tell("defect", str(error))
        finally:
            self._chronicle.close()
            if self._member is not None:
                self._member.account(self._trial.engine, ended=True)
            self._tell_end(returncode)
            self._journal.close()
        return returncode

    def _tell_faults(self, ops: Sequence[Op]) -> None:
        calls = {op.index: op.call for op in ops if op.call is not None}
        for op in ops:
            if op.kind == "fault":
                call = calls.get(op.of, "a call that has ended") if op.of is not None else None
                self._journal.tell("fault", f"{op.data.get('fault')} on {call}")

    def _tell_end(self, returncode: int) -> None:
        for tally in self._trial.engine.tallies:
            self._journal.tell("rule", f"{tally.rule}: fired {tally.fired} of {tally.matched}")
        for line in (self._trial.unproven() or "").splitlines():
            self._journal.tell("unproven", line)
        how = f"with {returncode}" if returncode >= 0 else f"by signal {-returncode}"
        self._journal.tell("ends", f"the server has ended {how}")


def _member(folder: str, name: str) -> Member:
    from pytest_agentchaos.wires.mcp_stdio.wrapped import Member

    return Member(Path(folder), name)


def _trial(scenario: str | None, faults: tuple[str, ...], seed: int, only: str | None) -> Trial:
    from pytest_agentchaos.cli.injecting import plan_of, rule_of
    from pytest_agentchaos.trial import Trial

    plan = None if scenario is None else plan_of(scenario, only=only, seed=seed)
    rules = tuple(map(rule_of, faults))
    if plan is None:
        return Trial(rules, seed=seed)
    trial = Trial((*plan.schedule, *rules), seed=plan.seed)
    if plan.effects:
        trial.declared.effect(*plan.effects)
    return trial


def _trial_of(member: Member) -> Trial:
    """The trial of a test in another process, whose time it has."""
    from pytest_agentchaos.trial import Trial

    trial = Trial(member.schedule, seed=member.seed)
    trial.clock = trial.engine.clock = member.clock
    trial.history.mode = "live"
    if member.effects:
        trial.declared.effect(*member.effects)
    member.go_on(trial.engine)
    return trial


def _end_as(returncode: int) -> NoReturn:
    """End as the server has ended: with its exit code, or by the same signal."""
    sys.stdout.flush()
    if returncode < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # whatever has dumped its core was the server
        with suppress(OSError, ValueError):  # SIGKILL has no handler
            signal.signal(-returncode, signal.SIG_DFL)
        os.kill(os.getpid(), -returncode)
        raise SystemExit(128 - returncode)  # a signal that ends nobody
    raise SystemExit(returncode)


if __name__ == "__main__":
    command(prog_name="agentchaos wrap")
