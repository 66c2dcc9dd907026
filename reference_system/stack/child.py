"""``python -m reference_system.stack.child LIFELINE MODULE ...``: run a module for as long as the parent lives.

The parent keeps the other end of the pipe LIFELINE and never writes. When it is gone, however it went, the pipe ends,
and so does this process: as if told to by SIGTERM, and at once if that takes too long.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

_TERM_S: Final = 5.0


def main() -> None:
    """Start the watch, become the module."""
    lifeline, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True, name="lifeline").start()
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_TERM_S)
    os._exit(1)


if __name__ == "__main__":
    main()
