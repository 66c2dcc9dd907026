"""A set of processes: started one after another, ended together."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pytest_agentchaos import watchdog
from pytest_agentchaos.children.child import PATIENCE_S, Child, Program, environment
from pytest_agentchaos.children.ready import Ready
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UnknownNameError, UsageError, explains_itself, nearest
from pytest_agentchaos.watchdog.guard import end_marked

__tracebackhide__ = explains_itself


class Processes:
    """Real processes, by name; when the block ends, none of them is left, nor of those that they have started.

    ``hide`` is what errors that show their output go through.
    """

    def __init__(self, *, hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self._children: dict[str, Child] = {}
        self._lock = threading.Lock()
        self._marker = watchdog.current().mark()
        self._of = os.getpid()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getitem__(self, name: str) -> Child:
        try:
            return self._children[name]
        except KeyError:
            msg = f"processes[{name!r}]: nobody has started a process of this name; {nearest(name, self._children)}"
            raise UnknownNameError(msg) from None

    def __iter__(self) -> Iterator[Child]:
        return iter(list(self._children.values()))

    def __len__(self) -> int:
        return len(self._children)

    def start(  # noqa: PLR0913 - all but the first two by keyword
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | str | None = None,
        ready: Ready | None = None,
        ready_s: float = 30.0,
        sockets: Mapping[str, socket.socket] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
    ) -> Child:
        """Start a process, and give it when it is ready.

        ``env`` is added to the environment of this process; None takes a variable away. ``sockets``, for example
        listening ones, are passed on and outlive the process; ``{name}`` in the command stands for the number of one.
        """
        if isinstance(command, (str, bytes)) or not command:
            msg = f"start({name!r}, {command!r}): a list of the program and its arguments is needed: shlex.split(...)"
            raise UsageError(msg)
        program = Program(
            name,
            tuple(os.fspath(part) for part in command),
            environment(env or {}, self._marker),
            cwd,
            ready,
            ready_s,
            sockets or {},
            stdin,
        )
        child = self._add(program)
        try:
            child.start()
        except BaseException:
            self._children.pop(name, None)
            child.close()
            raise
        self.started(child)
        return child

    def started(self, child: Child) -> None:
        """One more is ready: for those who have more to do then."""

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Ask all of them to end, the last that was started first, and kill those that do not, and what they left."""
        if self._of != os.getpid():
            return  # a copy of the process that has started them: they are not its own to end
        with self._lock:
            self._closed = True
            children = list(reversed(self._children.values()))
        until_s = wall_s() + patience_s
        for child in children:
            child.ask_to_end()
        for child in children:
            child.stop(max(0.0, until_s - wall_s()))
        end_marked(self._marker)  # those that have left their groups
        for child in children:
            child.close()

    def _add(self, program: Program) -> Child:
        with self._lock:
            if self._closed:
                msg = f"start({program.name!r}): these processes were ended already; start it inside of the block"
                raise UsageError(msg)
            if program.name in self._children:
                msg = (
                    f"start({program.name!r}): there is a process of this name already; give another name, or"
                    f" processes[{program.name!r}].start() to start the same again"
                )
                raise UsageError(msg)
            child = self._children[program.name] = Child(program, self._hide)
            return child
