"""Access: who may ask. A machine asks itself without a token; anybody else needs one."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.targets import is_loopback

VARIABLE: Final = "AGENTCHAOS_TOKEN"
_SHORTEST: Final = 16
_LONGEST: Final = 512


def token(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """The token of this file, else of the environment, else none."""
    if file is None:
        told, where = environment.get(VARIABLE), VARIABLE
        if not told:
            return None
    else:
        where = str(file)
        try:
            told = file.read_text("ascii")
        except (OSError, ValueError) as error:
            why = "it is no ASCII text" if isinstance(error, ValueError) else error.strerror or str(error)
            msg = f"{where}: the token cannot be read: {why}"
            raise UsageError(msg) from None
    told = told.strip()
    if not re.fullmatch(rf"[!-~]{{{_SHORTEST},{_LONGEST}}}", told):  # the message does not repeat it
        msg = (
            f"{where}: a token is one word of {_SHORTEST} to {_LONGEST} ASCII characters, and this is none;"
            " `openssl rand -hex 32` makes one"
        )
        raise UsageError(msg)
    return told


def refuse_open(host: str, known: str | None) -> None:
    """A server that others reach has a token."""
    if not is_loopback(host) and known is None:
        msg = (
            f"--host {host}: others can reach it there, and there is no token; give --token-file FILE or set"
            f" {VARIABLE}, or leave --host out to stay on this machine"
        )
        raise UsageError(msg)


def bears(authorization: str, known: str) -> bool:
    """Whether a header has the token; how long the comparison takes tells nothing of it."""
    scheme, _, told = authorization.partition(" ")
    return scheme.lower() == "bearer" and same(told.strip(), known)


def same(told: str, known: str) -> bool:
    """Whether they are one, in a time that does not depend on where they differ."""
    return hmac.compare_digest(told.encode("utf-8", "surrogateescape"), known.encode())


def names_loopback(host_header: str) -> bool:
    """Whether the client knows that it talks to this machine.

    A page from elsewhere, whose name was made to lead here, does not.
    """
    try:
        name = urlsplit(f"//{host_header}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)
