"""A line: a proxy of ours, brought into the state that is wanted by as few changes as that takes."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.tcp.server import Server
from pytest_agentchaos.wires.tcp.toxics import Toxic


class Line:
    """A proxy and what stands on it."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._toxics: dict[str, Toxic] = {}
        self._down = False
        self._lapses = 0

    @property
    def is_whole(self) -> bool:
        """Whether everything passes."""
        return not (self._toxics or self._down)

    def become(self, toxics: Mapping[str, Toxic], *, down: bool) -> bool:
        """Have these toxics (by their names) stand and no others; whether that is news."""
        gone = [name for name in self._toxics if name not in toxics]
        new = [name for name in toxics if name not in self._toxics]
        if not gone and not new and down == self._down:
            return False
        if toxics or down:
            self._server.hold()  # before anything is broken
            if self.is_whole:
                self._lapses = self._server.lapses
        for name in gone:
            self._server.toxiproxy.remove(self._name, name)
            del self._toxics[name]
        for name in new:
            self._toxics[name] = self._server.toxiproxy.add(self._name, toxics[name])
        if down != self._down:  # last: whoever can connect again meets nothing of what is over
            toxiproxy = self._server.toxiproxy
            (toxiproxy.disable if down else toxiproxy.enable)(self._name)
            self._down = down
        return True

    def heal(self) -> None:
        """Have everything pass, whatever stood there, also what did not quite come to stand."""
        try:
            self.hold()
            self.become({}, down=False)
        except UsageError:
            self._toxics.clear()
            self._down = False
            for toxic in self._server.toxiproxy.toxics(self._name):
                self._server.toxiproxy.remove(self._name, toxic.name)
            self._server.toxiproxy.enable(self._name)
            raise

    def hold(self) -> None:
        """Say that somebody is there who will heal it; an error if the server has done so meanwhile."""
        if not self.is_whole:
            self._server.hold()
            if self._server.lapses != self._lapses:
                raise self._server.lapsed()
