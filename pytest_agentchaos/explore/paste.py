"""What a person pastes: into a shell to see a failure again, into a folder to keep it as a scenario, into a test."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.explore.shown import LONG, call
from pytest_agentchaos.observation import Seen
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.scenario import written
from pytest_agentchaos.schedule import Schedule, on, rule

_NO_WORD = re.compile(r"[^a-z0-9]+")
_NAME = 80


def quoted(file: Path) -> str:
    """For a shell."""
    return shlex.quote(str(file))


def injections(schedule: Schedule) -> list[str]:
    """Lines for a test, which inject the same."""
    return [f"agentchaos.inject({one.fault}, {one.selector})" for one in schedule]


def in_words(schedule: Schedule, seen: Sequence[Seen]) -> Schedule:
    """The same calls by what they are, and which of those: it survives changed arguments, which a site does not."""
    counted: Counter[tuple[str, ...]] = Counter()
    words = {}
    for one in seen:
        _, kind, *middle, _, _ = one.site.split("|")
        target, name = middle[0], "|".join(middle[1:])
        counted[kind, target, name] += 1
        which = {"name": _literally(name), "target": _literally(target), "nth": counted[kind, target, name]}
        words[one.site] = on.any(kind=kind, **{key: value for key, value in which.items() if value})
    return tuple(rule(one.fault, words.get(str(one.selector.site), one.selector)) for one in schedule)


def scenario_name(invariant: str, schedule: Schedule) -> str:
    """A name for a file: what it breaks, where, by which faults."""
    at = str(schedule[-1].selector.site).split("|")[3]
    words = [invariant.partition("(")[0], at, "by", *(one.fault.name for one in schedule)]
    return _NO_WORD.sub("-", "-".join(words).lower()).strip("-")[:_NAME]


def scenario(plan: Plan, *, name: str, summary: str, sites: Sequence[str]) -> str:
    """A scenario file."""
    notes = ["Found by an exploration. It fails today, and holds once the system is mended."]
    if not plan.system.has_address:
        notes.append("The system was a function without an address: name one that others can import.")
    notes += [f"Fault {number} strikes {call(site)}." for number, site in enumerate(sites, 1)]
    return "".join(f"# {note}\n" for note in notes) + written(plan, name=name, summary=printable(summary, LONG))


def _literally(name: str) -> str:
    """As a glob that matches nothing else."""
    return re.sub(r"([*?[])", r"[\1]", name)
