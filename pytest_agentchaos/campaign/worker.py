"""A worker: a process that carries out one plan after another, until nobody asks any more."""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from pytest_agentchaos.campaign.work import Done, carry_out
from pytest_agentchaos.evidence.canonical import told


@dataclass(frozen=True, slots=True)
class Unread:
    """A plan that cannot be read here."""

    why: str


def serve(pipe: Connection[bytes, bytes], inherited: Sequence[Connection[bytes, bytes]]) -> None:
    """Answer until the other end is closed; ``inherited``: what belongs to the process that this is a copy of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this process is interrupted as well, and ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in inherited:
        other.close()
    with suppress(OSError):
        os.dup2(2, 1)  # what a system writes past Python is no output of a command
    gc.freeze()  # looking through what was there before would copy all of it
    while True:
        try:
            sent = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        answer = _answer(sent)
        try:
            pipe.send_bytes(pickle.dumps(answer))
        except OSError:
            return
        if isinstance(answer, Unread) or answer.spent:
            return


def _answer(sent: bytes) -> Done | Unread:
    try:
        plan, keep = pickle.loads(sent)  # noqa: S301 - from the process that began this one
    except Exception as error:  # noqa: BLE001 - it imports what is the user's
        return Unread(told(error))
    return carry_out(plan, keep)
