"""A manifest: which version of every prompt, policy and tool makes up one version of the system.

``load("v1")`` gives it checked: everything that it names is what it was when the manifest was frozen. To roll a prompt
back is to name its old version in a manifest and to freeze that; no code changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from reference_system.contracts.artefacts import ROOT, Pin, ToolPin, pinned, sha256, sha256_of
from reference_system.contracts.base import Contract
from reference_system.contracts.policy import ErrorPolicy, Policy, Price, Workflow
from reference_system.contracts.tools import TOOLS
from reference_system.errors import TravelError

Setting = TypeVar("Setting", bound=Contract)


class ManifestError(TravelError):
    """There is no such manifest, or what it names is not what it was."""


class ManifestFile(Contract):
    """What stands in ``manifests/<version>.json``."""

    prompts: dict[str, Pin]
    """Of each role (``flights``), and its variants (``flights/simple``)."""
    policy: Pin
    workflow: Pin
    errors: Pin
    price: Pin
    tools: dict[str, ToolPin] = Field(default_factory=dict)

    def pins(self) -> Iterator[Pin]:
        """Of all files."""
        yield from self.prompts.values()
        yield from (self.policy, self.workflow, self.errors, self.price)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about one version of the system that is not code."""

    version: str
    hash: str
    """Of the whole: two manifests with one hash are the same in everything but their name."""
    prompts: Mapping[str, str]
    policy: Policy
    workflow: Workflow
    errors: ErrorPolicy
    price: Price
    tools: Mapping[str, ToolPin]
    pins: tuple[Pin, ...]
    """The files that it is made of."""

    def prompt(self, role: str, *, simple: bool = False) -> str:
        """The instructions for a role; ``simple``: the short ones, for a specialist that failed with the others."""
        name = f"{role}/simple" if simple else role
        try:
            return self.prompts[name]
        except KeyError:
            msg = f"manifest {self.version} has no prompt {name!r}; it has {', '.join(self.prompts)}"
            raise ManifestError(msg) from None


@cache
def load(version: str, root: Path = ROOT, *, verify: bool = True) -> Manifest:
    """The manifest of this version, for running a system by it. ManifestError, unless all that it names is right.

    Without ``verify`` (switch ``pinned_manifest``) whatever stands in the files is taken for what was frozen.
    """
    file = read(version, root)
    if not verify:
        return _assembled(version, file, {pin.path: text_of(pin, root) for pin in file.pins()})
    texts = {pin.path: _checked(version, pin, root) for pin in file.pins()}
    _check_tools(version, file)
    return _assembled(version, file, texts)


def stored(version: str, root: Path = ROOT) -> Manifest:
    """The manifest of this version, for looking at it: its tools may be those of another version of the code."""
    file = read(version, root)
    return _assembled(version, file, {pin.path: _checked(version, pin, root) for pin in file.pins()})


def read(version: str, root: Path = ROOT) -> ManifestFile:
    """What the manifest's file says; nothing is checked against it yet."""
    path = path_of(version, root)
    if not path.is_file():
        msg = f"there is no manifest {version!r} in {path.parent}; there are {', '.join(versions(root)) or 'none'}"
        raise ManifestError(msg)
    try:
        return ManifestFile.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as wrong:
        msg = f"{path} is not a manifest: {wrong}"
        raise ManifestError(msg) from wrong


def versions(root: Path = ROOT) -> tuple[str, ...]:
    """Those that are there."""
    return tuple(sorted(path.stem for path in (root / "manifests").glob("*.json")))


def path_of(version: str, root: Path = ROOT) -> Path:
    """Where a manifest's file is, or would be."""
    return root / "manifests" / f"{version}.json"


def text_of(pin: Pin, root: Path = ROOT) -> str:
    """Of the file that is pinned."""
    try:
        return (root / pin.path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        msg = f"{root / pin.path}, which a manifest names, cannot be read: {wrong}"
        raise ManifestError(msg) from wrong


def _checked(version: str, pin: Pin, root: Path) -> str:
    text = text_of(pin, root)
    if (found := sha256(text)) != pin.sha256:
        msg = (
            f"{root / pin.path} is not what manifest {version} was frozen with: its hash is {found}, "
            f"the manifest has {pin.sha256 or 'none'}. Give the new text a version of its own and name that, "
            f"or take it as it is: python -m reference_system.contracts freeze {version}"
        )
        raise ManifestError(msg)
    return text


def _check_tools(version: str, file: ManifestFile) -> None:
    """The tools of the running code are those of the manifest."""
    for name in sorted(file.tools.keys() | TOOLS.keys()):
        frozen = file.tools[name].sha256 if name in file.tools else "none"
        present = pinned(TOOLS[name]).sha256 if name in TOOLS else "none"
        if frozen != present:
            msg = (
                f"the tool {name} is not what manifest {version} was frozen with: its hash is {present}, "
                f"the manifest has {frozen}. See whether the change breaks callers "
                f"(python -m reference_system.contracts compare {version} code), "
                f"then take it: python -m reference_system.contracts freeze {version}"
            )
            raise ManifestError(msg)


def _assembled(version: str, file: ManifestFile, texts: Mapping[str, str]) -> Manifest:
    def setting(pin: Pin, type_: type[Setting]) -> Setting:
        try:
            return type_.model_validate(tomllib.loads(texts[pin.path]))
        except (tomllib.TOMLDecodeError, ValidationError) as wrong:
            msg = f"{pin.path}, which manifest {version} names, is no {type_.__name__}: {wrong}"
            raise ManifestError(msg) from wrong

    return Manifest(
        version=version,
        hash=sha256_of(file.model_dump(mode="json")),
        prompts={name: texts[pin.path] for name, pin in file.prompts.items()},
        policy=setting(file.policy, Policy),
        workflow=setting(file.workflow, Workflow),
        errors=setting(file.errors, ErrorPolicy),
        price=setting(file.price, Price),
        tools=file.tools,
        pins=tuple(file.pins()),
    )
