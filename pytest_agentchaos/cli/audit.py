"""``agentchaos audit``: is a retry of this server's tools safe?"""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pytest_agentchaos.audit import Address, Command, Report

_LINE = 600
_HELP = """\b
SERVER is the URL of an MCP server, or the command that starts one, after `--`.

\b
Examples:
  agentchaos audit -- python server.py
  agentchaos audit --env DB={sandbox}/data.db --examples examples.yaml -- python server.py
  agentchaos audit --template -- python server.py > examples.yaml
  agentchaos audit --allow-destructive delete_note --sarif audit.sarif -- python server.py
  agentchaos audit --reset "python reset.py" http://127.0.0.1:8000/mcp

\b
Exit codes:
  0  each tool is retry-safe, or only reads
  1  a tool executes twice, or says that it reads and writes
  2  wrong usage, or a server that cannot be started or spoken to: nothing was decided; or findings cannot be written
  3  nothing executes twice, but something is undecidable, or there are no tools
"""


@click.command("audit", epilog=_HELP, context_settings={"allow_interspersed_args": False})
@click.argument("server", nargs=-1, required=True, metavar="SERVER...")
@click.option("--examples", type=click.Path(), metavar="FILE", help="arguments for tools, and calls that come first")
@click.option("--template", is_flag=True, help="print a file of examples to begin with; nothing is called")
@click.option("--tool", "only", multiple=True, metavar="NAME", help="try only this one; repeatable")
@click.option(
    "--allow-destructive", "destructive", multiple=True, metavar="NAME",
    help="call this tool though it says that it destroys; * for all; repeatable",
)  # fmt: skip
@click.option("--allow-unannotated", "unannotated", is_flag=True, help="of a URL: call tools that say nothing")
@click.option("--allow", multiple=True, metavar="HOST", help="a host that is not this machine; repeatable")
@click.option("--header", multiple=True, metavar="NAME:VALUE", help="of a URL: send this with each request; repeatable")
@click.option("--reset", metavar="COMMAND", help="of a URL: what makes the server as it was, before each experiment")
@click.option("--env", multiple=True, metavar="NAME[=VALUE]", help="of a command: a variable that it gets; repeatable")
@click.option(
    "--sandbox", type=click.Path(exists=True, file_okay=False), metavar="DIR",
    help="of a command: what its folder is a copy of  [one file]",
)  # fmt: skip
@click.option(
    "--watch", multiple=True, type=click.Path(exists=True, file_okay=False), metavar="DIR",
    help="look at the files in it, too; repeatable",
)  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=20.0, metavar="S", help="for each answer  [20]")
@click.option("--seed", type=int, default=0, metavar="N", help="of the words in arguments  [0]")
@click.option("--sarif", type=click.Path(dir_okay=False), metavar="FILE", help="write the findings there as SARIF, too")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *,
    server: tuple[str, ...],
    examples: str | None,
    template: bool,
    only: tuple[str, ...],
    destructive: tuple[str, ...],
    unannotated: bool,
    allow: tuple[str, ...],
    header: tuple[str, ...],
    reset: str | None,
    env: tuple[str, ...],
    sandbox: str | None,
    watch: tuple[str, ...],
    timeout: float,
    seed: int,
    sarif: str | None,
    as_json: bool,
) -> None:
    """Find out which tools of an MCP server can be retried safely, by retrying them.

    Each tool that writes is called on fresh servers: with the answer lost, twice under one id, twice at once,
    cancelled, overtaken by a newer call, and with the server killed in between. The state afterwards is compared with
    that after one execution, and after two. Tools that say that they destroy are not called.
    """
    from pytest_agentchaos import audit as auditing
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.printable import printable

    waiting = Waiting(sys.stderr)
    try:
        if sarif is not None:
            _check(Path(sarif))
        given = auditing.Examples() if examples is None else auditing.load(Path(examples))
        folders = [Path(one).resolve() for one in watch]
        lab: Command | Address
        if re.match(r"https?://", server[0]):
            _refuse({"--env": env, "--sandbox": sandbox}, server, "a command")
            lab = auditing.Address(server[0], _headers(header), reset, allow, folders, timeout, seed, given.setup)
        else:
            _refuse(
                {"--header": header, "--reset": reset, "--allow": allow, "--allow-unannotated": unannotated},
                (),
                "a URL",
            )
            lab = auditing.Command(
                server, _environment(env), Path(sandbox) if sandbox else None, folders, timeout, seed, given.setup
            )
        if template:
            click.echo(auditing.template(auditing.tools_of(lab)))
            return
        options = auditing.Options(given, frozenset(only), frozenset(destructive), unannotated)
        report = auditing.audit(lab, options, waiting)
    except UsageError as error:
        raise click.UsageError("\n".join(printable(line, _LINE) for line in str(error).splitlines())) from None
    except click.ClickException:
        raise
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that something executes twice
    except Exception:  # noqa: BLE001 - the same of a defect
        traceback.print_exc()
        raise SystemExit(2) from None
    finally:
        waiting.over()
    _print(report, as_json=as_json)
    if sarif is not None:
        _write(report, Path(sarif))
    raise SystemExit(report.exit_code)


def _refuse(given: dict[str, object], server: tuple[str, ...], only_for: str) -> None:
    """Options that mean nothing here, and words behind a URL."""
    if wrong := [name for name, value in given.items() if value]:
        msg = f"{wrong[0]} is for {only_for}; leave it out"
        raise click.UsageError(msg)
    if len(server) > 1:
        msg = f"{server[1]!r} stands after a URL; options come before it"
        raise click.UsageError(msg)


def _headers(given: tuple[str, ...]) -> dict[str, str]:
    headers = {}
    for one in given:
        name, colon, value = one.partition(":")
        if not colon or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name) or re.search(r"[\r\n\0]", value):
            msg = f"--header {name!r}: write it as NAME:VALUE, on one line"
            raise click.UsageError(msg)
        headers[name] = value.strip()
    return headers


def _environment(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals and name not in os.environ:
            msg = f"--env {name}: there is no such variable here; set it, or write {name}=VALUE"
            raise click.UsageError(msg)
        found[name] = value if equals else os.environ[name]
    return found


def _check(path: Path) -> None:
    """Told before minutes of work, not after."""
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise _unwritten(path, error) from None


def _write(report: Report, path: Path) -> None:
    from pytest_agentchaos.audit.sarif import document

    try:
        path.write_text(json.dumps(document(report), indent=2) + "\n", encoding="utf-8")
    except OSError as error:  # a full disk: its own exit code, for 1 would say that something executes twice
        raise _unwritten(path, error) from None


def _unwritten(path: Path, error: OSError) -> click.UsageError:
    return click.UsageError(f"{path}: the findings cannot be written: {error.strerror or error}")


def _print(report: Report, *, as_json: bool) -> None:
    from pytest_agentchaos.audit.table import lines

    if as_json:
        click.echo(json.dumps(report.to_data(), indent=2))
        return
    encoding = sys.stdout.encoding or "ascii"
    click.echo("\n".join(lines(report)).encode(encoding, "backslashreplace").decode(encoding))
