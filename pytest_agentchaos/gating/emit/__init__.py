"""Emit: what makes a rollout controller or a pipeline ask a gate, as text to keep beside a project's manifests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pytest_agentchaos.errors import UnknownNameError, nearest

TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "argo": ("argo.yaml", "server.yaml"),
    "flagger": ("flagger.yaml", "server.yaml"),
    "github": ("github.yaml",),
}
"""Whom it is for -> the files that it is made of."""

_COMPARING: Final = re.compile(r"^ *#\[compares\n(.*?)^ *#\]\n", re.DOTALL | re.MULTILINE)
"""Lines for policies that need a baseline."""


def emit(target: str, policy: str, *, compares: bool) -> str:
    """Manifests or a workflow for this policy, by its name or its file. Names of yours stand in it to be replaced."""
    if target not in TARGETS:
        msg = f"--emit {target!r}: nothing is known for it; {nearest(target, TARGETS)}"
        raise UnknownNameError(msg)
    texts = [(Path(__file__).parent / name).read_text("utf-8") for name in TARGETS[target]]
    told = _COMPARING.sub(r"\1" if compares else "", "---\n".join(texts))
    return told.replace("<POLICY>", json.dumps(policy))
