"""Place: where an experiment happens - a server that runs, the folder around it, and a session with it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from pytest_agentchaos import rng
from pytest_agentchaos.audit.sandbox import PLACEHOLDER, Sandbox, environment
from pytest_agentchaos.audit.session import LEGACY, MODERN, ServerError, Session
from pytest_agentchaos.audit.stdio import Pipes
from pytest_agentchaos.audit.streamable import Posts
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.targets import refuse_unless_allowed

TOKEN: Final = "{token}"  # noqa: S105 - a placeholder
_RESET_S: Final = 120.0
_FILE: Final = re.compile(r"[^-{][^{]*\.(?:py|m?js|cjs|ts|sh|rb|jar)")
Calls = Sequence[Mapping[str, Any]]


class Place:
    """One server, as long as an experiment lasts."""

    def __init__(self, session: Session, token: str, folders: Sequence[Path] = ()) -> None:
        self.session = session
        self.token = token
        self.folders = folders
        """Where files are looked at; the first is the sandbox, if there is one."""

    @property
    def ours(self) -> dict[str, str]:
        """Texts that no other place has, and what stands for them."""
        sandbox = {str(self.folders[0]): PLACEHOLDER} if self.folders else {}
        return sandbox | {self.token: TOKEN}

    def fill(self, value: Any) -> Any:
        """A value with the texts of this place in place of what stands for them."""
        if isinstance(value, str):
            for own, placeholder in self.ours.items():
                value = value.replace(placeholder, own)
            return value
        if isinstance(value, Mapping):
            return {self.fill(key): self.fill(one) for key, one in value.items()}
        return [self.fill(one) for one in value] if isinstance(value, list) else value

    def can_restart(self) -> bool:
        """Whether the server is ours to be killed."""
        return False

    def restart(self) -> None:
        """Kill it, and start it again in the same folder."""
        raise NotImplementedError


class Lab(Protocol):
    """What makes places."""

    @property
    def is_fresh(self) -> bool:
        """Whether each place is as the first one was. Else each experiment speaks of other things, by its token."""

    @property
    def is_ours(self) -> bool:
        """Whether the server is a process of ours, in a sandbox."""

    def know(self, schemas: Mapping[str, Any]) -> None:
        """These are the schemas of its tools; some want arguments in headers, too."""

    def place(self) -> AbstractContextManager[Place]:
        """A place, until its end."""


def prepare(place: Place, setup: Calls) -> None:
    """Make the calls that come before every experiment."""
    for call in setup:
        answer = place.session.call(place.fill(call))
        if answer.error is not None:
            msg = f"setup: {printable(str(call['name']))} says: {answer.told}; nothing can be tried before it works"
            raise ServerError(msg)


@dataclass
class Command:
    """A server that is started by a command: a new process in a new folder for each place."""

    words: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    template: Path | None = None
    watched: Sequence[Path] = ()
    timeout_s: float = 20.0
    seed: int = 0
    setup: Calls = ()
    _era: str | None = None

    @property
    def is_fresh(self) -> bool:
        """Nothing is left of the process before."""
        return True

    @property
    def is_ours(self) -> bool:
        """It ends with us."""
        return True

    def know(self, schemas: Mapping[str, Any]) -> None:
        """Nothing that a pipe would need."""

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Start it; whatever happens, the process and its folder are gone afterwards."""
        with Sandbox(self.template) as sandbox:
            place = _Started(self, sandbox.folder)
            try:
                prepare(place, self.setup)
                yield place
            finally:
                place.channel.close()

    def start(self, folder: Path) -> tuple[Pipes, Session]:
        """A process, and a session with it. One that ends when it is asked in a new way is asked in the old one."""
        era = self._era
        channel, session = self._started(folder)
        try:
            try:
                session.open(era)
            except ServerError:
                if era is not None or channel.inbox.ended is None or channel.inbox.garbage is not None:
                    raise
                channel.close()
                channel, session = self._started(folder)
                session.open(LEGACY)
        except ServerError as error:
            channel.close()
            msg = f"{error}{_not_here(self.words)}"
            raise ServerError(msg) from error
        except BaseException:
            channel.close()
            raise
        self._era = MODERN if session.is_modern else LEGACY
        return channel, session

    def _started(self, folder: Path) -> tuple[Pipes, Session]:
        words = [word.replace(PLACEHOLDER, str(folder)) for word in absolute(self.words)]
        given = {name: value.replace(PLACEHOLDER, str(folder)) for name, value in self.env.items()}
        channel = Pipes(words, folder, environment(given))
        return channel, Session(channel, self.timeout_s)


class _Started(Place):
    def __init__(self, command: Command, folder: Path) -> None:
        self._command = command
        self.channel, session = command.start(folder)
        super().__init__(session, _token(command.seed, 0), (folder, *command.watched))

    def can_restart(self) -> bool:
        return True

    def restart(self) -> None:
        self.channel.kill()
        self.channel, self.session = self._command.start(self.folders[0])


@dataclass
class Address:
    """A server that runs already, behind a URL. What makes it as it was at the start is a command, if there is one."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: str | None = None
    allowed: Sequence[str] = ()
    watched: Sequence[Path] = ()
    timeout_s: float = 20.0
    seed: int = 0
    setup: Calls = ()
    _era: str | None = None
    _places: int = 0
    _schemas: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"{printable(self.url)}: no URL of an MCP server; write for example http://127.0.0.1:8000/mcp"
            raise UsageError(msg)
        refuse_unless_allowed(parts.hostname, self.allowed)

    @property
    def is_fresh(self) -> bool:
        """Only a command can make it so."""
        return self.reset is not None

    @property
    def is_ours(self) -> bool:
        """Somebody else runs it."""
        return False

    def know(self, schemas: Mapping[str, Any]) -> None:
        """Some tools want arguments in headers, too."""
        self._schemas = schemas

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Reset it, if that is possible, and begin a session."""
        if self.reset is not None:
            _run(self.reset)
        self._places += 1
        channel = Posts(self.url, self.headers, self.timeout_s)
        channel.schemas = self._schemas
        session = Session(channel, self.timeout_s)
        try:
            session.open(self._era)
            self._era = MODERN if session.is_modern else LEGACY
            place = _Visited(session, _token(self.seed, 0 if self.is_fresh else self._places), self.watched)
            prepare(place, self.setup)
            yield place
        finally:
            channel.close()


class _Visited(Place):
    @property
    def ours(self) -> dict[str, str]:
        return {self.token: TOKEN}


def absolute(words: Sequence[str]) -> list[str]:
    """A command that means the same in another folder: files that are here are named by their whole paths."""
    first, *rest = words
    program = str(Path(first).absolute()) if os.sep in first else first
    return [program, *(str(Path(word).absolute()) if word and Path(word).is_file() else word for word in rest)]


def _not_here(words: Sequence[str]) -> str:
    """Of a server that did not start: a file that is not where it was looked for."""
    gone = [word for word in words[1:] if _FILE.fullmatch(word) and not Path(word).exists()]
    return f"; there is no {printable(gone[0])!r} in this folder" if gone else ""


def _token(seed: int, place: int) -> str:
    """A word of letters and digits that is found nowhere else."""
    return f"a{rng.derive(seed, 'audit', place):08x}"


def _run(command: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - to run this command is what the caller asks for
            shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=_RESET_S, check=False,
            env=os.environ.copy(),
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        msg = f"--reset {printable(command)}: {printable(str(error))}; give a command that ends by itself"
        raise UsageError(msg) from error
    if done.returncode:
        said = printable(done.stderr.decode("utf-8", "replace").strip()[-300:], 300)
        msg = f"--reset {printable(command)} ended with exit code {done.returncode}: {said}"
        raise UsageError(msg)
