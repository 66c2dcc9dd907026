"""The shim as a process: bytes, ends, signals, and peers that misbehave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

SHELL = ("/bin/sh", "-c")
ODD = (
    b"",
    b"\n\r\n",
    b'{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n',
    b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n[{"jsonrpc":"2.0","id":2,"method":"ping"}]\n',
    b"\xff\xfe\x00 no text\n{not json}\n[1,2\n" + b"[" * 100_000 + b'\n"text"\n17\n{}\n',
    b'{"jsonrpc":"1.0","id":1,"method":"x"}\n{"jsonrpc":"2.0","id":null,"method":"x"}\n{"id":{},"method":3}\n',
    b'{"jsonrpc":"2.0","id":7,"result":{}}\n{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}\n',
    b'{"jsonrpc":"2.0","id":NaN,"method":"x"}\n{"jsonrpc":"2.0","id":1e999,"method":"x"}\n' + b'{"a":' * 5000 + b"\n",
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":7}\nno newline at the end',
)


def test_bytes_that_no_fault_concerns_pass_as_they_are(shim):
    """Both ways, whatever they are; with a rule for something else, and a history of what could be read."""
    everything = b"".join(line if line.endswith(b"\n") else line + b"\n" for line in ODD[:-1]) + ODD[-1]
    one = shim("drop_response on tool=other", server=["/bin/cat"])
    one.send(everything)
    assert one.leave() == 0
    heard = b"".join(iter(one.line, b""))
    assert heard == everything
    assert one.end() == b""
    log = one.log.read_text(encoding="utf-8")
    assert log.count("no JSON of the client") == 1
    assert log.count("batch of the client") == 1
    assert "defect" not in log
    assert all(exchange.ending != "open" for exchange in one.history().calls())


def test_a_message_that_is_too_long_to_be_held_passes_in_pieces(shim):
    """40 MB of it, and the next one is seen again; the log and the history say that nobody has looked at it."""
    long = b'{"jsonrpc":"2.0","id":1,"method":"x","params":"' + b"y" * 40_000_000 + b'"}\n'
    last = b'{"jsonrpc":"2.0","id":2,"method":"ping"}\n'
    one = shim(server=["/bin/cat"])
    one.send(long + last)
    assert (one.line(), one.line()) == (long, last)
    assert one.leave() == 0
    assert "too long, client" in one.log.read_text(encoding="utf-8")
    assert [exchange.call.name for exchange in one.history().calls()] == ["ping"]
    assert any("unseen" in op.data for op in one.history())


def test_exit_codes_and_stderr_are_the_servers_own(shim):
    """Both are untouched; so are its folder, its environment and its words."""
    told = 'echo "$PWD $GREETING $1" >&2; exit 7'
    environment = {**os.environ, "GREETING": "hello"}
    one = shim(server=[*SHELL, told, "sh", "two words"], cwd="/", env=environment)
    assert one.process.wait(60) == 7
    assert one.end() == b"/ hello two words\n"


def test_a_server_that_a_signal_ends_ends_the_shim_by_the_same(shim):
    """As whoever waits for the process would see it without the shim."""
    one = shim(server=[*SHELL, "kill -USR2 $$"])
    assert one.process.wait(60) == -signal.SIGUSR2


def test_signals_reach_the_server(shim):
    """It may catch them, and what it says last is passed on; its exit code is its own."""
    code = """
import os, signal, sys
def last(number, frame):
    os.write(1, b"last words\\n")
    os._exit(5)
signal.signal(signal.SIGTERM, last)
signal.signal(signal.SIGHUP, lambda *_: os.write(1, b"again\\n"))
os.write(1, b"ready\\n")
while True:
    signal.pause()
"""
    one = shim(server=[sys.executable, "-S", "-E", "-c", code])
    assert one.line() == b"ready\n"
    one.process.send_signal(signal.SIGHUP)
    assert one.line() == b"again\n"
    one.process.terminate()
    assert one.line() == b"last words\n"
    assert one.process.wait(60) == 5


def test_a_shim_that_is_killed_takes_its_server_along(shim, ends):
    """With what that has started, though it is stopped and ignores SIGTERM; and the history is there so far."""
    family = "trap '' TERM HUP; sleep 1000 & echo $! $$; kill -STOP $$"
    one = shim(server=[*SHELL, family])
    family = [ends(int(pid)) for pid in one.line().split()]
    one.process.kill()
    one.process.wait(60)
    assert [wait() for wait in family] == [True, True]


CLIENT = """
import json, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

def say(**message):
    process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\\n")
    process.stdin.flush()

say(id=1, method="initialize", params={})
pids = process.pid, json.loads(process.stdout.readline())["result"]["pid"]
say(id=2, method="tools/call", params={"name": "slow"})
print(*pids, flush=True)
process.wait()
"""


@pytest.mark.parametrize("fault", ["latency(seconds=3600)", "late_delivery(seconds=3600, torn_after_s=0)"])
def test_a_client_that_is_killed_leaves_nothing_behind(fault, server_command, ends):
    """Although a request is on its way for an hour yet."""
    shim = [sys.executable, "-m", "pytest_agentchaos.cli.wrap", "--fault", f"{fault} on tool=slow", "--"]
    client = subprocess.Popen([sys.executable, "-c", CLIENT, *shim, *server_command], stdout=subprocess.PIPE)
    with client:
        family = [ends(int(pid)) for pid in client.stdout.readline().split()]
        client.kill()
    assert [wait() for wait in family] == [True, True]


def test_a_history_is_there_when_the_shim_is_killed(shim, tmp_path):
    """Up to the last quiet moment, also after `kill -9`."""
    log = tmp_path / "log"
    os.mkfifo(log)
    one = shim("drop_response on tool=book", options=("--log", str(log)))
    with log.open(encoding="utf-8") as told:
        one.call("book", 1)
        assert any("fault: drop_response" in line for line in told)
        one.process.kill()
        one.process.wait(60)
    assert one.kinds("book")[:2] == ["invoke", "fault"]


def test_a_signal_writes_down_how_everything_stands(shim):
    """What is under way stays unknown."""
    one = shim()
    one.call("silent", 1)
    one.until("notifications/did")
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(60) == -signal.SIGTERM
    assert one.kinds("silent") == ["invoke", "info"]


def test_what_a_server_said_before_its_end_arrives():
    """However slowly the client reads: more than pipes hold."""
    code = "import os; os.write(1, b'x' * 1_199_999 + bytes([10])); os.write(2, b'bye' + bytes([10])); os._exit(4)"
    shim = [sys.executable, "-m", "pytest_agentchaos.cli.wrap", "--", sys.executable, "-S", "-E", "-c", code]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(shim, **piped) as process:
        assert process.stderr.readline() == b"bye\n"
        assert len(process.stdout.read()) == 1_200_000
        assert process.wait(60) == 4


def test_a_server_that_dies_leaves_its_call_unknown(shim):
    """What it has said before is passed on."""
    one = shim()
    one.call("exit", 1)
    assert one.until("notifications/did")
    assert one.line() == b""
    assert one.process.wait(60) == 3
    assert one.kinds("exit") == ["invoke", "info"]


def test_a_server_that_closes_its_output_and_lives(shim):
    """The client sees the pipe end; what it sends still arrives, until it leaves."""
    one = shim("latency(seconds=3600) on tool=slow")
    one.call("slow", 1)
    one.call("mute", 2)
    one.until("notifications/did")
    assert one.line() == b""
    assert one.process.poll() is None
    one.leave()
    assert (one.kinds("mute"), one.kinds("slow")) == (["invoke", "info"], ["invoke", "fault", "fail"])


def test_a_client_that_does_not_read_is_felt_by_the_server():
    """Its output breaks, as it would without the shim."""
    reading, writing = os.pipe()
    os.close(reading)
    script = "read line; while echo words; do :; done 2> /dev/null; exit 9"
    shim = [sys.executable, "-m", "pytest_agentchaos.cli.wrap", "--", *SHELL, script]
    with subprocess.Popen(shim, stdin=subprocess.PIPE, stdout=writing) as process:
        os.close(writing)
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert process.wait(60) in {9, -signal.SIGPIPE}


def test_a_server_that_mutters_does_not_confuse_anything(shim):
    """No JSON, an id that nobody has asked, an answer given twice: passed on, logged once, and the fault still acts."""
    one = shim("drop_response on tool=batch", "empty on tool=mutter nth=2")
    one.call("mutter", 1)
    one.until(1)
    one.until(1)
    one.call("mutter", 2)
    one.until(2)
    one.call("batch", 3)
    one.until("notifications/did")
    one.call("plain", 4)
    assert one.answer(4)["times"] == 1
    assert not any(b'"id": 3' in line or b'"id":3' in line for line in one.heard)
    assert b"this is no JSON \xff\r\n" in one.heard
    one.cancel(3)
    assert one.leave() == 0
    log = one.log.read_text(encoding="utf-8")
    assert [log.count(kind) for kind in ("no JSON of the server", "unknown id", "batch of the server")] == [1, 1, 1]


def test_the_same_id_twice_is_two_calls(shim):
    """A client that forgets itself: both are in the history, and nothing is lost."""
    one = shim()
    one.call("silent", 1)
    one.call("plain", 1)
    assert one.answer(1)["times"] == 1
    assert one.leave() == 0
    assert (one.kinds("silent"), one.kinds("plain")) == (["invoke", "info"], ["invoke", "ok"])


def test_what_is_sent_before_the_end_of_input_arrives(shim):
    """A script that writes its requests and closes the pipe gets all its answers, those under a fault too."""
    one = shim("latency(seconds=0.1) on tool=slow")
    one.call("slow", 1)
    one.call("plain", 2)
    assert one.leave() == 0
    answers = {message["id"] for line in iter(one.line, b"") if "id" in (message := json.loads(line))}
    assert answers == {1, 2}


def test_a_server_that_never_speaks_ends_with_its_client(shim):
    """Nobody waits for what cannot come."""
    one = shim(server=[*SHELL, "cat > /dev/null"])
    one.call("plain", 1)
    assert one.leave() == 0
    assert one.kinds("plain") == ["invoke", "info"]


def test_a_call_under_a_fault_that_is_never_answered_keeps_nobody(shim):
    """The server's input ends when the call has been sent and no answer comes, as it would without a fault."""
    one = shim("latency(seconds=0.1) on tool=plain", server=[*SHELL, "cat > /dev/null"])
    one.call("plain", 1)
    assert one.leave() == 0
    assert one.kinds("plain") == ["invoke", "fault", "info"]
