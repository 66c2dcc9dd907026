"""``agentchaos audit``: the table, JSON, SARIF, exit codes, and what is said of wrong usage."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.audit.advice import RULES
from pytest_agentchaos.audit.report import Finding, Report, ToolReport
from pytest_agentchaos.audit.sarif import document
from pytest_agentchaos.audit.table import lines
from pytest_agentchaos.cli import main
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.messages.schema_check import SchemaCheck

DEADLINE_S = 30
SHOP = str(Path(__file__).parents[1] / "audit" / "shop.py")
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
ESSENTIALS = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": TEXT,
                                                "help": TEXT,
                                                "defaultConfiguration": {
                                                    "properties": {
                                                        "level": {"enum": ["none", "note", "warning", "error"]}
                                                    },
                                                    "additionalProperties": False,
                                                },
                                            },
                                            "additionalProperties": False,
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["message"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "properties": {"type": "object"},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "additionalProperties": False,
                                        "properties": {
                                            "logicalLocations": {
                                                "type": "array",
                                                "items": {
                                                    "properties": {
                                                        "name": {"type": "string"},
                                                        "fullyQualifiedName": {"type": "string"},
                                                        "kind": {"type": "string"},
                                                    },
                                                    "additionalProperties": False,
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What the schema of SARIF 2.1.0 says of the parts that are written."""


def run(*words, server=("list_orders", "add_order")):
    """The command, on the small server."""
    command = ["audit", *words, "--", sys.executable, "-I", "-S", SHOP, *server]
    return CliRunner().invoke(main, command, prog_name="agentchaos")


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """One audit, with all that it writes."""
    path = tmp_path_factory.mktemp("sarif") / "audit.sarif"
    return run("--json", "--sarif", str(path)), json.loads(path.read_text())


def test_json_says_everything_and_the_exit_code_that_something_executes_twice(audited):
    """For programs and for CI."""
    result, _ = audited
    told = json.loads(result.stdout)
    assert (result.exit_code, told["exit_code"]) == (1, 1)
    assert told["server"] == {"name": "shop", "version": "1.0", "protocol": "2026-07-28"}
    [reads, writes] = told["tools"]
    assert (reads["verdict"], writes["verdict"], writes["seen_by"]) == (
        "reads", "executes twice", ["list_orders", "the files"],
    )  # fmt: skip
    assert writes["experiments"]["answer lost"]["status"] == "twice"


def test_sarif_names_the_tool_the_rule_and_the_cure(audited):
    """As code scanners read it."""
    _, sarif = audited
    assert SchemaCheck().misfit(ESSENTIALS, sarif) is None
    [run] = sarif["runs"]
    [found] = run["results"]
    rule = run["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert found["ruleId"] == rule["id"] == "executes-twice"
    assert found["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "shop/add_order"
    assert rule["help"]["text"] in found["message"]["text"]


def test_every_rule_fits_into_sarif():
    """Also those that this server did not break."""
    findings = [Finding(rule, "told") for rule in RULES]
    report = Report("s", "1", "2026-07-28", [ToolReport("t", "undecidable", "why", findings=findings)])
    assert SchemaCheck().misfit(ESSENTIALS, document(report)) is None
    assert len(document(report)["runs"][0]["results"]) == len(RULES)


def test_the_table_has_a_row_for_each_tool_and_the_cure_once():
    """Then why, then what to do, then the sum."""
    result = run(
        "--tool", "upsert", "--tool", "list_orders", "--tool", "notify", server=["list_orders", "upsert", "notify"]
    )
    told = result.stdout.splitlines()
    assert result.exit_code == 3
    assert told[0] == "shop 1.0, protocol 2026-07-28: 3 tools"
    heads = ["tool", "verdict", "lost", "same id", "at once", "cancel", "late", "restart", "seen by"]
    assert re.split(r" {2,}", told[2]) == heads
    assert told[4].split()[:8] == ["upsert", "retry-safe", "ok", "ok", "ok", "ok", "stale", "ok"]
    assert sum(line.startswith("late-copy-wins (upsert)") for line in told) == 1
    assert told[-1] == "1 undecidable, 1 retry-safe, 1 reads"


def test_what_can_only_be_safe_ends_with_zero():
    """CI may go on."""
    assert run(server=["list_orders", "upsert"]).exit_code == 0


def test_the_table_shows_experiments_without_a_key_beneath():
    """A client may leave it out."""
    told = run(server=["list_orders", "pay"]).stdout.splitlines()
    at = next(at for at, line in enumerate(told) if line.startswith("pay"))
    assert told[at].split()[:4] == ["pay", "retry-safe", "ok", "ok"]
    assert told[at + 1].split()[:4] == ["without", "idempotency_key", "TWICE", "TWICE"]


def test_a_report_without_tools_is_no_table_of_nothing():
    """It says so, and is no success: a server that lacks its settings may have none."""
    report = Report("s", "", "2026-07-28", [])
    assert list(lines(report)) == ["s, protocol 2026-07-28: 0 tools", "", "", "it has no tools"]
    assert report.exit_code == 3


def test_what_a_server_prints_beside_its_messages_is_noted():
    """Its clients may take it amiss."""
    server = f"sys.argv[1:] = ['list_orders']; runpy.run_path({SHOP!r}, run_name='__main__')"
    chatty = f"print('Starting', flush=True); import runpy, sys; {server}"
    result = CliRunner().invoke(main, ["audit", "--json", "--", sys.executable, "-c", chatty])
    assert json.loads(result.stdout)["remarks"] == [
        "it prints what is no message of MCP, and clients may give it up: 'Starting'"
    ]


STUBBORN = """
import os, sys, time
line = open(sys.argv[1], "w")
print(os.getcwd(), file=line, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_an_audit_that_is_ended_leaves_no_server_and_no_folder(tmp_path, by):
    """Though the server does not end with its input."""
    line = tmp_path / "line"
    os.mkfifo(line)
    verb = [sys.executable, "-c", "from pytest_agentchaos.cli import main; main()", "audit", "--timeout", "600", "--"]
    with subprocess.Popen([*verb, sys.executable, "-c", STUBBORN, str(line)], stderr=subprocess.DEVNULL) as process:
        try:
            with line.open() as told:
                folder = Path(told.readline().strip())
                process.send_signal(by)
                assert select.select([told], [], [], DEADLINE_S)[0]
                assert told.read() == ""  # the server has let go of it
        finally:
            process.kill()
    until_s = wall_s() + DEADLINE_S
    while folder.exists() and wall_s() < until_s:  # the next thing that is done
        pass
    assert not folder.exists()


def test_the_template_is_printed_and_nothing_is_called(tmp_path):
    """A file to begin with."""
    marker = tmp_path / "called"
    result = run("--template", server=["--marker", str(marker), "destroy", "add_order"])
    assert result.exit_code == 0
    assert '  "add_order":\n    - {"item": "audit-{token}"}' in result.stdout
    assert not marker.exists()


def test_examples_and_variables_reach_the_server(tmp_path):
    """From a file, and from options."""
    examples = tmp_path / "e.yaml"
    examples.write_text("setup:\n  - add_order: {item: tea}\ntools:\n  register: [{name: cake}]\n")
    result = run("--examples", str(examples), "--env", "A=1", "--json", server=["list_orders", "add_order", "register"])
    register = json.loads(result.stdout)["tools"][2]
    assert "cake exists already" in register["findings"][0]["text"]


@pytest.mark.parametrize(("words", "told"), [
    (["--reset", "true", "--", "python"], "--reset is for a URL"),
    (["--env", "A=1", "http://127.0.0.1:9/"], "--env is for a command"),
    (["http://127.0.0.1:9/", "--json"], "'--json' stands after a URL"),
    (["http://127.0.0.1:9/", "Bearer abcdefghijklmnop"], "'Bearer [hidden]' stands after a URL"),
    (["--header", "Authorization Bearer abcdefghijklmnop", "http://127.0.0.1:9/"], "'Authorization Bearer [hidden]'"),
    (["--header", "no", "http://127.0.0.1:9/"], "write it as NAME:VALUE"),
    (["--env", "NO_SUCH_VARIABLE_HERE", "--", "python"], "there is no such variable here"),
    (["http://tools.example/mcp"], "--allow tools.example"),
    (["--examples", "no-such-file.yaml", "--", "python"], "no-such-file.yaml:1: the file cannot be read"),
    (["--", "no-such-program"], "no-such-program: it cannot be started"),
    (["127.0.0.1:9/mcp"], "or the URL of one, with http://"),
    (["--", sys.executable, "no_such.py"], "there is no 'no_such.py' in this folder"),
    (["http://127.0.0.1:9/mcp"], "the server did not answer initialize: the connection failed"),
])  # fmt: skip
def test_wrong_usage_is_told_and_exits_with_two(words, told):
    """With the remedy, and without a traceback."""
    result = CliRunner().invoke(main, ["audit", *words], prog_name="agentchaos")
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_tool_that_is_not_there_offers_the_nearest():
    """In options and in examples."""
    result = run("--tool", "add_ordr")
    assert result.exit_code == 2
    assert "did you mean 'add_order'?" in result.stderr


def test_sarif_that_cannot_be_written_is_told(tmp_path):
    """Before the server is started: an audit takes minutes."""
    started = tmp_path / "started"
    server = ["--", sys.executable, "-c", f"open({str(started)!r}, 'w')"]
    result = CliRunner().invoke(main, ["audit", "--sarif", str(tmp_path / "no" / "a.sarif"), *server])
    assert result.exit_code == 2
    assert not started.exists()
    assert "the findings cannot be written" in result.stderr


def test_a_full_disk_loses_no_finding():
    """What took minutes is printed, and the exit code does not say that a tool executes twice."""
    result = run("--sarif", "/dev/full", "--tool", "list_orders")
    assert (result.exit_code, "list_orders" in result.stdout) == (2, True)
    assert "/dev/full: the findings cannot be written: No space left" in result.stderr
