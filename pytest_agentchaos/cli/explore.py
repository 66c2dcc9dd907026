"""``agentchaos explore``: every fault at every call of a journey, alone and together."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

from pytest_agentchaos.cli import names, results

_EXAMPLES = """\b
Examples:
  agentchaos explore my_project.chaos:trip
  agentchaos explore my_project.chaos:trip --depth 2 -j 2 --out reports/explored
  agentchaos explore my_project.chaos:trip --faults delivery,tool_failure --on "tool=book_*" --on model
  agentchaos explore my_project.chaos:trip --check no_duplicate_effect --check "at_most(steps, 40)" --budget 5m

\b
Exit codes:
  0  everything holds, in all that can be reached
  1  something is violated
  2  wrong usage, or the system fails without any fault
  3  nothing is violated, but something is unknown, or was left out by a budget
"""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_UNITS_S = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        told = _DURATION.fullmatch(str(value))
        if told is None or not float(told[1]):
            self.fail(f"{value!r} is no duration above 0; write 60s, 5m or 1h", param, ctx)
        return float(told[1]) * _UNITS_S[told[2]]


@click.command("explore", epilog=_EXAMPLES)
@click.argument("system", metavar="SYSTEM")
@click.option("--journey", metavar="NAME", help="the journey, as the system knows it  [its first one]")
@click.option("--depth", type=click.IntRange(min=1), default=1, metavar="N", help="most faults in one trial  [1]")
@click.option(
    "--faults", metavar="NAME,...", shell_complete=names.fault_lists, help="only these faults, by name or family  [all]"
)
@click.option(
    "--on", multiple=True, metavar="KIND[=GLOB]", help="only these calls: model, tool=book_*, write; repeatable"
)
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK", help="what must hold, in place of the usual; repeatable"
)
@click.option(
    "--expect", multiple=True, metavar="WORD", help="how the journey may end: completed, degraded ...; repeatable"
)
@click.option(
    "--audit", type=click.FloatRange(0, 1), default=0.1, metavar="SHARE", help="of what is pruned, run so much  [0.1]"
)
@click.option("--seed", type=int, default=0, metavar="N", help="seed of all trials  [0]")
@click.option("--budget-trials", type=click.IntRange(min=1), metavar="N", help="at most so many trials")
@click.option("--budget", "budget_s", type=_Duration(), metavar="TIME", help="real time for all of it: 60s, 5m, 1h")
@click.option("-j", "workers", type=click.IntRange(min=1), default=1, metavar="N", help="processes  [1]")
@click.option(
    "--out",
    "folder",
    type=click.Path(),
    metavar="DIR",
    help="keep results there, go on with those that it has, and draw their page",
)
@results.options
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(system: str, *, no_report: bool, as_json: bool, **asked: Any) -> None:
    """Try every fault at every call of a journey, and say what the system survives and what was not tried.

    SYSTEM is module:factory, module:factory("argument") or the name of an entry point.
    """
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.errors import AgentChaosError
    from pytest_agentchaos.explore import explore

    waiting = Waiting(sys.stderr)
    try:
        found = explore(system, **_read(asked), progress=lambda done, of: waiting("exploring", done, of))
    except AgentChaosError as error:
        raise click.UsageError(_clean(str(error))) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that something fails
    finally:
        waiting.over()
    page = results.drawn(asked["folder"], no_report=no_report)
    if as_json:
        data = found.to_data() | {"page": None if page is None else str(page)}
        text = json.dumps(data, indent=2, allow_nan=False)
    else:
        text = "\n".join([str(found), *([] if page is None else [f"page: {results.address(page)}"])])
    encoding = sys.stdout.encoding or "ascii"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
    raise SystemExit(found.exit_code)


def _read(asked: dict[str, Any]) -> dict[str, Any]:
    """What the options say, as the function takes it."""
    from pytest_agentchaos.check_trace.asked import invariant

    if labels := dict(asked.pop("labels")):
        asked["labels"] = labels
    faults, selected, checks = asked.pop("faults"), asked.pop("on"), asked.pop("checks")
    if faults is not None:
        asked["faults"] = [name.strip() for name in faults.split(",") if name.strip()]
    return asked | {"on": [_selector(text) for text in selected], "invariants": [invariant(text) for text in checks]}


def _selector(text: str) -> Any:
    from pytest_agentchaos.errors import UnknownNameError, nearest
    from pytest_agentchaos.schedule import on

    kinds = ("agent", "any", "http", "model", "read", "rpc", "tool", "write")
    kind, _, glob = text.partition("=")
    if kind not in kinds:
        msg = f"--on {text!r}: {nearest(kind, kinds)}"
        raise UnknownNameError(msg)
    return getattr(on, kind)(**({"name": glob} if glob else {}))


def _clean(text: str) -> str:
    from pytest_agentchaos.evidence.printable import printable

    return "\n".join(printable(line, 1_000) for line in text.splitlines())
