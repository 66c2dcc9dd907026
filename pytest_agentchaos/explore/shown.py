"""Calls in words, as a report of an exploration prints them."""

from __future__ import annotations

from pytest_agentchaos.evidence.printable import printable

LONG = 300
"""Characters of a reason."""


def call(site: str) -> str:
    """A site in words: ``book_hotel at hotels.local/mcp, by hotels, attempt 2``."""
    agent, kind, *middle, _, attempt = site.split("|")
    target, name = middle[0], "|".join(middle[1:])
    what = f"{name} ({kind}) at {target}" if target else f"{name} ({kind})"
    by = f", by {agent}" if agent else ""
    return printable(f"{what}{by}{'' if attempt == '1' else f', attempt {attempt}'}", 120)


def short_call(site: str) -> str:
    """The same for a table."""
    agent, _, target, *name, _, attempt = site.split("|")
    text = f"{agent}: " if agent else ""
    return printable(f"{text}{'|'.join(name) or target}{'' if attempt == '1' else f' #{attempt}'}", 60)
