"""Writing a manifest's hashes and tools anew: what it names is, from then on, what it is now."""

from __future__ import annotations

import json
from pathlib import Path

from reference_system.contracts.artefacts import ROOT, Pin, pinned, sha256
from reference_system.contracts.manifest import path_of, read, text_of
from reference_system.contracts.tools import TOOLS


def freeze(version: str, root: Path = ROOT) -> tuple[str, ...]:
    """Freeze what the manifest names, and the tools of this code; what has changed by that."""
    file = read(version, root)

    def frozen(pin: Pin) -> Pin:
        return pin.model_copy(update={"sha256": sha256(text_of(pin, root))})

    new = file.model_copy(
        update={
            "prompts": {name: frozen(pin) for name, pin in sorted(file.prompts.items())},
            "policy": frozen(file.policy),
            "workflow": frozen(file.workflow),
            "errors": frozen(file.errors),
            "price": frozen(file.price),
            "tools": {name: pinned(TOOLS[name]) for name in sorted(TOOLS)},
        }
    )
    path_of(version, root).write_text(json.dumps(new.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    before = {pin.path: pin.sha256 for pin in file.pins()} | {name: tool.sha256 for name, tool in file.tools.items()}
    after = {pin.path: pin.sha256 for pin in new.pins()} | {name: tool.sha256 for name, tool in new.tools.items()}
    return tuple(name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name))
