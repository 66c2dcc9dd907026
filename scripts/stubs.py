"""Writes the stubs that tell editors and type checkers every shipped fault and invariant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent / "pytest_agentchaos"
HEAD = "# Written by scripts/stubs.py from the registry: do not edit by hand.\n\n"


def render(folder: str) -> str:
    """The stub for all that comes with one of the packages, ``faults`` or ``invariants``."""
    package = f"pytest_agentchaos.{folder}"
    found = sorted(
        (made.__module__, name)
        for name, made in _registered(folder).items()
        if made.__module__.startswith(f"{package}.")
    )
    imports = "".join(f"from {module} import {name} as {name}\n" for module, name in found)
    return HEAD + imports + "\ndef __dir__() -> list[str]: ...\n"


def _registered(folder: str) -> Mapping[str, Callable[..., Any]]:
    from pytest_agentchaos.faults import registry as faults
    from pytest_agentchaos.invariants import registry as invariants

    if folder == "invariants":
        return invariants.registered()
    return {fault.__name__: fault for fault in faults.registered().values()}


def stub(folder: str) -> Path:
    """Where it stands."""
    return PACKAGE / folder / "__init__.pyi"


if __name__ == "__main__":
    for each in ("faults", "invariants"):
        stub(each).write_text(render(each), encoding="utf-8")
        print(f"written: {each}/__init__.pyi")
