"""Arrangement: what stands in the page itself, and what in files beside it, so that the page stays small enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from pytest_agentchaos.reporting.page.text import trial_name
from pytest_agentchaos.reporting.page.timeline import anchor

INDEX: Final = "index.html"
"""What the page itself is called on a disk; files beside it lead back to it."""
TRIALS: Final = "trials.html"

_TIMELINES_BYTES: Final = 600_000
"""Timelines in the page itself: about a dozen, and it still opens in a blink."""
_SECTIONS_BYTES: Final = 500_000
"""What everything but the table and the timelines is taken to need, before it is known."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A timeline as HTML."""

    trial: str
    title: str
    status: str
    why: str
    html: str

    @property
    def markup(self) -> Markup:
        """For a template: whoever drew it has escaped it."""
        return Markup(self.html)  # noqa: S704 - see above


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One way to lay it out."""

    inside: tuple[Drawn, ...]
    beside: tuple[tuple[str, tuple[Drawn, ...]], ...]
    """File by file, those that did not fit."""
    has_table: bool
    """Whether the table of all trials stands in the page itself."""

    def links(self, *, within: str = INDEX) -> dict[str, str]:
        """Of each trial with a timeline, where it is, as a link in the file ``within``."""
        places = [(INDEX, self.inside), *self.beside]
        return {
            one.trial: f"{'' if name == within else name}#{anchor(one.trial)}"
            for name, group in places
            for one in group
        }


def link(trial: str, file: str = "") -> str:
    """To a trial that has no timeline: the table shows what is known of it."""
    return f"{file}#trial-{quote(trial_name(trial))}"


def arrangements(drawn: Sequence[Drawn], table_bytes: int, limit_bytes: int) -> Iterator[Arrangement]:
    """From the most convenient to the smallest; the first that fits is taken, the last in any case."""
    room = min(_TIMELINES_BYTES, limit_bytes - table_bytes - _SECTIONS_BYTES)
    inside: list[Drawn] = []
    for one in drawn:
        room -= len(one.html.encode())
        if room < 0:
            break
        inside.append(one)
    if inside:
        yield Arrangement(tuple(inside), _files(drawn[len(inside) :], limit_bytes), has_table=True)
    beside = _files(drawn, limit_bytes)
    yield Arrangement((), beside, has_table=True)
    yield Arrangement((), beside, has_table=False)


def _files(drawn: Sequence[Drawn], limit_bytes: int) -> tuple[tuple[str, tuple[Drawn, ...]], ...]:
    """As many files as they need, each below the limit unless one timeline alone is not."""
    groups: list[list[Drawn]] = []
    room = 0
    for one in drawn:
        size = len(one.html.encode())
        if not groups or size > room:
            groups.append([])
            room = max(0, limit_bytes - _TIMELINES_BYTES)
        groups[-1].append(one)
        room -= size
    return tuple((f"timelines-{at}.html", tuple(group)) for at, group in enumerate(groups, 1))
