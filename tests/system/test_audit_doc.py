"""docs/audit.md: its servers get the verdicts that it says, its commands exist, its numbers are those of the code."""

from __future__ import annotations

import re
import shlex
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos.audit import Address, Options, Report, audit, load
from pytest_agentchaos.audit.experiments import EXPERIMENTS
from pytest_agentchaos.audit.sandbox import _LIMIT_FILES
from pytest_agentchaos.audit.world import LIMIT_READERS, LIMIT_RESOURCES
from pytest_agentchaos.cli import main

TEXT = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
VERDICTS = re.findall(r"```text\nadd_note +(.+)\n```", TEXT)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]


@contextmanager
def served(server: MCPServer) -> Iterator[str]:
    """The real SDK's server, on a port of this machine. The socket listens first, so that nobody has to wait."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = server.streamable_http_app(stateless_http=True, json_response=True)
        running = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            running.should_exit = True
            thread.join()


def audited(name: str) -> Report:
    """An audit of one of the servers of the page, behind a URL: to start it a dozen times takes too long for a test."""
    scope = {"__name__": name}
    exec(compile(PROGRAMS[name], name, "exec"), scope)  # noqa: S102 - that is the claim
    try:
        with served(scope["server"]) as url:
            return audit(Address(url), Options())
    finally:
        if "database" in scope:
            scope["database"].close()


@pytest.mark.parametrize(("name", "verdict"), list(zip(PROGRAMS, VERDICTS, strict=True)))
def test_the_servers_of_the_page_get_the_verdicts_that_it_says(name, verdict, tmp_path, monkeypatch):
    """With the real SDK, in the newest version of the protocol."""
    monkeypatch.chdir(tmp_path)
    report = audited(name)
    assert {tool.name: tool.verdict for tool in report.tools} == {"list_notes": "reads", "add_note": verdict}
    assert (report.protocol, report.server) == ("2026-07-28", "notes")
    assert [tool.findings for tool in report.tools if tool.verdict != "executes twice"] == [[]] * (
        1 if verdict == "executes twice" else 2
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page_are_understood(command, tmp_path, monkeypatch):
    """Each option exists."""
    monkeypatch.chdir(tmp_path)
    program, verb, *arguments = shlex.split(command)
    assert program == "agentchaos"
    main.get_command(None, verb).make_context(verb, arguments)


def test_the_examples_of_the_page_can_be_read(tmp_path):
    """As a file."""
    [text] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "examples.yaml").write_text(text)
    examples = load(tmp_path / "examples.yaml")
    assert [call["name"] for call in examples.setup] == ["create_list"]
    assert len(examples.arguments["add_item"]) == 2


def test_columns_and_limits_of_the_page_are_those_of_the_code():
    """In words and numbers."""
    told = re.findall(r"^\| `([^`]+)` \| (?:the|both)", TEXT, re.MULTILINE)
    assert told == [experiment.head for experiment in EXPERIMENTS]
    limits = re.search(r"At most (\d+) reading tools, (\d+) resources and ([\d,]+) files", TEXT)
    assert [int(one.replace(",", "")) for one in limits.groups()] == [LIMIT_READERS, LIMIT_RESOURCES, _LIMIT_FILES]


def test_the_table_shows_at_least_six_published_servers_with_their_versions():
    """And nothing of the machine on which it was made."""
    table = TEXT.partition("<!-- published: begin -->")[2].partition("<!-- published: end -->")[0]
    servers = re.findall(r"^\| \*\*(\S+) ([\d.]+)\*\*", table, re.MULTILINE)
    assert len(servers) >= 6
    assert {"retry-safe", "executes twice", "undecidable", "reads"} <= {
        row.split(" | ")[1] for row in table.splitlines() if row.count(" | ") >= 3
    }
    assert not re.search(r"/tmp|/home|/root|https?://", table)  # noqa: S108 - that is what must not stand there
