"""Stems: a reason without what differs from run to run (numbers, keys, ids), so that a hundred seeds are one cause."""

from __future__ import annotations

import re
from typing import NamedTuple

from pytest_agentchaos.evidence.redaction import redact

_READ = 400
_TITLE = 140
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMED = re.compile(r" (?:with|and|of) (?:key|id) (?:\([^()]*\)|[^\s,;]+)")
_ID = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{4,}\b|\b[0-9a-f]{12,}\b")
_AGAIN = re.compile(r"(N \w+)(?:, \1)+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?:e[-+]?\d+)?(?![\w])")


class Stem(NamedTuple):
    """A reason as a cause."""

    key: str
    """The same for all reasons of one cause."""
    title: str
    """For people: a little more of it."""


def stem(reason: str) -> Stem:
    """What all runs have in common that fail for this reason."""
    first = reason.lstrip()[:_READ].partition("\n")[0]
    text = _NAMED.sub("", _QUOTED.sub("...", str(redact(first))))
    text = _AGAIN.sub(r"\1", _NUMBER.sub("N", _ID.sub("...", text)).strip())
    title = text.partition("; ")[0]
    return Stem(title.partition(", ")[0], title if len(title) <= _TITLE else title[: _TITLE - 3] + "...")
