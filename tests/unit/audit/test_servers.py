"""Servers of every kind: of both eras, those that cannot be spoken to, those behind a URL."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from pytest_agentchaos.audit import Address, Command, Examples, Options, ServerError, audit
from pytest_agentchaos.audit.place import absolute
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.loopback import LoopbackServer

NAMES = ["list_orders", "add_order", "upsert", "pay", "order"]


@pytest.mark.parametrize("era", ["legacy", "dies", "asks"])
def test_servers_of_earlier_versions_are_spoken_to_as_they_expect(command, era):
    """Also those that end when they are asked in the new way, and those that ask something themselves."""
    report = audit(command("--era", era, "add_order", "list_orders"), Options())
    assert report.named("executes twice") == ["add_order"]
    assert report.protocol == ("2026-07-28" if era == "asks" else "2025-11-25")


def test_a_server_that_crashes_is_told_with_its_last_words(command):
    """Printable, and without the password in them."""
    with pytest.raises(ServerError, match="exit code 1; the last line of its stderr") as caught:
        audit(command("--era", "crashes"), Options())
    assert r"\x1b[2Jno database" in str(caught.value)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(("era", "told"), [("silent", "--timeout"), ("garbage", "Welcome to the shop!")])
def test_a_server_that_says_nothing_that_can_be_read_is_waited_for_no_longer_than_allowed(command, era, told):
    """What it printed instead is shown."""
    with pytest.raises(ServerError, match=r"did not answer initialize within 0\.4 s") as caught:
        audit(command("--era", era, timeout_s=0.4), Options())
    assert told in str(caught.value)


def test_a_command_that_does_not_exist_cannot_be_started():
    """Nothing is left behind by the attempt."""
    with pytest.raises(UsageError, match="no-such-program: it cannot be started"):
        audit(Command(["no-such-program"]), Options())


def test_files_of_a_command_are_found_from_its_sandbox_too(tmp_path, monkeypatch):
    """It runs in another folder than it was written in; words that are no files stay."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.py").touch()
    assert absolute(["python", "server.py", "--db", "a.db"]) == ["python", str(tmp_path / "server.py"), "--db", "a.db"]
    assert absolute(["bin/serve"]) == [str(tmp_path / "bin/serve")]


def test_secrets_of_the_environment_are_not_passed_on(command, monkeypatch):
    """A server that nobody has sandboxed must not reach production because a token lay about."""
    monkeypatch.setenv("SHOP_TOKEN", "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    code = "import os, sys; sys.exit(' '.join(os.environ.get(name, '-') for name in ('SHOP_TOKEN', 'LANG', 'GIVEN')))"
    with pytest.raises(ServerError, match=r"stderr: - C\.UTF-8 here"):
        audit(Command([command().words[0], "-I", "-S", "-c", code], {"GIVEN": "here"}), Options())


def test_a_line_without_an_end_is_no_reason_to_run_out_of_memory(command, monkeypatch):
    """It is given up, and told."""
    monkeypatch.setattr("pytest_agentchaos.audit.stdio.LIMIT_LINE_BYTES", 1_000)
    code = "import sys; sys.stdin.readline(); print('x' * 5_000, flush=True); sys.stdin.read()"
    with pytest.raises(ServerError, match="a line of more than 1,000 bytes"):
        audit(Command([command().words[0], "-I", "-S", "-c", code]), Options())


# Behind a URL


class Web:
    """The shop over HTTP: one process for the whole audit, as it is with servers that somebody else runs."""

    def __init__(self, shop, era, *, stream):
        self.shop, self.era, self.stream = shop.Shop(), era, stream
        self.headers, self.deleted, self.answered = [], 0, shop.answered
        self.lock = threading.Lock()
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not body.endswith(b"}"):
                    return  # its client is gone already
                message = json.loads(body)
                web.headers.append((message.get("method"), dict(self.headers)))
                with web.lock:
                    web.shop.look()
                    answer = web.answered(web.shop, NAMES, message, web.era)
                if answer is None:
                    self.send_response(202)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = json.dumps(answer).encode()
                if web.stream:
                    noise = b'data: {"jsonrpc": "2.0", "method": "notifications/message"}\r\n\r\n'
                    body = b": ping\r\n\r\n" + noise + b"event: message\r\ndata: " + body + b"\r\n\r\n"
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream" if web.stream else "application/json")
                if message.get("method") == "initialize":
                    self.send_header("Mcp-Session-Id", "s-1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_DELETE(self):
                web.deleted += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(LoopbackServer):
            def failed(self, error):
                raise error

        self.server = Server(Handler, "shop")
        self.url = f"http://127.0.0.1:{self.server.port}/mcp"

    def __enter__(self):
        self.server.begin()
        return self

    def __exit__(self, *_):
        self.server.end()


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_server_behind_a_url_is_audited_though_it_is_never_fresh(shop, era):
    """Each experiment has a word of its own in its arguments; what it changed is what is compared."""
    with Web(shop, era, stream=era == "legacy") as web:
        report = audit(Address(web.url, {"Authorization": "Bearer t"}), Options())
    tools = {tool.name: tool for tool in report.tools}
    assert {name: tool.verdict for name, tool in tools.items()} == {
        "list_orders": "reads",
        "add_order": "executes twice",
        "upsert": "retry-safe",
        "pay": "retry-safe",
        "order": "undecidable",
    }
    assert "--allow-unannotated" in tools["order"].why
    assert tools["pay"].outcomes["restarted"].status == "not run"
    assert all(headers["Authorization"] == "Bearer t" for _, headers in web.headers)
    asked = [headers for method, headers in web.headers if method == "tools/call"][-1]
    if era == "modern":
        assert (asked["Mcp-Method"], asked["MCP-Protocol-Version"]) == ("tools/call", "2026-07-28")
        assert web.deleted == 0
    else:
        assert (asked["Mcp-Session-Id"], asked["MCP-Protocol-Version"]) == ("s-1", "2025-11-25")
        assert web.deleted > 0


def test_a_server_that_can_be_reset_is_fresh(shop, tmp_path, command):
    """The command is run before each experiment; then arguments need no word of their own."""
    log = tmp_path / "resets"
    code = f"open({str(log)!r}, 'a').write('x')"
    reset = f'{command().words[0]} -I -S -c "{code}"'
    examples = Examples({"add_order": [{"item": "tea"}]})
    options = Options(examples, only=frozenset({"add_order"}))
    with Web(shop, "modern", stream=False) as web:
        bare = audit(Address(web.url), options)
        report = audit(Address(web.url, reset=reset), options)
    assert "without --reset they need a {token}" in bare.tools[0].why
    assert report.tools[0].verdict == "executes twice"
    assert len(log.read_text()) > 6


def test_a_reset_that_fails_ends_the_audit(shop, command):
    """Everything after it would prove nothing."""
    reset = f"{command().words[0]} -I -S -c \"raise SystemExit('no such table')\""
    with Web(shop, "modern", stream=False) as web, pytest.raises(UsageError, match="exit code 1: no such table"):
        audit(Address(web.url, reset=reset), Options())


def test_only_this_machine_is_audited_unless_somebody_allows_it():
    """And only over HTTP."""
    with pytest.raises(UsageError, match=r"--allow tools\.example"):
        Address("http://tools.example/mcp")
    assert Address("http://tools.example/mcp", allowed=["*.example"])
    with pytest.raises(UsageError, match="no URL of an MCP server"):
        Address("http:///mcp")


def test_nobody_there_is_told_at_once():
    """A port on which nothing listens."""
    server = LoopbackServer(BaseHTTPRequestHandler, "nobody")
    port = server.port
    server.server_close()
    before = time.perf_counter()
    with pytest.raises(ServerError, match="refused"):
        audit(Address(f"http://127.0.0.1:{port}/mcp"), Options())
    assert time.perf_counter() - before < 15


def test_resources_are_witnesses_too(tmp_path, command):
    """Also where a server says that it has some and then refuses to list them."""
    code = tmp_path / "server.py"
    code.write_text(RESOURCES)
    words = [command().words[0], "-I", "-S", str(code)]
    tools = audit(Command([*words, "yes"]), Options()).tools
    assert (tools[0].verdict, tools[0].witnesses) == ("executes twice", ["resource memo://all"])
    assert audit(Command([*words, "no"]), Options()).tools[0].verdict == "undecidable"


RESOURCES = """
import json, sys

memos = []
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method, result = asked["method"], {}
    if method == "server/discover":
        result = {"supportedVersions": ["2026-07-28"], "capabilities": {"resources": {}}}
    elif method == "tools/list":
        result = {"tools": [{"name": "add_memo", "inputSchema": {}}]}
    elif method == "tools/call":
        memos.append("memo")
    elif method == "resources/list" and sys.argv[1] == "yes":
        result = {"resources": [{"uri": "memo://all"}]}
    elif method == "resources/read":
        result = {"contents": [{"uri": "memo://all", "text": "\\n".join(memos)}]}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def test_a_setup_that_fails_ends_the_audit(command):
    """Nothing could be told from what comes after it."""
    setup = [{"name": "picky", "arguments": {"text": "a"}}]
    with pytest.raises(ServerError, match="setup: picky says: "):
        audit(command("picky", setup=setup), Options(Examples(setup=setup)))
