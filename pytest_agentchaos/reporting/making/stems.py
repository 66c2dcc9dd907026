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
_MOMENTS = re.compile(r",? at [\de.+-]+ s\b(?:(?:,| and) [\de.+-]+ s\b)*(?: \.\.\. and \d+ others?)?")
_AGAIN = re.compile(r"(N \w+)(?:, \1)+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?:e[-+]?\d+)?(?![\w])")


class Stem(NamedTuple):
    """A reason as a cause."""

    key: str
    """The same for all reasons of one cause."""
    title: str
    """For people: the reason of this run, without keys and moments."""


def stem(reason: str) -> Stem:
    """What all runs have in common that fail for this reason."""
    first = reason.lstrip()[:_READ].partition("\n")[0]
    told = _NAMED.sub("", str(redact(first)))
    title = _MOMENTS.sub("", told).partition("; ")[0].strip()
    text = _AGAIN.sub(r"\1", _NUMBER.sub("N", _ID.sub("...", _QUOTED.sub("...", told))).strip())
    key = text.partition("; ")[0].partition(", ")[0]
    return Stem(key, title if len(title) <= _TITLE else title[: _TITLE - 3] + "...")
