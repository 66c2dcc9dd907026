"""The stage that is kept from trial to trial: one at a time, for as long as the same sort is asked for."""

from __future__ import annotations

import atexit
import os
from multiprocessing.util import Finalize
from typing import NamedTuple

from reference_system.hardening import Hardening
from reference_system.live.stage import Stage
from reference_system.settings import Settings


class _Kept(NamedTuple):
    pid: int
    """Of the process that has built it; one that was forked since has to build its own."""
    hardening: Hardening
    settings: Settings
    stage: Stage
    end: Finalize


_kept: _Kept | None = None


def kept(hardening: Hardening, settings: Settings) -> Stage:
    """A stage that is up, of this sort. One of another sort is taken down: each is nine processes."""
    global _kept  # noqa: PLW0603 - it outlives every trial, and whoever asks next knows nothing of who asked before
    if _kept is not None and (_kept.pid, _kept.hardening, _kept.settings) == (os.getpid(), hardening, settings):
        return _kept.stage
    let_go()
    stage = Stage(hardening, settings)
    # Worker processes of a campaign end without atexit. Other processes come to Finalize too late: what the stage has
    # in temporary folders is gone by then, whereas the last to be registered with atexit is called first.
    _kept = _Kept(os.getpid(), hardening, settings, stage, Finalize(None, stage.close, exitpriority=10))
    atexit.unregister(let_go)
    atexit.register(let_go)
    return stage


def let_go() -> None:
    """Take down what is kept."""
    global _kept
    was, _kept = _kept, None
    if was is not None and was.pid == os.getpid():
        was.end()
