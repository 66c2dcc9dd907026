"""Marking: texts of agents as Markdown that shows them and obeys none of them.

Where it can be, such a text stands as code: there GitHub sees no mention, no link, no picture, no HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from pytest_agentchaos.evidence.printable import printable

_TICKS = re.compile("`+")
_MARKS = re.compile(r"[\\`*_\[\]<>&|~!#$^{}]|:(?=\S)|(?<=\bwww)\.", re.IGNORECASE)
_JOINER: Final = "\u2060"
"""Seen by nobody, and what follows an @ or a # is no name to GitHub any more."""


def plain(text: str, limit: int = 300) -> str:
    """Words within a sentence."""
    told = _MARKS.sub(lambda match: f"\\{match[0]}", printable(text, limit))
    return told.replace("@", f"@{_JOINER}").replace("\\#", f"\\#{_JOINER}")


def code(text: str, limit: int = 120) -> str:
    """A name, within a sentence or a table; a table takes ``|`` for the end of a cell even in code."""
    told = printable(text, limit).replace("|", "\u2502") or " "
    fence = "`" * (_longest(told) + 1)
    pad = " " if told[0] in "` " or told[-1] in "` " else ""
    return f"{fence}{pad}{told}{pad}{fence}"


def block(text: str, limit: int, language: str = "") -> str:
    """Lines as they are, at most so many characters of them."""
    told = text if len(text) <= limit else text[: limit - 3] + "..."
    lines = [printable(line, limit) for line in told.splitlines()]
    fence = "`" * max(3, _longest("\n".join(lines)) + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def folded(summary: str, inside: str) -> str:
    """What is shown when it is asked for. ``summary`` may be anybody's text."""
    told = escape(printable(summary, 200), quote=True)
    return f"<details><summary><code>{told}</code></summary>\n\n{inside}\n\n</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A whole table of cells that are Markdown already; ``numbers`` are the columns that stand to the right."""
    right = set(numbers)
    rule = ["---:" if place in right else "---" for place in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *rows])


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
