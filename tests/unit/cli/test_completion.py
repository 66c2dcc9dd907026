"""Completion: what a shell offers after <TAB>."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from pytest_agentchaos.cli import VERBS, main

BASH = shutil.which("bash")
BIN = Path(sys.executable).parent


@pytest.fixture
def offered():
    """What is offered for the last of these words."""

    def complete(*words):
        found = ShellComplete(main, {}, "agentchaos", "_AGENTCHAOS_COMPLETE").get_completions(
            list(words[:-1]), words[-1]
        )
        return [one.value for one in found if one.type == "plain"], {one.type for one in found}

    return complete


def test_verbs_are_offered_without_loading_them(offered):
    """All of them, and by their first letters."""
    assert offered("")[0][: len(VERBS)] == list(VERBS)
    assert offered("sc")[0] == ["scenarios", "scorecard", "schema"]


def test_faults_are_offered_by_name(offered):
    """Also one after the other."""
    assert offered("faults", "drop_")[0] == ["drop_request", "drop_response"]
    assert offered("explore", "x:y", "--faults", "delivery,drop_")[0] == [
        "delivery,drop_request",
        "delivery,drop_response",
    ]
    assert "delivery" in offered("explore", "x:y", "--faults", "de")[0]


def test_scenarios_are_offered_by_family_and_then_by_name(offered):
    """A list of a hundred helps nobody."""
    assert "delivery/" in offered("run", "")[0]
    assert "delivery/lost-ack-twice" in offered("run", "deliv")[0]
    assert offered("run", "delivery/lost-ack-t")[0] == ["delivery/lost-ack-twice"]
    assert offered("scenarios", "delivery/lost-ack-t")[0] == ["delivery/lost-ack-twice"]
    assert offered("run", "cata")[0] == ["catalogue"]


def test_scenarios_of_the_project_are_offered_too(offered, tmp_path, monkeypatch):
    """Those in its folder of that name."""
    (tmp_path / "scenarios" / "mine").mkdir(parents=True)
    (tmp_path / "scenarios" / "mine" / "a.chaos.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("run", "mi")[0] == ["mine/a"]


def test_files_are_offered_where_a_file_is_wanted(offered):
    """By the shell itself."""
    assert "file" in offered("run", "some")[1]
    assert offered("replay", "some") == ([], {"file"})


def test_kinds_of_stand_ins_are_offered(offered):
    """As init knows them."""
    assert offered("init", "--for", "open")[0] == ["openai-agents", "openai"]


def test_a_verb_that_does_not_exist_offers_nothing(offered):
    """And no traceback on the line that somebody types on."""
    assert offered("nonsense", "x")[0] in ([], list(VERBS))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell):
    """With the name of the command in it."""
    script = CliRunner().invoke(main, ["completion", shell])
    assert script.exit_code == 0
    assert "_AGENTCHAOS_COMPLETE" in script.output
    assert "agentchaos" in json.loads(CliRunner().invoke(main, ["completion", shell, "--json"]).output)["script"]


def test_an_unknown_shell_is_an_error_that_names_those_there_are():
    """As everywhere."""
    result = CliRunner().invoke(main, ["completion", "tcsh"])
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.output


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("line", "expected"), [("agentchaos expl", "explore"), ("agentchaos faults drop_res", "drop_response")]
)
def test_bash_completes(line, expected):
    """The real one, with the script that is printed, as it calls it when somebody presses <TAB>."""
    words = line.split()
    press = (
        f'COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _agentchaos_completion agentchaos; echo "${{COMPREPLY[@]}}"'
    )
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [BASH, "--norc", "-c", f"compopt() {{ :; }}\n{script}\n{press}"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert done.stdout.strip() == expected
