"""The bundled agent's trials: every fault at every place, each a trial of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_agentchaos.demo.agent import MODEL_URL, TOOLS_URL, Safeguards, book_trip
from pytest_agentchaos.demo.airline import Airline, mind
from pytest_agentchaos.doubles.scripted_model import ScriptedModel
from pytest_agentchaos.errors import HungError
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.listing import FAMILIES
from pytest_agentchaos.faults.registry import fault_class, registered
from pytest_agentchaos.schedule import Rule, on, rule
from pytest_agentchaos.trial import Trial

PARAMETERS: dict[str, dict[str, Any]] = {
    "partition": {"groups": {"agent": ("main",), "airline": ("airline.example*",)}, "calls": (1, 1)},
    "corrupted_value": {"field": "booking"},
    "wrong_entity": {"field": "booking"},
}
"""Of the faults that need some, or say more with some."""

PLACES = (on.tool("book_flight", nth=1), on.model(nth=1))


def rules() -> Iterator[Rule]:
    """Every fault at every place where it can act."""
    known = registered()
    for family in FAMILIES:
        for name in (name for name, fault in known.items() if fault.family == family):
            for place in PLACES:
                if place.kind in known[name].kinds:
                    yield rule(_fault(name), place)


def _fault(name: str) -> Fault:
    return fault_class(name)(**PARAMETERS.get(name, {}))


def run(line: Rule, *, seed: int, safeguards: Safeguards = Safeguards()) -> tuple[Trial, Airline]:  # noqa: B008 - frozen
    """One trip under one fault; how the agent ended stands in the trial's outcome."""
    airline = Airline()
    trial = Trial((line,), seed=seed)
    trial.upstreams.declare(MODEL_URL, ScriptedModel(mind))
    trial.upstreams.declare(TOOLS_URL, airline.server)
    try:
        trial.run(book_trip, safeguards)
        if trial.outcome is not None and trial.outcome.ending == "crashed":
            trial.run(book_trip, safeguards)  # whoever watches over its process starts it again
    except (Exception, HungError):
        if trial.outcome is None or trial.engine.problems:
            raise
    finally:
        trial.close()
    return trial, airline


def digests(count: int) -> Iterator[str]:
    """The digests of so many trials, fault by fault, seed by seed."""
    lines = list(rules())
    with quiet():
        for number in range(count):
            trial, _ = run(lines[number % len(lines)], seed=number // len(lines))
            yield trial.history.digest()


@contextmanager
def quiet() -> Iterator[None]:
    """An MCP server logs to the terminal, and there is trouble to log; other trials are not to inherit that."""
    root = logging.root
    before, level, handlers = root.manager.disable, root.level, root.handlers[:]
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
        root.setLevel(level)
        root.handlers[:] = handlers
