"""What an exploration found, in a file beside its results, for reports, which must not import what explores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.regular import opened
from pytest_agentchaos.evidence.results import parse

FILE: Final = "exploration.json"
KIND: Final = "exploration"
"""What the head of its results says that they are of."""
SCHEMA: Final = 1
_LISTS: Final = ("faults", "sites", "depths", "matrix", "undelivered", "unknown", "unmet", "failures")
_OF_OBJECTS: Final = ("depths", "matrix", "failures")
_TEXTS: Final = ("system", "journey", "unstable", "verdict", "reason")
_LIMIT_BYTES: Final = 100_000_000


def read(folder: Path) -> Mapping[str, Any] | None:
    """What it tells; None if there is none. One that is damaged, or newer than this version, is an error of use."""
    path = folder / FILE
    try:
        with opened(path) as file:
            told = file.read(_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"{path} is left out: it cannot be read: {error.strerror or error}"
        raise UsageError(msg) from error
    if len(told) > _LIMIT_BYTES:
        msg = f"{path} is left out: it has more than {_LIMIT_BYTES // 1_000_000} MB"
        raise UsageError(msg)
    data = parse(told + b"\n")
    schema = data.get("schema") if isinstance(data, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        msg = f"{path} is left out: it has schema {schema}, and this version reads up to {SCHEMA}; install a newer one"
        raise UsageError(msg)
    if schema != SCHEMA or not _is_whole(data):
        msg = f"{path} is left out: it is damaged, or tells of no exploration; explore again with the same folder"
        raise UsageError(msg)
    found: Mapping[str, Any] = data
    return found


def write(folder: Path, told: Mapping[str, Any]) -> None:
    """Write it, all or nothing."""
    path = folder / FILE
    begun = path.with_suffix(".part")
    text = json.dumps(json.loads(dump(told)), indent=1, allow_nan=False, ensure_ascii=False)
    try:
        begun.write_bytes(encode(text + "\n"))
        begun.replace(path)
    except OSError as error:
        begun.unlink(missing_ok=True)
        why = error.strerror or str(error)
        msg = f"{folder}: what was found cannot be written there: {why}; give a folder with room and rights"
        raise UsageError(msg) from error


def _is_whole(data: Mapping[str, Any]) -> bool:
    lists = all(isinstance(data.get(name), list) for name in _LISTS)
    texts = all(isinstance(data.get(name), str) for name in _TEXTS)
    return lists and texts and all(isinstance(one, dict) for name in _OF_OBJECTS for one in data[name])
