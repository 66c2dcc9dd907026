"""Limits: how many connections there may be, so that a flood is refused and not a crash."""

from __future__ import annotations

import logging
import resource
from typing import Final

_log = logging.getLogger(__name__)

RESERVED: Final = 128
"""Descriptors that are kept for the API, listeners and what the interpreter needs."""

MOST: Final = 65_536
"""Descriptors that are asked for at most."""


def raise_limit() -> None:
    """As many descriptors as this process may have without asking anybody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Room:
    """How many connections there are, of those that there may be; a connection needs two descriptors."""

    def __init__(self) -> None:
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        limit = MOST if soft == resource.RLIM_INFINITY else min(MOST, soft)
        self.most = max(1, (limit - RESERVED) // 2)
        self._taken = 0
        self._told = False

    def take(self) -> bool:
        """Whether there is room for one more; it is taken then."""
        if self._taken >= self.most:
            if not self._told:
                self._told = True
                _log.warning("%d connections are open, as many as this process can have; more are reset", self._taken)
            return False
        self._taken += 1
        return True

    def give_back(self) -> None:
        """A connection is gone."""
        self._taken -= 1
