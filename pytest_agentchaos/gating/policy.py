"""A policy: what results must show so that a release may ship; read, or everything that is wrong with it is told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from pytest_agentchaos.document import read
from pytest_agentchaos.errors import UnknownNameError, nearest
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.gating.checking import check
from pytest_agentchaos.gating.shape import Compare, Evidence, Rule, Shape, Stats, Waiver, Where
from pytest_agentchaos.problems import Key, Keys, Problems, misfits

SUFFIXES: Final = (".yaml", ".yml")
_FOLDER: Final = "policies"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that was read."""

    name: str
    path: Path
    shape: Shape
    sha256: str
    """Of what it says, defaults included: comments, order of keys and line ends change nothing."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What must hold."""
        return self.shape.rules

    @property
    def compares(self) -> bool:
        """Whether it needs a baseline."""
        return any(rule.compares for rule in self.rules)


def load(what: Path | str) -> Policy:
    """The policy of this file, or the shipped one of this name; a ``DocumentError`` tells of all its problems."""
    path = _found(what)
    problems = Problems()
    node = read(path, problems)
    shape: Shape | None = None
    if node is not None:
        try:
            shape = Shape.model_validate(node.plain())
        except ValidationError as error:
            misfits(error, node.at, "", Keys("there is no key", _known), problems)
        check(node, problems)
    problems.stop()
    if shape is None:
        raise AssertionError  # what could not be read has a problem
    name = shape.name or path.name.removesuffix(path.suffix)
    return Policy(name, path, shape, sha256(shape))


def sha256(shape: Shape) -> str:
    """Of what a policy says."""
    return hashlib.sha256(encode(dump(shape.model_dump(mode="json")))).hexdigest()


def shipped() -> Path:
    """The folder of the shipped policies: inside of the package, or in ``reports/`` of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / _FOLDER
    return inside if inside.is_dir() else package.parent / "reports" / _FOLDER


def names() -> list[str]:
    """What the shipped ones are called."""
    return sorted(path.stem for path in shipped().glob("*.yaml"))


def schema() -> dict[str, Any]:
    """The JSON Schema of policy files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Shape.model_json_schema()}


def _found(what: Path | str) -> Path:
    path = Path(what)
    text = os.fspath(what)
    if path.is_file() or path.suffix in SUFFIXES or os.sep in text:
        return path
    known = names()
    if text in known:
        return shipped() / f"{text}.yaml"
    msg = f"there is no policy {text!r}; {nearest(text, known)} (one of your own is named by its file: own.yaml)"
    raise UnknownNameError(msg)


_KEYS: Final[dict[str, type[BaseModel]]] = {
    "rules": Rule,
    "waivers": Waiver,
    "compare": Compare,
    "evidence": Evidence,
    "stats": Stats,
    "where": Where,
}


def _known(loc: Sequence[Key]) -> list[str]:
    names_ = [key for key in loc if isinstance(key, str)]
    return list((_KEYS[names_[-1]] if names_ else Shape).model_fields)
