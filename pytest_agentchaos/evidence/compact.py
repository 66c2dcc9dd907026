"""Compact: one trial as a line, which a person pastes into a shell to see it again."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shlex
import zlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.result import Result

START: Final = "agentchaos:v"
_PREFIX: Final = f"{START}1:"
VERSION: Final = version("pytest-agentchaos")
LIMIT_BYTES: Final = 1_000_000
"""No plan is larger; a small text that grows beyond it is no plan."""
_AROUND: Final = "`'\"<> \t\r\n"
"""What chats, shells and people put around a text."""


def compact(told: Result | Mapping[str, Any]) -> str:
    """A plan, as plain data or in a result, in letters that any shell and chat lets pass.

    A result's has the digest of its history. Nobody can see what stands in it, so one that holds a secret is refused.
    """
    data: dict[str, Any] = {"version": VERSION}
    if isinstance(told, Result):
        data |= {"plan": told.plan, "status": told.status, "digest": told.digest}
    else:
        data |= {"plan": dict(told)}
    if redact(data) != json.loads(dump(data)):
        msg = "the plan holds what looks like a secret, and a compact line would carry it unseen; keep it in a file"
        raise UsageError(msg)
    packed = base64.urlsafe_b64encode(zlib.compress(encode(dump(data)), 9))
    return _PREFIX + packed.decode("ascii").rstrip("=")


def is_compact(text: str) -> bool:
    """Whether it is meant to be one."""
    return text.strip(_AROUND).startswith(START)


def expanded(text: str) -> dict[str, Any]:
    """What :func:`compact` packed; it may have been broken into lines on its way."""
    whole = "".join(text.strip(_AROUND).split())
    if not whole.startswith(_PREFIX):
        format_ = re.match(r"[\w.]*", whole.removeprefix(START))
        number = format_.group()[:20] if format_ else ""
        msg = f"the line has format {number or 'none'!r}, and this version reads {_PREFIX}...: install a newer one"
        raise UsageError(msg)
    packed = whole.removeprefix(_PREFIX).rstrip("=")
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj()
        data = inflate.decompress(raw, LIMIT_BYTES)
        if inflate.unconsumed_tail:
            msg = f"the line grows to more than {LIMIT_BYTES:,} bytes when it is unpacked; no plan is as large"
            raise UsageError(msg)
        if not inflate.eof or inflate.unused_data:
            raise zlib.error  # noqa: TRY301 - the same problem as one that it finds itself
        told = json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        msg = f"{whole[:40]}... is damaged ({len(whole)} characters arrived); copy the whole line once more"
        raise UsageError(msg) from error
    if not isinstance(told, dict):
        msg = f"{whole[:40]}... holds no plan"
        raise UsageError(msg)
    return told


def replay_line(result: Result, folder: Path | str | None = None, *, hash_seed: str | None = None) -> str:
    """The command that runs this trial again; the plan itself is in it where no folder has the results.

    ``hash_seed``: what the head of saved results says, empty if it says none; not given, it was run in this process.
    """
    hash_seed = os.environ.get("PYTHONHASHSEED") if hash_seed is None else hash_seed
    start = f"PYTHONHASHSEED={shlex.quote(hash_seed)} " if hash_seed else ""
    if folder is not None:
        return f"{start}agentchaos replay {shlex.quote(f'{Path(folder).as_posix()}#{result.trial}')}"
    try:
        return f"{start}agentchaos replay {compact(result)}"
    except UsageError as error:
        return f"(no replay line: {error})"
