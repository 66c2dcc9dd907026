"""``agentchaos serve``: rollout controllers ask, people look."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pytest_agentchaos.serving import Gate

_EXAMPLES = """\b
  GET  /                    the reports of --reports, and the gates
  GET  /gate, /gate/NAME    {"result": {"decision": ...}, ...}: Argo Rollouts' web provider
  POST /flagger/TYPE        Flagger's webhooks: confirm-promotion, rollback, ...; metadata.gate names a gate
  GET  /healthz             ok

\b
Examples:
  agentchaos serve --results reports/candidate --baseline reports/production
  agentchaos serve --reports reports
  agentchaos serve --gate eu=canary,reports/eu,reports/production --gate us=canary,reports/us,reports/production
  agentchaos serve --results candidate --host 0.0.0.0 --token-file /run/secrets/agentchaos

\b
`agentchaos gate POLICY --emit argo` and `--emit flagger` print what asks it. SIGTERM and Ctrl-C end it.

\b
Exit codes:
  0  it was ended
  2  wrong usage, no such policy, a port that is taken; nothing was served
"""

_NOTHING = "there is nothing to serve; give --results DIR, --gate NAME=POLICY,RESULTS or --reports DIR"


class _Named(click.ParamType[tuple[str, str, str, str]]):
    name = "gate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, str, str]:
        found = re.fullmatch(r"([\w.-]{1,60})=([^,]+),([^,]+)(?:,([^,]+))?", str(value))
        if found is None:
            self.fail(f"{value!r} is no gate; write for example eu=canary,reports/eu,reports/production", param, ctx)
        return found[1], found[2], found[3], found[4] or ""


@click.command("serve", epilog=_EXAMPLES)
@click.option("--policy", default="canary", metavar="NAME|FILE", help="what decides  [canary]")
@click.option("--results", type=click.Path(), metavar="DIR", help="results of the candidate; they may come later")
@click.option("--baseline", type=click.Path(), metavar="DIR", help="results of the version in production")
@click.option(
    "--gate", "named", multiple=True, type=_Named(), metavar="NAME=POLICY,RESULTS[,BASELINE]",
    help="another gate, asked by its name; repeatable",
)  # fmt: skip
@click.option("--reports", type=click.Path(exists=True, file_okay=False), metavar="DIR", help="show the reports in it")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen  [127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, metavar="N", help="0: one that is free  [8765]")
@click.option(
    "--token-file", type=click.Path(), metavar="FILE",
    help="the token that each request must bear; else the variable AGENTCHAOS_TOKEN",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="print where it listens as one JSON line")
def command(  # noqa: PLR0913 - one for each option
    *,
    policy: str,
    results: str | None,
    baseline: str | None,
    named: tuple[tuple[str, str, str, str], ...],
    reports: str | None,
    host: str,
    port: int,
    token_file: str | None,
    as_json: bool,
) -> None:
    """Answer rollout controllers, and show reports.

    It listens on this machine only, unless it has a token. Results are read again when they change; nothing is run.
    """
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.serving import Server, Site, access
    from pytest_agentchaos.serving.server import ended
    from pytest_agentchaos.serving.shelf import Shelf
    from pytest_agentchaos.targets import is_loopback

    asked = [("default", policy, results, baseline or "")] if results is not None else []
    try:
        gates = _gates([*asked, *named])
        if not gates and reports is None:
            raise UsageError(_NOTHING)  # noqa: TRY301 - told like the others
        token = access.token(None if token_file is None else Path(token_file), os.environ)
        access.refuse_open(host, token)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    site = Site(gates, None if reports is None else Shelf(Path(reports)), token, is_loopback(host))
    over = ended()
    try:
        server = Server(site, _log, host=host, port=port)
    except OSError as error:
        why = error.strerror or str(error)
        msg = f"{host}:{port}: it cannot listen there: {why}; give another --port, or 0 for a free one"
        raise click.UsageError(msg) from None
    server.begin()
    told = {"url": server.url, "gates": list(gates), "reports": reports}
    click.echo(json.dumps(told) if as_json else f"listening on {server.url}")
    over.wait()
    server.end()


def _gates(asked: list[tuple[str, str, str, str]]) -> dict[str, Gate]:
    """Each has a policy that can be read; its results may still have to come."""
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.gating.policy import load
    from pytest_agentchaos.serving import Gate

    gates: dict[str, Gate] = {}
    for name, policy, results, baseline in asked:
        if name in gates:
            msg = f"two gates are called {name!r}; each needs a name of its own"
            raise UsageError(msg)
        load(policy)
        gates[name] = Gate(policy, Path(results), Path(baseline) if baseline else None)
    return gates


def _log(line: str) -> None:
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}", err=True)
