"""``agentchaos demo``: the bundled agents in every kind of trouble."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

_EXAMPLES = """\b
Examples:
  agentchaos demo
  agentchaos demo --weaken deadline --out /tmp/demo --open
  agentchaos demo --quick --weaken retries

\b
Exit codes:
  0  the agents with all their safeguards hold, as they should; the weakened ones may fail
  1  an agent with all its safeguards failed
  2  wrong usage, or the SDKs that the agents are made of are not installed
"""


@click.command("demo", epilog=_EXAMPLES)
@click.option("--weaken", metavar="NAME", help="the safeguard that is switched off  [idempotency; with --quick none]")
@click.option("--out", default="reports/demo", metavar="DIR", type=click.Path(file_okay=False), show_default=True,
              help="where results and pages are kept")  # fmt: skip
@click.option("--quick", is_flag=True, help="only the small agent: seconds, and no page")
@click.option("--open", "opens", is_flag=True, help="open the pages in a browser")
@click.option("--seed", default=0, show_default=True, help="seed of all trials")
@click.option("-j", "workers", type=click.IntRange(min=1), metavar="N", help="processes  [as many as cores, at most 4]")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document")
def command(  # noqa: PLR0913 - one for each option
    *, weaken: str | None, out: str, quick: bool, opens: bool, seed: int, workers: int | None, as_json: bool
) -> None:
    """Run the bundled agents in every kind of trouble, and draw the page of that.

    First a small agent that books one seat, under every fault, with its safeguards and without one. Then a travel
    system of several agents under the shipped scenarios, also with and without: two pages, the second compared with the
    first.
    """
    from pytest_agentchaos.cli.waiting import Waiting
    from pytest_agentchaos.demo.names import USUAL, weakened
    from pytest_agentchaos.demo.story import Asked, needs, quickly, tell
    from pytest_agentchaos.errors import UsageError

    waiting = Waiting(sys.stderr)

    def progress(what: str, done: int, of: int) -> None:
        if of < 0:
            waiting.over()
        else:
            waiting(what, done, of)

    echo: Callable[[str], None] = (lambda _line: None) if as_json else click.echo
    try:
        needs(travel=not quick)
        if quick:
            story = quickly(weaken, seed=seed, echo=echo)
        else:
            asked = Asked(weakened(weaken or USUAL), Path(out), seed, workers or min(os.cpu_count() or 1, 4))
            story = tell(asked, echo=echo, progress=progress)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None  # as a shell has it; 1 would say that something fails
    finally:
        waiting.over()
    if as_json:
        click.echo(json.dumps(story.to_data(), indent=2, allow_nan=False))
    if opens:
        for part in story.parts:
            click.launch(part.drawn.page.resolve().as_uri())
    raise SystemExit(story.exit_code)
