"""A lifeline: when the shim is gone, also by ``kill -9``, its server goes with everything that it has started.

A shell waits at the end of a pipe that only the shim holds. It reads which process group is to go, and when the pipe
ends without a last word it ends that group, also one that is stopped. It needs no package and next to no memory.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import Final

_SCRIPT: Final = (
    'trap "" HUP INT TERM; group=; while read -r line; do group=$line; done; [ -z "$group" ] || kill -9 "-$group"'
)


class Lifeline:
    """Held by the shim for as long as it lives."""

    def __init__(self) -> None:
        theirs, self._ours = os.pipe()
        self._shell = subprocess.Popen(  # noqa: S603 - the words are ours
            ["/bin/sh", "-c", _SCRIPT],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs)

    def watch(self, group: int | None) -> None:
        """This process group is to go; None: there is none any more."""
        with suppress(OSError):  # somebody has ended the shell
            os.write(self._ours, f"{group or ''}\n".encode())

    def let_go(self) -> None:
        """The server has ended: nothing is to happen."""
        self.watch(None)
        os.close(self._ours)
        self._shell.wait()
