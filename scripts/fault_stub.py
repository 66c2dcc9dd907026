"""Writes pytest_agentchaos/faults/__init__.pyi, which tells editors and type checkers every shipped fault."""

from __future__ import annotations

from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "pytest_agentchaos" / "faults" / "__init__.pyi"
HEAD = "# Written by scripts/fault_stub.py from the registry: do not edit by hand.\n\n"


def render_stub() -> str:
    """The stub for all faults that come with the package."""
    from pytest_agentchaos.faults.registry import registered

    package = "pytest_agentchaos.faults"
    found = sorted(
        (fault.__module__, fault.__name__)
        for fault in registered().values()
        if fault.__module__.startswith(package + ".")
    )
    imports = "".join(f"from {module} import {name} as {name}\n" for module, name in found)
    return HEAD + imports + "\ndef __dir__() -> list[str]: ...\n"


if __name__ == "__main__":
    STUB.write_text(render_stub(), encoding="utf-8")
    print(f"written: {STUB.relative_to(Path.cwd()) if STUB.is_relative_to(Path.cwd()) else STUB.name}")
