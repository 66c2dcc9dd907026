"""A temporary folder that goes when whoever made it is gone, however that happened."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nobody holds the other end of its standard input any more when its maker is gone. What still writes into the folder
# ($1) may be ending meanwhile, so that it is removed again until it is gone.
_WATCH = """
cat > /dev/null
{before}
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2> /dev/null && break; sleep 1; done
"""


@contextmanager
def folder(prefix: str, *, before: str = ":") -> Iterator[Path]:
    """One that is new. ``before``: what a shell is to do before it removes it in its maker's place; $1 is its path."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        watch = subprocess.Popen(  # noqa: S603 - the text above
            ["/bin/sh", "-c", _WATCH.format(before=before), "sh", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with watch:
            try:
                yield Path(name)
            finally:
                watch.kill()
