"""``agentchaos compare``: what was lost and won, and whether that is chance."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Writes results: a letter each, ``p`` for pass, ``f``, ``u``, ``i`` for what is none."""
    monkeypatch.chdir(tmp_path)
    words = {"p": "pass", "f": "fail", "u": "unknown", "i": "infrastructure"}

    def make(name, letters, *, cost=0.01, first=0):
        folder = tmp_path / name
        folder.mkdir()
        lines = [Head(version="1").to_line()]
        for seed, letter in enumerate(letters, first):
            plan = {"system": name, "scenario": "lost-ack", "journey": "trip", "seed": seed, "schedule": []}
            verdicts = (Verdict("no_orphan", "fail" if letter == "f" else "pass", "because", ()),)
            measures = {"duration_s": 2.0 + seed % 5, "cost": cost, "currency": "EUR", "steps": 3}
            why = "no_orphan: \x1b[31mbecause" if letter == "f" else ""
            one = Result(f"{name}-{seed}", plan, words[letter], why, verdicts=verdicts, measures=measures)
            lines.append(one.to_line())
        (folder / "results.jsonl").write_text("\n".join(lines) + "\n")
        return name

    return make


def compare(*arguments):
    """The command line."""
    return CliRunner().invoke(main, ["compare", *arguments], prog_name="agentchaos")


def test_five_lost_and_none_won_is_more_than_chance(keep):
    """Four are not: that is what the exact test says at 5 %."""
    old = keep("old", "p" * 20)
    worse = compare(old, keep("new", "f" * 5 + "p" * 15))
    assert worse.exit_code == 1
    assert worse.stdout.startswith("worse: 5 lost against 0 won is more than chance (p = 0.031)")
    perhaps = compare(old, keep("newer", "f" * 4 + "p" * 16))
    assert perhaps.exit_code == 0
    assert perhaps.stdout.startswith("no worse shown: 4 lost and 0 won can be chance")


def test_better_is_said_too(keep):
    """And is no reason to fail."""
    better = compare(keep("old", "f" * 8 + "p" * 12), keep("new", "p" * 20))
    assert better.exit_code == 0
    assert better.stdout.startswith("better: 8 won against 0 lost")


def test_what_is_told(keep):
    """Counts, bounds, costs, and each difference with the command that shows it again."""
    made = compare(keep("old", "pppppuipfp"), keep("new", "ppfppppppp", cost=0.02, first=0))
    out = made.stdout
    assert "9 pairs: 6 pass in both, 0 in neither" in out
    assert "lost: 1  (no_orphan 1)" in out
    assert "won:  2" in out
    assert "1 pair of which one says nothing" in out
    assert "    cost_mean         x2  (? to ?, n = 6)" in out
    assert "tokens_mean       unknown: 6 of 6 trials do not tell input_tokens and output_tokens" in out
    assert "lost: lost-ack, trip, seed 2" in out
    assert "agentchaos replay 'new#new-2'" in out.replace(str(keep), "")
    assert "won: lost-ack, trip, seed 5" in out
    assert "\x1b" not in out


def test_ten_differences_are_told_unless_all_are_asked_for(keep):
    """Losses first."""
    old, new = keep("old", "p" * 12 + "f"), keep("new", "f" * 12 + "p")
    some, every = compare(old, new), compare(old, new, "--all")
    assert some.stdout.count("\nlost: lost-ack") == 10
    assert "... and 3 more differences; --all shows every one" in some.stdout
    assert every.stdout.count("\nlost: lost-ack") == 12
    assert every.stdout.count("\nwon: lost-ack") == 1


def test_json_has_all_of_it(keep):
    """Without NaN."""
    told = json.loads(compare(keep("old", "ppf"), keep("new", "fpp"), "--json").stdout)
    assert (told["pairs"], told["lost"], told["won"], told["exit_code"]) == (3, 1, 1, 0)
    assert [one["kind"] for one in told["differences"]] == ["lost", "won"]
    assert told["p_worse"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("letters", "first", "told"),
    [("ppp", 100, "no trial has its pair"), ("iii", 0, "each pair has a trial that says nothing")],
)
def test_what_cannot_be_paired_cannot_be_known(keep, letters, first, told):
    """Which is neither better nor worse."""
    made = compare(keep("old", "ppp"), keep("new", letters, first=first))
    assert made.exit_code == 3
    assert told in made.stdout
    assert json.loads(compare("old", "new", "--json").stdout)["p_worse"] is None


def test_the_same_results_cannot_be_compared(keep):
    """They would never be worse."""
    keep("old", "ppp")
    assert compare("old", "old/results.jsonl").exit_code == 3


def test_wrong_usage_is_no_verdict(keep):
    """2, with what to do."""
    keep("old", "ppp")
    missing = compare("old", "nowhere")
    assert missing.exit_code == 2
    assert "nowhere is not there" in missing.stderr
    assert compare("old").exit_code == 2
    assert compare("old", "old", "--alpha", "0.7").exit_code == 2
