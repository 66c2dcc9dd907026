"""A shim as a process, with a client and a server of a few lines on its two sides."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_agentchaos.evidence.history import History

DEADLINE_S = 60
RESULT = {"booking": "B-17", "date": "2026-03-05", "price": 120, "seats": ["4A", "4B", "4C"]}
SERVER = """
import json, os, sys, time
RESULT = RESULT_HERE

def say(**message):
    os.write(1, (json.dumps({"jsonrpc": "2.0", **message}) + chr(10)).encode())

done, initialised, rest = [], [], b""
while chunk := os.read(0, 65536):
    rest += chunk
    while chr(10).encode() in rest:
        line, _, rest = rest.partition(chr(10).encode())
        try:
            message = json.loads(line)
        except ValueError:
            say(method="notifications/strange", params={"size": len(line)})
            continue
        if not isinstance(message, dict):
            say(method="notifications/strange", params={"items": len(message)})
            continue
        method, params = message.get("method"), message.get("params") or {}
        if method == "initialize":
            initialised.append(params.get("client"))
            say(id=message["id"], result={"pid": os.getpid()})
        elif method == "notifications/initialized":
            initialised.append("and on")
        elif method == "notifications/cancelled":
            say(method="notifications/heard", params=params)
        elif method == "tools/call":
            name = params["name"]
            done.append(name)
            say(method="notifications/did", params={"name": name, "times": done.count(name)})
            if name.startswith("exit"):
                os._exit(3)
            if name == "mute":
                os.close(1)
                continue
            if name == "mutter":
                os.write(1, b"this is no JSON \\xff" + chr(13).encode() + chr(10).encode())
                say(id="nobody", result={})
                say(id=message["id"], result={"content": []})
            if name == "batch":
                os.write(1, json.dumps([{"jsonrpc": "2.0", "id": message["id"], "result": {"content": []}}]).encode())
                os.write(1, chr(10).encode())
                continue
            if name == "silent":
                continue
            text = json.dumps({"times": done.count(name), "initialised": initialised, **RESULT})
            say(id=message["id"], result={"content": [{"type": "text", "text": text}]})
""".replace("RESULT_HERE", repr(RESULT))


class Session:
    """A client's side of one shim: it says lines and hears lines."""

    def __init__(self, command: list[str], folder: Path, **options: Any) -> None:
        self.log, self.record = folder / "log", folder / "history.jsonl"
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )
        self.heard: list[bytes] = []
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def send(self, data: bytes) -> None:
        """Say these bytes."""
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def say(self, **message: Any) -> None:
        """Say a message."""
        self.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def call(self, name: str, number: int) -> None:
        """Call a tool."""
        self.say(id=number, method="tools/call", params={"name": name, "arguments": {}})

    def cancel(self, number: int) -> None:
        """Give up on a call."""
        self.say(method="notifications/cancelled", params={"requestId": number})

    def line(self) -> bytes:
        """The next line; empty when the pipe has ended."""
        line = self._lines.get(timeout=DEADLINE_S)
        self.heard.append(line)
        return line

    def until(self, wanted: Any) -> dict[str, Any]:
        """The next message with this id, or of this method."""
        while line := self.line():
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict) and wanted in {message.get("id"), message.get("method")}:
                return message
        said = self.log.read_text(encoding="utf-8") if self.log.exists() else self.end().decode()
        msg = f"the pipe ended before {wanted!r}; heard {self.heard}; the log says {said}"
        raise AssertionError(msg)

    def answer(self, number: int) -> Any:
        """What the server's tool has answered."""
        return json.loads(self.until(number)["result"]["content"][0]["text"])

    def leave(self) -> int:
        """Close the pipe and wait for the end: the exit code."""
        self.process.stdin.close()
        return self.process.wait(DEADLINE_S)

    def history(self) -> History:
        """What the shim has seen."""
        return History.load(self.record)

    def kinds(self, name: str) -> list[str]:
        """The kinds of the ops of the first call of that name."""
        history = self.history()
        (index, *_) = [exchange.index for exchange in history.calls(name)]
        return ["invoke", *(op.kind for op in history if op.of == index)]

    def end(self) -> bytes:
        """Leave nothing behind: what was on stderr."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        said = b"" if self.process.stderr.closed else self.process.stderr.read()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
        return said


def _starting(folder):
    """``start("drop_response on tool=x", ...)``: a shim in front of the small server, or of another command."""
    sessions: list[Session] = []

    def start(*faults: str, options: tuple[str, ...] = (), server: Any = None, **more: Any) -> Session:
        injected = [word for fault in faults for word in ("--fault", fault)]
        own = folder / str(len(sessions))
        own.mkdir()
        kept = ["--log", str(own / "log"), "--history", str(own / "history.jsonl"), "--name", "air"]
        words = [sys.executable, "-m", "pytest_agentchaos.cli.wrap", *injected, *kept, *options, "--"]
        sessions.append(Session([*words, *(server or [sys.executable, "-S", "-E", "-c", SERVER])], own, **more))
        return sessions[-1]

    yield start
    for session in sessions:
        session.end()


@pytest.fixture
def shim(tmp_path):
    """Start a shim for one test."""
    yield from _starting(tmp_path)


@pytest.fixture(scope="module")
def module_shim(tmp_path_factory):
    """Start a shim for all tests of a module."""
    yield from _starting(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def result():
    """What the small server's tools answer."""
    return {"times": 1, "initialised": [], **RESULT}


@pytest.fixture
def ends():
    """Watch a process by its id; what that gives waits for its end, and says whether it came."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("only Linux tells when a process ends that is not one's own child")
    opened: list[int] = []

    def watch(pid: int) -> Any:
        opened.append(os.pidfd_open(pid))
        poll = select.poll()
        poll.register(opened[-1], select.POLLIN)
        return lambda: bool(poll.poll(DEADLINE_S * 1000))

    yield watch
    for fd in opened:
        os.close(fd)


@pytest.fixture
def server_command():
    """The small server."""
    return [sys.executable, "-S", "-E", "-c", SERVER]
