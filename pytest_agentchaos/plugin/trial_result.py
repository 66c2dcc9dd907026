"""What is kept of a test: its trial as a result, such as a campaign keeps."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from typing import Any, Final, NamedTuple

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.figures.measures import measure
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import HISTORIES
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.plugin import settings
from pytest_agentchaos.plugin.fixture import AgentChaos
from pytest_agentchaos.plugin.replay import replay_line
from pytest_agentchaos.plugin.scenario_file import ScenarioTrial
from pytest_agentchaos.plugin.status import Standing
from pytest_agentchaos.schedule import schedule_to_data

LIMIT_BYTES: Final = 2_000_000
"""A history that is larger when it is packed stays where it was made: all of them cross to one process."""
_UNREMARKABLE: Final = frozenset({"pass", "inapplicable"})


class Asked(NamedTuple):
    """Which trial a test is."""

    trial: str
    plan: dict[str, Any]


def asked(item: pytest.Item, chaos: AgentChaos | None) -> Asked:
    """As a scenario's plan says, or else as the test is found. ``chaos``: None where there was no fixture yet."""
    if isinstance(item, ScenarioTrial):
        return Asked(item.case.plan.id, item.case.plan.to_data())
    seed = _seed(item) if chaos is None else chaos.seed
    plan: dict[str, Any] = {"system": ""}
    if chaos is not None and chaos.plan is not None:
        plan = chaos.plan.to_data() | ({} if chaos.result is not None else plan)
    plan |= {"test": _without_number(item), "schedule": [], "seed": seed}
    if chaos is not None:
        plan |= {"schedule": schedule_to_data(chaos.trial.schedule), "replay": replay_line(item, chaos)}
    return Asked(name(_found(item), seed), plan)


def name(test: str, seed: int) -> str:
    """Names the trial of a test: the same in every session, and whatever became of it."""
    return hashlib.blake2b(encode(dump(["test", test, seed])), digest_size=8).hexdigest()


def whole(item: pytest.Item, chaos: AgentChaos | None, standing: Standing, real_s: float) -> Result:
    """All that there is to tell."""
    trial, plan = asked(item, chaos)
    told = Result(trial, plan, standing.status, standing.why, real_s=round(real_s, 6))
    if chaos is None:
        return told
    history, clock = chaos.history, chaos.trial.clock
    ended = history.view(runs)
    return replace(
        told,
        ended=ended[-1].ended if ended else "",
        verdicts=tuple(chaos.verdicts),
        fired=tuple(tally.fired for tally in chaos.trial.engine.tallies),
        reached=dict(chaos.reached),
        measures=measure(history).to_data() if ended else {},
        digest=history.digest() if len(history) else "",
        calls=history.begun,
        virtual_s=round(clock.now_s(), 6) if history.mode == "sim" else 0.0,
        left=chaos.left,
        differs=() if chaos.result is None else chaos.result.differs,
    )


def packed(result: Result, chaos: AgentChaos | None) -> dict[str, Any]:
    """A line and a history, such as cross from one process to another, and how large the history was if it stays."""
    history = b""
    if result.status not in _UNREMARKABLE and chaos is not None and len(chaos.history):
        history = gzip.compress(encode(chaos.history.to_jsonl()), mtime=0)
    oversized = len(history) if len(history) > LIMIT_BYTES else 0
    if history and not oversized:
        result = replace(result, history=f"{HISTORIES}/{result.trial}.jsonl.gz")
    line = encode(dump(result.to_data())).decode()  # without halves of characters, which do not cross
    return {"line": line, "name": result.history, "history": b"" if oversized else history, "oversized": oversized}


def _found(item: pytest.Item) -> str:
    """Its address from the root of the project, without what xdist appends to it."""
    chain = item.listchain()
    file = next(number for number, node in enumerate(chain) if isinstance(node, pytest.File))
    return "::".join([chain[file].nodeid, *(node.name for node in chain[file + 1 :])])


def _without_number(item: pytest.Item) -> str:
    """Its address without the number of the trial: several trials of one test are trials of the same."""
    found = _found(item)
    number = _number(item)
    if number is None or not found.endswith("]"):
        return found
    start, _, parameters = found[:-1].rpartition("[")
    others = parameters.split("-")
    if f"trial{number}" in others:
        others.remove(f"trial{number}")
    return f"{start}[{'-'.join(others)}]" if others else start


def _number(item: pytest.Item) -> int | None:
    number: int | None = item.callspec.params.get("agentchaos") if hasattr(item, "callspec") else None
    return number


def _seed(item: pytest.Item) -> int:
    """What the seed would have been."""
    session_seed = settings.setting(item.config, "seed")
    try:
        return session_seed + settings.marked(item, UsageError).seed + (_number(item) or 0)
    except UsageError:
        return session_seed
