"""``agentchaos run``, ``scenarios`` and ``schema``."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import reference_system
from pytest_agentchaos.cli import main
from pytest_agentchaos.cli.running import Asked, trials
from pytest_agentchaos.scenario import schema, shipped

LOST_ACK = """
version: 1
name: lost ack
system: shop_of_scenarios:shop
faults: [{fault: drop_response, on: {write: "*", nth: 1}}]
"""


def run(*args):
    """What the command prints, and its exit code."""
    return CliRunner().invoke(main, list(args), prog_name="agentchaos")


@pytest.fixture
def files(write):
    """Scenarios of each kind, in a folder."""
    write(LOST_ACK, "all/holds.chaos.yaml")
    write(LOST_ACK.replace(":shop", ":shop(careful=False)") + "trials: 2", "all/fails.chaos.yaml")
    write(LOST_ACK.replace("write:", "model:"), "all/unfired.chaos.yaml")
    write(LOST_ACK.replace("write:", "model:") + "if_unfired: skip", "all/skips.chaos.yaml")
    write("this: is no scenario", "all/config.yaml")


def test_each_trial_has_a_line_and_the_end_says_what_it_comes_to(files):
    """In the order of the files; nothing else than *.chaos.yaml of a folder is run."""
    output = run("run", "all").output
    told = [line.split()[0] for line in output.splitlines() if line and line[0] != " "]
    assert told == ["fail", "fail", "pass", "inapplicable", "invalid", "4"]
    assert output.rstrip().endswith("4 scenarios, 5 trials: 1 pass, 2 fail, 1 invalid, 1 inapplicable")
    assert "    no_duplicate_effect: " in output
    assert "    fault: faults.DropResponse() on.write(nth=1)" in output


@pytest.mark.parametrize(
    ("what", "code"),
    [("holds", 0), ("fails", 1), ("unfired", 3), ("skips", 0)],
)
def test_the_exit_code_says_whether_all_of_it_held(files, what, code):
    """1 for a failure, 3 for what proves nothing; what the system never does is no failure."""
    assert run("run", f"all/{what}.chaos.yaml").exit_code == code


def test_a_failure_tells_the_command_that_repeats_it(files):
    """The same trial, and nothing but it."""
    output = run("run", "all/fails.chaos.yaml", "--seed", "40", "--trials", "3").output
    again = [line.split("again: ")[1] for line in output.splitlines() if "again: " in line]
    assert len(again) == 3
    program, *words = shlex.split(again[1])
    assert program == "agentchaos"
    repeated = run(*words).output
    assert repeated.splitlines()[0] == output.splitlines()[4]
    assert repeated.rstrip().endswith("1 scenario, 1 trial: 1 fail")


def test_the_results_are_printed_as_one_json_document(files):
    """With everything that a report needs."""
    told = json.loads(run("run", "all", "--json").output)
    assert told["counts"] == {"pass": 1, "fail": 2, "invalid": 1, "inapplicable": 1}
    assert told["exit_code"] == 1
    first = told["results"][0]
    assert (first["scenario"], first["file"], first["case"]) == ("lost ack", "all/fails.chaos.yaml", "one-book[trial0]")
    assert first["result"]["plan"]["scenario"] == "lost ack"


def test_results_can_be_kept_and_are_not_made_twice(files, project):
    """The second time they are read."""
    first = run("run", "all/holds.chaos.yaml", "--out", "kept").output
    lines = (project / "kept" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert run("run", "all/holds.chaos.yaml", "--out", "kept").output == first
    assert (project / "kept" / "results.jsonl").read_text(encoding="utf-8").splitlines()[: len(lines)] == lines


def test_another_system_takes_the_place_of_the_one_that_is_named(files):
    """Which need not be there."""
    assert run("run", "all/holds.chaos.yaml", "--system", "shop_of_scenarios:shop(careful=False)").exit_code == 1


def test_a_variant_that_is_replaced_is_told(files):
    """On standard error, in one line; a system without arguments is whatever is tested."""
    result = run("run", "all/fails.chaos.yaml", "--system", "shop_of_scenarios:shop")
    assert result.stderr == (
        "note: 1 scenario names a variant of a system, such as shop_of_scenarios:shop(careful=False), and runs on"
        " shop_of_scenarios:shop instead\n"
    )
    assert run("run", "all/holds.chaos.yaml", "--system", "shop_of_scenarios:shop(careful=False)").stderr == ""
    assert run("run", "all/fails.chaos.yaml").stderr == ""


def test_every_problem_of_every_file_is_told_and_nothing_is_run(write):
    """Exit code 2."""
    write("version: 1\nsystem: shop_of_scenarios:shop\nfaults: [{fault: latncy}]", "all/a.chaos.yaml")
    write(LOST_ACK + "trials: none", "all/b.chaos.yaml")
    write(LOST_ACK, "all/c.chaos.yaml")
    result = run("run", "all")
    assert result.exit_code == 2
    assert "all/a.chaos.yaml:3: faults[0].fault: there is no fault 'latncy'; did you mean 'latency'?" in result.output
    assert "all/b.chaos.yaml:6: trials: 'none': input should be a valid integer" in result.output
    assert "pass" not in result.output


def test_a_system_that_does_not_start_says_why(write, project):
    """And not what its invariants say of nothing."""
    (project / "unmet.py").write_text("def shop(): import no_such_package")
    write(LOST_ACK.replace("shop_of_scenarios", "unmet"), "unmet.chaos.yaml")
    result = run("run", "unmet.chaos.yaml")
    assert result.exit_code == 3
    assert "    the system did not start: ModuleNotFoundError: No module named 'no_such_package'\n" in result.output
    assert "no run has ended" not in result.output


def test_a_bundled_system_that_is_not_whole_names_the_extra(monkeypatch):
    """Which is not installed with the package."""
    monkeypatch.setitem(sys.modules, "reference_system.system", None)
    monkeypatch.delattr(reference_system, "system", raising=False)  # where another test has imported it
    result = run("run", "delivery/lost-ack-any-write", "--only", "usual-nth=1")
    assert result.exit_code == 3
    assert "pip install 'pytest-agentchaos[reference]'" in result.output


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere/none"], "there is no scenario 'nowhere/none'; `agentchaos scenarios` lists"),
        (["drps"], "did you mean 'streams/drips'?"),
        (["empty"], "'empty': no *.chaos.yaml is in this folder, or in one inside of it"),
        (
            ["all/holds.chaos.yaml", "--only", "one-bok"],
            "--only 'one-bok': there is no such case; did you mean 'one-book'?",
        ),
        (["all/holds.chaos.yaml", "--system", "shop_of_scenarios:shp"], "has no 'shp'; did you mean 'shop'?"),
        (["all/holds.chaos.yaml", "--trials", "0"], "0 is not in the range x>=1"),
    ],
)
def test_what_cannot_be_run_is_wrong_usage(files, project, args, said):
    """With what would be right."""
    (project / "empty").mkdir()
    result = run("run", *args)
    assert result.exit_code == 2
    assert said in result.output


def test_what_was_to_be_true_sometimes_and_never_was_is_named(write):
    """Over all trials of a scenario."""
    write(LOST_ACK + "sometimes: [retry_succeeded, effect_was_undone]\ntrials: 2", "a.chaos.yaml")
    assert run("run", "a.chaos.yaml").output.splitlines()[-1] == "sometimes, never reached: lost ack: effect_was_undone"


def test_the_catalogue_is_listed_and_one_of_it_is_shown(project):
    """Its names, and what one of them does and stands for."""
    listing = run("scenarios").output.splitlines()
    name = next(line.split()[0] for line in listing if line.startswith("delivery/"))
    shown = run("scenarios", name).output
    assert all(heading in shown for heading in ("faults:", "invariants:", "may end:", "stands for:", str(shipped())))
    assert run("scenarios", "--path").output.strip() == str(shipped())
    assert run("scenarios", f"{name}x").exit_code == 2


def test_a_scenario_of_the_catalogue_is_run_by_its_name_on_a_system_of_ones_own(project):
    """Without any file."""
    name = next(line.split()[0] for line in run("scenarios").output.splitlines() if line.startswith("delivery/"))
    result = run("run", name, "--system", "shop_of_scenarios:shop", "--trials", "1")
    assert result.exit_code in {0, 1, 3}
    assert "1 scenario, " in result.output


def test_the_schema_is_printed_for_editors():
    """With what is installed here."""
    assert json.loads(run("schema").output) == json.loads(json.dumps(schema()))


def test_a_skipped_trial_says_which_call_the_system_does_not_make(files):
    """In one line, without what helps to find a mistake in a file."""
    output = run("run", "all/skips.chaos.yaml").output
    assert "inapplicable" in output
    assert "    matched no call; it would match a model call\n" in output
    assert "again: " not in output


NOISY = """
import sys
def noisy(chaos):
    return lambda: print("working", file=sys.stderr)
"""


def test_what_all_trials_left_behind_is_told_once(files, tmp_path, monkeypatch):
    """A logger that each of two hundred trials has changed is one line."""
    (tmp_path / "noisy_system.py").write_text(NOISY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    output = run("run", "all/holds.chaos.yaml", "--system", "noisy_system:noisy", "--trials", "3").output
    assert [line for line in output.splitlines() if "left behind" in line] == [
        "left behind by 3 trials: printed to stderr: working"
    ]


def of_catalogue(system):
    """Which scenarios are run on a system, and the command of the first."""
    found = trials(["catalogue"], Asked(system), Path.cwd())
    return {one.scenario.path.parent.name for one in found}, found[0].again


def test_a_foreign_system_is_not_asked_for_what_only_the_bundled_one_can_do(files):
    """The whole catalogue is for both, but for the family that is about the travel system."""
    families, again = of_catalogue("shop_of_scenarios:shop")
    assert "travel" not in families
    assert again == "agentchaos run answers/blank-body --only one-book-nth=1 --system shop_of_scenarios:shop"
    assert "travel" in of_catalogue(None)[0]
    assert "travel" in of_catalogue('reference_system:travel("idempotency")')[0]


def test_one_of_the_catalogue_is_repeated_by_its_name(files):
    """Where the package is installed is of no interest to whoever pastes the line."""
    found = trials(["delivery/lost-request"], Asked("shop_of_scenarios:shop"), Path.cwd())
    assert found[0].again.startswith("agentchaos run delivery/lost-request --only ")
