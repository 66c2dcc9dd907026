"""Names that a shell can complete: those of faults and of scenarios; and files, where they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def faults(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """``dr`` -> ``drop_request``, ``drop_response``."""
    from pytest_agentchaos.faults.registry import registered

    del ctx, param
    return [name for name in sorted(registered()) if name.startswith(incomplete)]


def fault_lists(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The same for the last of several, and families beside them: ``delivery,tool_f``."""
    from pytest_agentchaos.faults.listing import FAMILIES

    before, comma, last = incomplete.rpartition(",")
    names = [*(name for name in FAMILIES if name.startswith(last)), *faults(ctx, param, last)]
    return [f"{before}{comma}{name}" for name in names]


def scenarios(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Those of the catalogue and of ``scenarios/`` here; before a slash stands only their family."""
    from pytest_agentchaos.scenario.catalogue import FOLDER, names, shipped

    del ctx, param
    own = Path(FOLDER)
    known = names(shipped()) | (names(own) if own.is_dir() else {})
    whole = [name for name in known if name.startswith(incomplete)]
    families = sorted({name.partition("/")[0] + "/" for name in whole if "/" in name})
    return whole if "/" in incomplete or len(families) == 1 else families


def scenarios_and_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """What can be run. Shells offer files where no name fits."""
    from click.shell_completion import CompletionItem

    found = [name for name in ("catalogue",) if name.startswith(incomplete)] + scenarios(ctx, param, incomplete)
    return [CompletionItem("", type="file"), *(CompletionItem(name) for name in found)]


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Only files, for an argument that can be something else as well."""
    from click.shell_completion import CompletionItem

    del ctx, param
    return [CompletionItem(incomplete, type="file")]
