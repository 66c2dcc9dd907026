"""Regular: files that have an end. A pipe or a device of the same name would be waited for, or read, for ever."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(path: Path) -> BinaryIO:
    """To be read, as bytes; an OSError for whatever is no regular file, and for a link to such a thing."""
    file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - Path.open has no opener; its caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is a pipe or a device, and no file", str(path))
    return file


def _at_once(path: str, flags: int) -> int:
    """Without waiting for somebody to write into a pipe; to a file it makes no difference."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
