"""``agentchaos replay``: what it prints, and with which code it ends."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys

import pytest
from click.testing import CliRunner

from pytest_agentchaos import faults, on
from pytest_agentchaos.cli import replay as cli
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay import compact, pasted, replay, saved
from pytest_agentchaos.replay.keeping import keep
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

SHOP = """
from pytest_agentchaos import Effect

def order(item):
    print("\\a\u202epassword=hunter22 is printed")
    return {"order": f"\\x1b[2J{item}", "key": "sk-abcdefghijklmnopqrstuvwxyz"}

def shop(chaos, *, careful=False):
    chaos.effect(Effect("order", tool="order", key="item"))
    tool = chaos.tool(order)
    def take(item="tea"):
        for _ in range(1 if careful else 2):
            try:
                return tool(item=item)
            except TimeoutError:
                pass
        return None
    return take
"""


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """An order that is lost on the way back, and so made twice."""
    (tmp_path / "commanded_shop.py").write_text(SHOP, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    lost = rule(faults.DropResponse(), on.tool("order", nth=1))
    yield Plan(System.of("commanded_shop:shop"), schedule=(lost,))
    sys.modules.pop("commanded_shop", None)


def test_a_trial_of_a_test_names_the_line_that_runs_it_again(tmp_path):
    """What a test does stands in the test, not in its results; a line that is none of ours is cleaned."""
    own = {"test": "tests/test_a.py::test_x", "replay": "pytest tests/test_a.py::test_x --agentchaos-seed=3\x1b[2J"}
    plan = {"system": "", "schedule": [], "seed": 3}
    told = CliRunner().invoke(cli.command, [json.dumps(plan | own)])
    assert told.exit_code == 2
    assert "this trial is a test, which pytest runs again:\n  pytest tests/test_a.py::test_x" in told.output
    assert "\x1b" not in told.output
    assert "system:" not in told.output
    told = CliRunner().invoke(cli.command, [json.dumps(plan | {"test": own["test"]})])
    assert "  pytest tests/test_a.py::test_x\n" in told.output


@pytest.fixture
def folder(plan):
    """Its results."""
    keep(replay(pasted(json.dumps(plan.to_data()))), "kept")
    return "kept"


def run(*arguments, stdin=None):
    """The command, as a shell has it."""
    return CliRunner().invoke(cli.command, arguments, input=stdin)


def test_a_trial_that_fails_as_recorded_ends_with_1(folder, plan):
    """It says what is imported before it is, then what came of it."""
    result = run(folder)
    assert result.exit_code == 1
    assert result.stderr == "system: commanded_shop:shop\n"
    assert f"trial {plan.id}, from kept/results.jsonl, line 2" in result.stdout
    assert "FAIL    no_duplicate_effect" in result.stdout
    assert "the same history as recorded" in result.stdout


def test_without_its_fault_it_holds_and_ends_with_0(folder):
    """The options reach the replay."""
    assert run(folder, "--without", "1").exit_code == 0
    assert run(folder, "--system", "commanded_shop:shop(careful=True)").exit_code == 0
    assert "seed 9 in place of 0" in run(folder, "--seed", "9").stdout


def test_another_history_ends_with_4(plan):
    """Neither success nor failure of the system."""
    line = perform(plan).result.to_line()
    digest = json.loads(line)["digest"]
    result = run(line.replace(digest, "0" * 64))
    assert result.exit_code == 4
    assert "another history than recorded" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [("nowhere",), ("kept", "--without", "2"), ("kept", "--without", "x"), ("kept", "--step", "--json"), ()],
)
def test_wrong_usage_ends_with_2(folder, arguments):
    """In one sentence, without a traceback."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output


def test_an_error_tells_no_secrets_and_sends_nothing_to_the_terminal():
    """A file is somebody else's text."""
    result = run(json.dumps({"system": "no\x1b[2Jwhere:x", "bell\a": 1, "seed": "sk-abcdefghijklmnopqrstuvwxyz"}))
    assert result.exit_code == 2
    assert "bell" in result.output
    assert all(part not in result.output for part in ("\x1b", "\a", "sk-abc"))


def test_what_a_line_names_is_read_from_standard_input_as_well(plan):
    """A dash, as everywhere."""
    assert run("-", stdin=compact(perform(plan).result)).exit_code == 1
    assert run("-", stdin="").exit_code == 2


def test_more_than_anybody_pastes_is_refused(monkeypatch):
    """A stream without an end must not fill the memory."""
    monkeypatch.setattr(cli, "_STDIN_CHARACTERS", 10)
    result = run("-", stdin="x" * 11)
    assert result.exit_code == 2
    assert "more than 10 characters" in result.output


def test_as_json_it_is_one_document_on_standard_output(folder):
    """For programs; what is imported is told beside it."""
    result = run(folder, "--json")
    data = json.loads(result.stdout)
    assert (data["same"], data["exit_code"], result.exit_code) == (True, 1, 1)


def test_what_a_system_says_is_nothing_that_a_terminal_obeys(folder):
    """What it prints is told with what it left behind, without secrets."""
    printed = run(folder).stdout
    assert "is printed" in printed
    assert all(part not in printed for part in ("\a", "\u202e", "hunter22"))


def test_what_a_history_says_is_nothing_that_a_terminal_obeys(folder, plan, tmp_path):
    """Where two of them part, a piece of each is shown."""
    file = tmp_path / folder / "results.jsonl"
    digest = perform(plan).result.digest
    file.write_text(file.read_text(encoding="utf-8").replace(digest, "0" * 64), encoding="utf-8")
    kept = saved(folder).history
    kept.write_bytes(gzip.decompress(kept.read_bytes()).replace(b'"order":"', '"order":"\u202e'.encode()))
    printed = run(folder).stdout
    assert "they part at op" in printed
    assert "\\u202e" in printed
    assert "\u202e" not in printed


def test_step_prints_every_op(folder, plan):
    """A pipe has nobody who answers, so it does not wait."""
    printed = run(folder, "--step").stdout
    ops = len(perform(plan).history)
    assert len(re.findall(r"^ *\d+ +\d+\.\d{3} s  ", printed, re.MULTILINE)) == ops
    assert "\x1b" not in printed
    assert "sk-abc" not in printed


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self):
        """Yes."""
        return True


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("", (None, 0)), ("g\n", (None, 0)), ("\n\nq\n", (3, 0)), ("m\nM\nq\n", (1, 2)), ("?\n\nq\n", (2, 0))],
)
def test_at_a_terminal_step_waits_for_an_answer(plan, monkeypatch, capsys, typed, expected):
    """Enter goes on, m shows all of an op, g goes on to the end, q ends; the end of input is as g."""
    ops, messages = expected
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    again = replay(pasted(json.dumps(plan.to_data())))
    cli._step(again)
    printed = capsys.readouterr().out
    shown = len(re.findall(r"^ *\d+ +\d+\.\d{3} s  ", printed, re.MULTILINE))
    assert shown == (len(again.performance.history) if ops is None else ops)
    assert printed.count('"i": 0,') == messages
    assert "\x1b" not in printed


@pytest.mark.parametrize(("answer", "code"), [("y\n", 1), ("n\n", 2), ("", 130)])
def test_at_a_terminal_a_pasted_line_is_run_when_a_person_has_seen_what_it_names(plan, monkeypatch, answer, code):
    """Nobody can read a compact line."""
    text = compact(perform(plan).result)
    sys.modules.pop("commanded_shop")
    typed = Terminal(answer)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: typed.readline().strip() or _end())
    with pytest.raises(SystemExit) as ended:
        cli.command([text], standalone_mode=True)
    assert ended.value.code == code
    assert ("commanded_shop" in sys.modules) == (answer == "y\n")


def _end():
    raise EOFError


def test_whoever_names_the_system_is_not_asked(plan, monkeypatch):
    """It is the person's own word then."""
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(SystemExit) as ended:
        cli.command([compact(plan.to_data()), "--system", "commanded_shop:shop"])
    assert ended.value.code == 1


def test_a_replay_can_be_kept(folder, tmp_path):
    """And replayed from there; a folder that cannot be written is an error of use."""
    assert run(folder, "--without", "1", "--save", "mine").exit_code == 0
    assert "the same history as recorded" in run("mine").stdout
    (tmp_path / "file").write_text("")
    assert run(folder, "--save", "file/below").exit_code == 2


def test_help_says_what_may_be_given_and_how_it_ends():
    """All of it on one page."""
    printed = run("--help").stdout
    assert all(part in printed for part in ("FOLDER#TRIAL", "agentchaos:v1:", "Exit codes:", "--without"))
