"""Reading: a file as a scenario, or everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pytest_agentchaos.document import Node
from pytest_agentchaos.problems import Keys, Place, Problems, misfits
from pytest_agentchaos.scenario.asked import condition_of, effect_of, invariant_of
from pytest_agentchaos.scenario.including import whole
from pytest_agentchaos.scenario.matrix import variants
from pytest_agentchaos.scenario.rules import rule_of
from pytest_agentchaos.scenario.scenario import SUFFIX, Scenario, Systems, Variant
from pytest_agentchaos.scenario.shape import Shape
from pytest_agentchaos.system import System

T = TypeVar("T")


def load(path: str | os.PathLike[str], *, system: str | System | None = None, resolve: bool = True) -> Scenario:
    """The scenario of this file, or a ``DocumentError`` with all of its problems; nothing is run.

    ``system`` takes the place of the one that the file names. With ``resolve=False`` the system is not looked for.
    """
    path, problems = Path(path), Problems()
    node = whole(path, problems)
    if node is None:
        problems.stop()
        raise AssertionError  # what could not be read has a problem
    shape: Shape | None = None
    read: list[Variant] = []
    systems = Systems(system)
    for values, filled in variants(node, problems):
        shape, variant = _variant(values, filled, problems)
        if resolve:
            systems.of(filled, problems)
        if variant is not None:
            read.append(variant)
    problems.stop()
    if shape is None or not read:
        problems.add(Place(path, 1), "", "nothing in it can be run")
        problems.stop()
        raise AssertionError
    name = shape.name or path.name.removesuffix(SUFFIX)
    return Scenario(name, path, tuple(read), shape.summary, shape.incident, tuple(dict.fromkeys(shape.tags)))


def _variant(values: Any, node: Node, problems: Problems) -> tuple[Shape | None, Variant | None]:
    """One variant of the file; all parts are looked at, even when one is wrong."""
    shape: Shape | None = None
    try:
        shape = Shape.model_validate(node.plain())
    except ValidationError as error:
        misfits(error, node.at, "", Keys("a scenario has no key", lambda _: list(Shape.model_fields)), problems)
    schedule = _each(node.get("faults"), rule_of, problems)
    invariants = _each(node.get("invariants"), invariant_of, problems)
    sometimes = _each(node.get("sometimes"), condition_of, problems)
    effects = _each(node.get("effects"), effect_of, problems)
    if shape is None:
        return None, None
    expect = () if "any" in shape.expect.outcome else shape.expect.outcome
    variant = Variant(
        values=values,
        system=shape.system,
        journeys=shape.journeys,
        schedule=schedule,
        invariants=invariants,
        expect=expect,
        sometimes=sometimes,
        effects=effects,
        trials=shape.trials,
        seed=shape.seed,
        if_unfired=shape.if_unfired,
        mode=shape.mode,
        node=node,
    )
    return shape, variant


def _each(node: Node | None, read: Callable[[Node, int, Problems], T | None], problems: Problems) -> tuple[T, ...]:
    made = [read(one, at, problems) for at, one in node.items()] if node is not None else []
    return tuple(one for one in made if one is not None)
