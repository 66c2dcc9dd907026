"""Results that are kept: what they are called by, and the page that is drawn beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])


class _Label(click.ParamType[tuple[str, str]]):
    name = "label"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, told = str(value).partition("=")
        if not equals or not name.strip() or not told.strip():
            self.fail(f"{value!r} is no label; write for example release=1.4", param, ctx)
        return name.strip(), told.strip()


def options(command: C) -> C:
    """``--label`` and ``--no-report``, for a verb that has ``--out``."""
    label = click.option(
        "--label", "labels", multiple=True, type=_Label(), metavar="KEY=VALUE",
        help="with --out: what the results are called by, such as release=1.4; repeatable",
    )  # fmt: skip
    report = click.option("--no-report", is_flag=True, help="with --out: draw no page")
    return label(report(command))


def drawn(folder: str | None, *, no_report: bool) -> Path | None:
    """Draw the page of a folder's results; None if there is none, or it is not wanted.

    What keeps it from being drawn is told and does not change what was found: that is written already.
    """
    if folder is None or no_report:
        return None
    from pytest_agentchaos.errors import UsageError
    from pytest_agentchaos.evidence.gathered import gather
    from pytest_agentchaos.reporting.folder import write
    from pytest_agentchaos.reporting.making import make

    try:
        write(make(gather([folder])), folder)
    except (UsageError, OSError) as error:
        click.echo(f"The results are in {folder}, and their page could not be drawn: {error}", err=True)
        return None
    return Path(folder) / "index.html"


def address(page: Path) -> str:
    """As a browser, and a terminal that one can click in, takes it."""
    return page.resolve().as_uri()
