"""``agentchaos faults``: what there is to inject."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import click

from pytest_agentchaos.cli import names

if TYPE_CHECKING:
    from pytest_agentchaos.faults.base import Fault

_EXAMPLES = """\b
Examples:
  agentchaos faults
  agentchaos faults drop_response

\b
Exit codes:
  0  they were listed
  2  wrong usage, or there is no such fault
"""


@click.command("faults", epilog=_EXAMPLES)
@click.argument("name", required=False, shell_complete=names.faults)
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(*, name: str | None, as_json: bool) -> None:
    """List all faults, or describe one."""
    from pytest_agentchaos.errors import UnknownNameError
    from pytest_agentchaos.faults.listing import describe, listing
    from pytest_agentchaos.faults.registry import fault_class, registered

    try:
        if as_json:
            asked = [fault_class(name)] if name else list(registered().values())
            text = json.dumps({"faults": [_data(one) for one in asked]}, indent=2)
        else:
            text = "\n".join(describe(name) if name else listing())
    except UnknownNameError as error:
        raise click.UsageError(str(error)) from None
    click.echo(text)


def _data(fault: type[Fault]) -> dict[str, Any]:
    """A fault as a program reads it; its parameters in JSON Schema."""
    return {
        "name": fault.name,
        "family": fault.family,
        "about": inspect.getdoc(fault) or "",
        "acts_on": sorted(fault.kinds),
        "parameters": fault.model_json_schema().get("properties", {}),
        "needs": list(fault.needs()),
    }
