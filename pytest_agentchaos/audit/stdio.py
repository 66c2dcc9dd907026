"""stdio: a server as a child process that reads and writes a line a message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Final

from pytest_agentchaos import watchdog
from pytest_agentchaos.audit.inbox import Inbox, Message, read
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.watchdog.guard import VARIABLE, end_marked

LIMIT_LINE_BYTES: Final = 8_000_000
_LAST_BYTES: Final = 2_000
_GRACE_S: Final = 1.0
_KILLED_S: Final = 5.0


class Pipes:
    """One process, from its start to its end. Whatever it prints, this side neither blocks nor grows."""

    era: str | None = None
    answers_everything = False

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.inbox = Inbox()
        self.asked: Callable[[Message], None] | None = None
        self._said = b""
        self._marker = watchdog.current().mark()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - to start this command is what the caller asks for
                list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=folder, env={**environment, VARIABLE: self._marker}, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            msg = (
                f"{printable(command[0])}: it cannot be started: {why}; give a command that starts an MCP server,"
                " or the URL of one, with http://"
            )
            raise UsageError(msg) from error
        watchdog.current().watch(self._process.pid)  # it need not end with its input, nor this process in good order
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        work = (self._read, self._listen, self._write)
        self._threads = [threading.Thread(target=one, daemon=True) for one in work]
        for thread in reversed(self._threads):  # whoever hears of the end asks for the last words
            thread.start()

    def send(self, messages: Sequence[Message]) -> None:
        """Write these messages, all at once, after those before. One that does not read holds nobody up."""
        self._outbox.put(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def cancel(self, request: int) -> None:
        """Say that nobody waits for it any more."""
        params = {"requestId": request, "reason": "the client gave up"}
        self.send([{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}])

    def kill(self) -> None:
        """End it as ``kill -9`` does, with everything that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILLED_S)
        watchdog.current().forget(self._process.pid)
        end_marked(self._marker)  # those that have left its group, and may hold its pipes
        self._close()

    def close(self) -> None:
        """Let it end by itself, for a moment."""
        self._outbox.put(None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        self.kill()

    def _close(self) -> None:
        self._outbox.put(None)
        for thread, stream in zip(self._threads, (self._process.stdout, self._process.stderr, None), strict=True):
            thread.join(_KILLED_S)
            if stream is not None and not thread.is_alive():  # to close what is being read would wait for its end
                with suppress(OSError):
                    stream.close()

    def _write(self) -> None:
        stdin = self._of(self._process.stdin)
        with suppress(OSError, ValueError):  # that it is gone is told by whoever reads
            while (data := self._outbox.get()) is not None:
                stdin.write(data)
                stdin.flush()
        with suppress(OSError):
            stdin.close()

    def _read(self) -> None:
        stdout = self._of(self._process.stdout)
        with suppress(OSError, ValueError):
            while line := stdout.readline(LIMIT_LINE_BYTES + 1):
                if len(line) > LIMIT_LINE_BYTES:
                    self.inbox.end(f"it printed a line of more than {LIMIT_LINE_BYTES:,} bytes")
                    break
                self._take(line)
            while stdout.read(65_536):  # what is not read would hold the process up when it ends
                pass
        self.inbox.end(self._why_it_ended())

    def _take(self, line: bytes) -> None:
        message = read(line)
        if message is None:
            if line.strip() and self.inbox.garbage is None:
                self.inbox.garbage = printable(line[:1_000].decode("utf-8", "replace").rstrip())
        elif "method" in message:
            if self.asked is not None:
                self.asked(message)
        else:
            self.inbox.put(message, len(line))

    def _why_it_ended(self) -> str:
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        self._threads[1].join(_GRACE_S)
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        last = f"; the last line of its stderr: {printable(lines[-1], 300)}" if lines else ""
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"it {how}{last}"

    def _listen(self) -> None:
        """Keep the last words of its stderr."""
        stderr = self._of(self._process.stderr)
        with suppress(OSError, ValueError):
            while data := os.read(stderr.fileno(), 65_536):
                self._said = (self._said + data)[-_LAST_BYTES:]

    @staticmethod
    def _of(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None  # noqa: S101 - all three are pipes
        return stream
