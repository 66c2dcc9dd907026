"""``agentchaos proxy``: any HTTP agent, tool or model behind a base URL, with faults on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_agentchaos.chaos import Chaos
    from pytest_agentchaos.evidence.verdict import Verdict
    from pytest_agentchaos.plan import Plan
    from pytest_agentchaos.trial import Live, Trial
    from pytest_agentchaos.wires.chronicle import Chronicle
    from pytest_agentchaos.wires.reverse_proxy import Proxy

_HELP = """\b
COMMAND is started with OPENAI_BASE_URL, OPENAI_API_BASE, ANTHROPIC_BASE_URL and the OTLP variables set, and with
AGENTCHAOS_PROXY, or AGENTCHAOS_PROXY_NAME for an upstream with a name: where each proxy listens.

\b
Examples:
  agentchaos proxy --upstream https://api.openai.com/v1 --allow api.openai.com --fault rate_limited -- python agent.py
  agentchaos proxy --upstream http://127.0.0.1:8000 --fault 'drop_response on tool=book_* nth=1'
  agentchaos proxy --upstream air.local=http://127.0.0.1:8001 --scenario model/overloaded --history h.jsonl -- node a.js
  agentchaos proxy --upstream http://127.0.0.1:8000 --fault 'latency(seconds=2)' --for 60 --listen 127.0.0.1:9000

\b
Exit codes:
  0  it was ended, and what the scenario asks holds; with COMMAND: its exit code
  1  what the scenario asks does not hold
  2  wrong usage, an address that is taken or that nobody has allowed; nothing was started
  3  a fault never fired, or an invariant could not decide
"""
_SIGNALLED = 128
_NAMED = re.compile(r"(?:(?P<name>[^=?]*)=)?(?P<url>.*)", re.DOTALL)
"""An upstream, perhaps with a name; an address may have a query."""


class _Seconds(click.FloatRange):
    name = "seconds"


@click.command("proxy", epilog=_HELP)
@click.option(
    "--upstream", "upstreams", multiple=True, required=True, metavar="[NAME=]URL",
    help="where it leads, and the name of that in histories and selectors; repeatable",
)  # fmt: skip
@click.option("--scenario", metavar="NAME|FILE", help="faults and invariants of this scenario")
@click.option("--only", metavar="CASE", help="which trial of the scenario, if it has several")
@click.option(
    "--fault", "faults", multiple=True, metavar="FAULT", help="'latency(seconds=5) on tool=book_*'; repeatable"
)
@click.option("--seed", type=int, default=0, metavar="N", help="seed of the trial  [0]")
@click.option("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="of the first; others follow  [127.0.0.1:0]")
@click.option("--allow", multiple=True, metavar="HOST", help="faults may reach this host, a glob; repeatable")
@click.option("--allow-remote-clients", is_flag=True, help="listen where other machines can reach it")
@click.option("--for", "for_s", type=_Seconds(min=0, min_open=True), metavar="SECONDS", help="then only pass")
@click.option("--history", "history", type=click.Path(dir_okay=False), metavar="FILE", help="write down what passed")
@click.option("--json", "as_json", is_flag=True, help="print each thing as one JSON line")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND ...]")
def command(command: tuple[str, ...], *, as_json: bool, **asked: Any) -> None:
    """Stand between clients and an upstream; one trial, with the faults of a scenario or of --fault.

    It listens on this machine only and leads nowhere else, unless told. SIGTERM and Ctrl-C end it.
    """
    from pytest_agentchaos.errors import AgentChaosError

    say = _Saying(as_json=as_json, err=bool(command))
    with ExitStack() as stack:
        try:
            standing = _Standing(stack, asked, has_command=bool(command))
        except AgentChaosError as error:
            raise click.UsageError(str(error)) from None
        say.listening(standing.proxies)
        code = _wait(standing, command, say)
        standing.heal()
        say.result(standing)
    raise SystemExit(1 if standing.failed else code or (3 if standing.is_open else 0))


class _Standing:
    """The proxies, and the trial around them."""

    def __init__(self, stack: ExitStack, asked: Mapping[str, Any], *, has_command: bool) -> None:
        from pytest_agentchaos.chaos import Chaos
        from pytest_agentchaos.cli.injecting import plan_of, rule_of

        rules = [rule_of(text) for text in asked["faults"]]
        self._plan: Plan | None = None
        if asked["scenario"] is not None:
            self._plan = plan_of(asked["scenario"], only=asked["only"], seed=asked["seed"])
        self.chaos: Chaos = Chaos(seed=asked["seed"] if self._plan is None else self._plan.seed)
        for rule in [*(self._plan.schedule if self._plan is not None else ()), *rules]:
            self.chaos.trial.inject(rule)
        if self._plan is not None and self._plan.effects:
            self.chaos.effect(*self._plan.effects)
        self.for_s: float | None = asked["for_s"]
        self._history = _writable(asked["history"])
        self.verdicts: tuple[Verdict, ...] = ()
        self.proxies = {name: stack.enter_context(proxy) for name, proxy in _proxies(asked)}
        self._live = ExitStack()
        self._is_recorded = has_command or bool(self.chaos.trial.schedule) or self._history is not None
        if self._is_recorded:
            self._chronicle = self._begun(self.chaos.trial)
            stack.callback(self._chronicle.close)
            live = self._live.enter_context(self.chaos.live())
            stack.callback(self._live.close)
            self.environment = _addresses(self.proxies) | (_telemetry(live) if has_command else {})

    def heal(self) -> None:
        """The trial is over: from here on everything passes."""
        from pytest_agentchaos import usual
        from pytest_agentchaos.errors import AgentChaosError
        from pytest_agentchaos.evidence.verdict import Verdict
        from pytest_agentchaos.invariants.base import judge

        trial = self.chaos.trial
        if not self._is_recorded or trial.outcome is not None:
            return
        self._chronicle.recall()
        with suppress(AgentChaosError):  # the trial keeps it, and it is said in the end
            self._live.close()
        asked = () if self._plan is None else usual.asked(self._plan.invariants, trial)
        if self._chronicle.is_recalled:
            self.verdicts = tuple(judge(one, trial.history) for one in asked)
        else:
            self.verdicts = tuple(Verdict(one.name, "unknown", "a part of the history is lost") for one in asked)
        self._chronicle.close()

    def _begun(self, trial: Trial) -> Chronicle:
        from pytest_agentchaos.wires.chronicle import Chronicle

        is_asked = self._plan is not None  # a scenario asks something in the end, be it the usual
        return Chronicle(trial.engine, self._history, followers=[trial.declared.learn], is_asked=is_asked)

    @property
    def failed(self) -> bool:
        """Whether something does not hold."""
        return any(verdict.status == "fail" for verdict in self.verdicts)

    @property
    def is_open(self) -> bool:
        """Whether the trial proves less than was asked."""
        tallies = self.chaos.trial.engine.tallies
        return any(not verdict.passed for verdict in self.verdicts) or any(not tally.fired for tally in tallies)


class _Saying:
    """What is said, in words or as JSON; beside a command, standard output is the command's."""

    def __init__(self, *, as_json: bool, err: bool) -> None:
        self._as_json = as_json
        self._err = err

    def __call__(self, words: str, data: Mapping[str, Any], *more: str) -> None:
        from pytest_agentchaos.evidence.printable import printable

        lines = [printable(line, 1_000) for line in (words, *more)]
        click.echo(json.dumps(data, allow_nan=False) if self._as_json else "\n".join(lines), err=self._err)

    def listening(self, proxies: Mapping[str, Proxy]) -> None:
        """Where."""
        for proxy in proxies.values():
            data = {"listening": proxy.url, "upstream": proxy.upstream, "name": proxy.origin}
            self(f"listening on {proxy.url} -> {proxy.upstream}", data)

    def result(self, standing: _Standing) -> None:
        """What became of each fault, and of what was asked."""
        from pytest_agentchaos.unfired import why_unfired

        trial = standing.chaos.trial
        requests = sum(proxy.requests for proxy in standing.proxies.values())
        self(f"requests: {requests}", {"requests": requests, "calls": trial.history.begun})
        for tally in trial.engine.tallies:
            told = {"rule": str(tally.rule), "matched": tally.matched, "fired": tally.fired}
            self(f"fired {tally.fired} of {tally.matched}: {tally.rule}", told)
        if unfired := [tally for tally in trial.engine.tallies if not tally.fired]:
            why = why_unfired(unfired, trial.history)
            self("never fired:", {"never_fired": why}, *why)
        for verdict in standing.verdicts:
            told = {"invariant": verdict.invariant, "status": verdict.status, "reason": verdict.reason}
            self(f"{verdict.status:8} {verdict.invariant}: {verdict.reason}", told)
        for problem in trial.engine.problems:
            self(f"problem: {problem}", {"problem": str(problem)})


def _proxies(asked: Mapping[str, Any]) -> list[tuple[str, Proxy]]:
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.targets import is_loopback
    from pytest_agentchaos.wires.reverse_proxy import Proxy

    host, _, port = asked["listen"].rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        msg = f"--listen {asked['listen']!r}: write HOST:PORT, for example 127.0.0.1:9000; port 0 is one that is free"
        raise UsageError(msg)
    if not is_loopback(host) and not asked["allow_remote_clients"]:
        msg = f"--listen {host}: other machines could reach the upstream through it; say --allow-remote-clients"
        raise UsageError(msg)
    made: list[tuple[str, Proxy]] = []
    for number, text in enumerate(asked["upstreams"]):
        found = _NAMED.fullmatch(text)
        assert found is not None  # noqa: S101 - it matches anything
        name, url = found.groups("")
        called = (name if "://" in name else f"http://{name}") if name else None
        at = int(port) and int(port) + number
        made.append((name or f"#{number}", Proxy(url, name=called, allow=asked["allow"], host=host, port=at)))
    if len(dict(made)) < len(made):
        msg = "--upstream: two of them have the same name; each needs one of its own"
        raise UsageError(msg)
    return made


def _writable(history: str | None) -> Path | None:
    """Told before anything passes: what passed cannot be asked for again."""
    from pytest_agentchaos.errors import UsageError

    if history is None:
        return None
    try:
        with Path(history).open("ab"):
            return Path(history)
    except OSError as error:
        msg = f"--history {history}: nothing can be written there: {error.strerror}"
        raise UsageError(msg) from None


def _telemetry(live: Live) -> dict[str, str]:
    """Where a command sends its spans, if what reads them is installed."""
    from pytest_agentchaos.errors import UsageError

    try:
        return live.receiver().environment()
    except UsageError as error:
        click.echo(f"spans of the command are not taken: {error}", err=True)
        return {}


def _addresses(proxies: Mapping[str, Proxy]) -> dict[str, str]:
    """Where a command finds the proxies; the first is taken for the model's."""
    told: dict[str, str] = {}
    for name, proxy in reversed([*proxies.items()]):
        told |= {**proxy.environment(), "AGENTCHAOS_PROXY": proxy.url}
        if not name.startswith("#"):
            told["AGENTCHAOS_PROXY_" + "".join(one if one.isalnum() else "_" for one in name).upper()] = proxy.url
    return told


def _wait(standing: _Standing, command: Sequence[str], say: _Saying) -> int:
    """Until the command ends, or a signal comes; an exit code."""
    over = threading.Event()
    child: subprocess.Popen[bytes] | None = None

    def end(number: int, _: object) -> None:
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGKILL if over.is_set() else number)
        over.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        if command:
            child = _started(command, standing.environment)
        ended = over.wait if child is None else partial(_ended, child)
        if standing.for_s is not None and not ended(standing.for_s):
            standing.heal()
            say("healed: from here on everything passes", {"healed": True})
        ended(None)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    if child is None:
        return 0
    return child.returncode if child.returncode >= 0 else _SIGNALLED - child.returncode


def _started(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    from pytest_agentchaos import watchdog
    from pytest_agentchaos.watchdog.guard import VARIABLE

    # Without the proxy its addresses lead nowhere: killed like this one, or left to itself, it ends as well.
    marked = {VARIABLE: watchdog.current().mark()} if os.name == "posix" else {}
    try:
        return subprocess.Popen(command, env={**os.environ, **environment, **marked})  # noqa: S603 - the user's own
    except OSError as error:
        msg = f"{command[0]}: it cannot be started: {error.strerror}"
        raise click.UsageError(msg) from None


def _ended(child: subprocess.Popen[bytes], seconds: float | None) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
