"""A spool: ops that wait on disk, in a file without a name, until somebody asks for all of them.

A history's own file is for people, without secrets; what is asked of the whole history in the end has to see them.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Sequence

from pytest_agentchaos.evidence.op import Op


class Spool:
    """Takes ops, and gives all of them back."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="agentchaos-", buffering=0)  # noqa: SIM115 - closed by close()

    def put(self, ops: Sequence[Op]) -> None:
        """These come next."""
        told = [(op.index, op.kind, op.at_s, op.wall_s, op.of, op.call, op.site, dict(op.data)) for op in ops]
        whole = memoryview(pickle.dumps(told, pickle.HIGHEST_PROTOCOL))
        while whole:
            whole = whole[self._file.write(whole) :]

    def ops(self) -> list[Op]:
        """All of them so far."""
        end = self._file.seek(0, 2)
        self._file.seek(0)
        found: list[Op] = []
        while self._file.tell() < end:
            found += (Op(*told) for told in pickle.load(self._file))  # noqa: S301 - nobody else can write there
        return found

    def close(self) -> None:
        """It is gone, and what is in it."""
        self._file.close()
