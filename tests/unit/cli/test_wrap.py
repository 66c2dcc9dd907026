"""``agentchaos wrap``: in an MCP client's configuration, and used wrongly."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from mcp import Client, MCPError, StdioServerParameters

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.history import History

WRAP = ("-c", "from pytest_agentchaos.cli import main; main(prog_name='agentchaos')", "wrap")
SERVER = """
import sys
from mcp.server.mcpserver import MCPServer

server = MCPServer("air")

@server.tool()
def book(flight: str) -> str:
    with open(sys.argv[1], "a") as record:
        record.write(flight + chr(10))
    return "booked " + flight

server.run()
"""


def test_a_client_of_the_sdk_sees_what_it_would_see_without(tmp_path):
    """A lost answer is a timeout, a duplicate books twice, a broken pipe is a closed connection."""
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    booked, seen = tmp_path / "booked", tmp_path / "seen.jsonl"
    options = [
        "--fault", "drop_response on tool=book nth=1", "--fault", "duplicate on tool=book nth=2",
        "--fault", "reset on tool=book nth=4", "--history", str(seen),
    ]  # fmt: skip
    command = [*WRAP, *options, "--", sys.executable, str(tmp_path / "server.py"), str(booked)]
    parameters = StdioServerParameters(command=sys.executable, args=command)

    async def book(client, flight, **patience):
        try:
            result = await client.call_tool("book", {"flight": flight}, **patience)
        except MCPError as error:
            return str(error)
        return result.content[0].text

    async def agent():
        async with Client(parameters) as client:
            said = [await book(client, "lost", read_timeout_seconds=1)]
            return said + [await book(client, flight) for flight in ("twice", "plain", "torn")]

    said = asyncio.run(agent())
    assert said == ["Request 'tools/call' timed out", "booked twice", "booked plain", "Connection closed"]
    assert booked.read_text(encoding="utf-8").split() == ["lost", "twice", "twice", "plain", "torn"]
    history = History.load(seen)
    assert {exchange.call.target for exchange in history.calls()} == {"server.py"}
    assert [exchange.ending for exchange in history.calls("book")] == ["info", "ok", "ok", "info"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "Missing argument '-- COMMAND [ARGS]...'"),
        (("--fault", "drop_respons", "--", "cat"), 2, "did you mean 'drop_response'?"),
        (("--fault", "", "--", "cat"), 2, "names no fault; write for example"),
        (("--scenario", "delivery/lost-akc", "--", "cat"), 2, "did you mean 'delivery/"),
        (("--scenario", "delivery/reset-after-the-work", "--only", "x", "--", "cat"), 2, "has no such trial"),
        (("--log", "/no/such/folder/log", "--", "cat"), 2, "give a file in a folder that is there"),
        (("--joined", "/no/such/folder", "--", "cat"), 2, "there is no trial to join"),
    ],
)
def test_wrong_usage_starts_nothing(words, code, told):
    """It names the value and the remedy."""
    result = CliRunner().invoke(main, ["wrap", *words])
    assert result.exit_code == code
    assert told in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [("no-such-command", 127, "No such file"), ("/dev/null", 126, "Permission denied")],
)
def test_a_command_that_cannot_be_run_is_told_as_shells_tell_it(command, code, told):
    """On stderr; stdout belongs to the protocol."""
    done = subprocess.run(
        [sys.executable, *WRAP, "--", command], capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert f"{command}: {told}" in done.stderr


def test_the_log_can_be_read_by_programs(tmp_path):
    """A JSON object a line: when, what, in words."""
    log = tmp_path / "log"
    options = ["--fault", "latency on tool=never", "--log", str(log), "--json"]
    done = subprocess.run(
        [sys.executable, *WRAP, *options, "--", "sh", "-c", "PASSWORD='hunter2' exec cat", "--api-key", "hunter2"],
        input=b"words\n",
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"words\n"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert "hunter2" not in log.read_text(encoding="utf-8")
    kinds = [line["kind"] for line in lines]
    assert kinds[0] == "begins"
    assert kinds[-1] == "ends"
    assert {"rule", "unproven", "no JSON of the client"} <= set(kinds)


def test_faults_of_a_scenario_are_injected_with_its_effects(tmp_path):
    """They come before those of the line; what calls is not looked for."""
    log = tmp_path / "log"
    options = ["--scenario", "delivery/reset-after-the-work", "--only", "usual-nth=3", "--fault", "hang on tool"]
    subprocess.run(
        [sys.executable, *WRAP, *options, "--log", str(log), "--", "true"], stdin=subprocess.DEVNULL, check=True
    )
    rules = [line for line in log.read_text(encoding="utf-8").splitlines() if "rule: " in line]
    assert ["Reset" in rules[0] and "nth=3" in rules[0], "Hang" in rules[1]] == [True, True]
