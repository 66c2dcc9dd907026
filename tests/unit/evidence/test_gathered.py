"""Gathered: results of several files as one, whatever state the files are in."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence import exploration
from pytest_agentchaos.evidence.gathered import Conflict, gather
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head, read

HEAD = Head(version="1", at="2026-03-01T00:00:00+00:00", labels={"release": "7"}).to_line()


def result(trial, status="pass", *, digest="ab", **more):
    """A trial that ended somehow."""
    plan = {"system": "a:b", "scenario": "s", "schedule": [], "seed": int(trial, 16), **more.pop("plan", {})}
    return Result(trial, plan, status, digest=digest, **more)


def write(folder, *results, head=HEAD, end="\n"):
    """A file of results, as a campaign leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [head, *(one if isinstance(one, str) else one.to_line() for one in results)]
    (folder / "results.jsonl").write_text("\n".join(lines) + end)
    return folder


def told(gathered):
    """Trials and what became of them."""
    return [(row.trial, row.status) for row in gathered.rows]


def test_every_trial_stands_there_once_in_the_order_of_sources_and_lines(tmp_path):
    """With the place where its line begins, by which the whole of it is read again."""
    write(tmp_path / "a", result("2"), result("1", "fail", why="no_orphan: one"))
    write(tmp_path / "b", result("3", "unknown"))
    gathered = gather([tmp_path / "b", tmp_path / "a"])
    assert told(gathered) == [("3", "unknown"), ("2", "pass"), ("1", "fail")]
    assert [source.folder.name for source in gathered.sources] == ["b", "a"]
    assert [source.trials for source in gathered.sources] == [1, 2]
    assert gathered.result(gathered.rows[2]).why == "no_orphan: one"
    assert [(row.trial, data["plan"]["seed"]) for row, data in gathered.each()] == [("3", 3), ("2", 2), ("1", 1)]
    assert gathered.sources[0].head.labels == {"release": "7"}
    assert len(gathered) == 3


def test_a_folder_of_shards_a_file_and_a_folder_are_all_ways_to_say_it(tmp_path):
    """A file is meant by itself, a parent means what is in it; given twice, by whatever name, it is read once."""
    one = write(tmp_path / "artefacts" / "shard-1" / "out", result("1"))
    write(tmp_path / "artefacts" / "shard-2", result("2"))
    write(tmp_path / "artefacts" / ".hidden", result("9"))
    (tmp_path / "artefacts" / "shard-2" / "histories").mkdir()
    (tmp_path / "link").symlink_to(one)
    for name in ("loop", "loop-2"):  # together they have more ways through them than anybody could walk
        (tmp_path / "artefacts" / name).symlink_to(tmp_path / "artefacts")
    assert told(gather([tmp_path / "artefacts"])) == [("1", "pass"), ("2", "pass")]
    again = gather([one, str(one / "results.jsonl"), tmp_path / "link", tmp_path / "artefacts"])
    assert told(again) == [("1", "pass"), ("2", "pass")]
    assert (len(again.sources), again.duplicates) == (2, 0)
    assert told(gather(str(one))) == [("1", "pass")]


def test_a_shard_that_was_uploaded_twice_counts_once(tmp_path):
    """The same trial with the same digest is one; the copy that has the history is taken."""
    write(tmp_path / "a", result("1", "fail"), result("2"))
    write(tmp_path / "b", result("1", "fail", history="histories/1.jsonl.gz"), result("2"))
    gathered = gather([tmp_path])
    assert told(gathered) == [("1", "fail"), ("2", "pass")]
    assert (gathered.duplicates, gathered.conflicts) == (2, ())
    assert gathered.rows[0].history


@pytest.mark.parametrize("other_way_round", [False, True])
def test_of_a_trial_that_is_told_differently_the_worse_counts(tmp_path, other_way_round):
    """Whichever is read first. It is told: of a deterministic trial there cannot be two stories."""
    paths = [write(tmp_path / "a", result("1", "fail")), write(tmp_path / "b", result("1"))]
    gathered = gather(reversed(paths) if other_way_round else paths)
    assert told(gathered) == [("1", "fail")]
    assert gathered.conflicts == (Conflict("1", f"fail in {paths[0]}", f"pass in {paths[1]}"),)


def test_another_history_with_the_same_status_is_told_as_well(tmp_path):
    """The trial was not the same twice."""
    write(tmp_path / "a", result("1", digest="aa"))
    write(tmp_path / "b", result("1", digest="bb"))
    gathered = gather([tmp_path])
    assert (told(gathered), len(gathered.conflicts), gathered.duplicates) == ([("1", "pass")], 1, 0)


@pytest.mark.parametrize("other_way_round", [False, True])
def test_a_proper_trial_counts_before_one_that_was_none(tmp_path, other_way_round):
    """A shard that was run again since its machine had died."""
    paths = [write(tmp_path / "a", result("1", "infrastructure", digest="")), write(tmp_path / "b", result("1"))]
    gathered = gather(reversed(paths) if other_way_round else paths)
    assert told(gathered) == [("1", "pass")]
    assert (gathered.conflicts, gathered.duplicates, gathered.superseded) == ((), 0, 1)


def test_within_one_file_the_later_line_counts(tmp_path):
    """A campaign that goes on tries again what was no trial."""
    folder = write(tmp_path / "a", result("1", "fail"), result("2"), result("1"))
    assert told(gather([folder])) == [("1", "pass"), ("2", "pass")]
    assert gather([folder]).result(gather([folder]).rows[0]).status == "pass"


@pytest.mark.parametrize(
    "damage",
    [
        '{"trial": "9", "pl',
        "no json",
        "",
        "[]",
        '{"trial": "9", "plan": {}, "status": "odd"}',
        '{"trial": "9", "plan": {}, "status": "pass", "real_s": NaN}',
        '{"trial": "9", "plan": {"seed": Infinity}, "status": "pass"}',
        '{"trial": "9", "plan": {}, "status": "pass", "virtual_s": 1e999}',
        '{"trial": "9", "plan": {}, "status": "pass", "verdicts": [3]}',
    ],
)
def test_lines_that_nobody_can_read_are_counted_by_source(tmp_path, damage):
    """Never believed, and never a reason to give up the others. NaN and infinity are no JSON."""
    folder = write(tmp_path / "a", result("1"), damage, result("2"))
    gathered = gather([folder])
    assert told(gathered) == [("1", "pass"), ("2", "pass")]
    assert [source.dropped for source in gathered.sources] == [1]
    assert [data["trial"] for _, data in gathered.each()] == ["1", "2"]


def test_the_last_line_of_a_run_that_was_killed_is_dropped(tmp_path):
    """Also if only its end is missing: nobody knows whether it is whole."""
    folder = write(tmp_path / "a", result("1"), result("2"), end="")
    assert told(gather([folder])) == [("1", "pass")]
    assert gather([folder]).sources[0].dropped == 1


def test_half_characters_and_deep_nests_are_json_all_the_same(tmp_path):
    """They come from agents, and were written down as they were."""
    deep = "[" * 300 + "]" * 300
    folder = write(tmp_path / "a", result("1", why="\ud800"), result("2", observed={"a": json.loads(deep)}))
    assert told(gather([folder])) == [("1", "pass"), ("2", "pass")]
    assert gather([folder]).result(gather([folder]).rows[0]).why == "\ud800"


def test_a_shard_that_was_killed_before_it_began_is_told_and_the_others_count(tmp_path):
    """Alone it is an error: there is nothing."""
    whole, empty, half = (tmp_path / name for name in "abc")
    write(whole, result("1"))
    write(empty, head="", end="")
    write(half, head=HEAD[:20], end="")
    gathered = gather([tmp_path])
    assert told(gathered) == [("1", "pass")]
    assert [(source.trials, source.dropped) for source in gathered.sources] == [(1, 0), (0, 1), (0, 1)]
    with pytest.raises(UsageError, match=r"has no whole line.*run it again"):
        gather([empty, half])


def test_a_run_without_trials_is_gathered_as_that(tmp_path):
    """Whoever decides says what no trials mean."""
    gathered = gather([write(tmp_path / "a")])
    assert (gathered.rows, gathered.suite_sha256, len(gathered.sources)) == ((), "", 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html>\n", "first line is no JSON; it is no file of results"),
        ("<html>", "first line is no JSON; it is no file of results"),
        ('{"trial": "a"}\n', "names no format"),
        (
            '{"agentchaos": {"format": 99, "version": "9.9"}}\n',
            r"format 99, written by pytest-agentchaos 9\.9; .*newer",
        ),
    ],
)
def test_a_file_that_is_none_of_results_is_named(tmp_path, text, says):
    """And one that only a newer version can read says which has written it, and what to do."""
    (tmp_path / "results.jsonl").write_text(text)
    write(tmp_path.parent / "fine", result("1"))
    with pytest.raises(UsageError, match=says):
        gather([tmp_path.parent / "fine", tmp_path])


def test_what_is_not_there_is_named_with_what_would_make_it(tmp_path):
    """Nothing at all, a folder without results, a path that leads nowhere, a device."""
    with pytest.raises(UsageError, match="nothing to gather: give folders"):
        gather([])
    with pytest.raises(UsageError, match=r"has no results\.jsonl, and no folder in it has one; `agentchaos run"):
        gather([tmp_path])
    with pytest.raises(UsageError, match="odd is not there; give a folder of results"):
        gather([tmp_path / "odd"])
    with pytest.raises(UsageError, match="/dev/null is neither a file nor a folder"):
        gather(["/dev/null"])


def test_a_file_that_changes_meanwhile_is_told(tmp_path):
    """Its lines stand elsewhere now: none is taken for another."""
    folder = write(tmp_path / "a", result("1"), result("2"))
    gathered = gather([folder])
    write(folder, result("5"), result("6"))
    for use in (lambda: list(gathered.each()), lambda: gathered.result(gathered.rows[1])):
        with pytest.raises(UsageError, match="has changed since it was read"):
            use()
    write(folder)
    with pytest.raises(UsageError, match="has changed"):
        list(gathered.each())
    shutil.rmtree(folder)
    for use in (lambda: list(gathered.each()), lambda: gathered.result(gathered.rows[1])):
        with pytest.raises(UsageError, match="cannot be read"):
            use()


def test_a_history_is_read_where_it_was_kept(tmp_path):
    """None where there is none; one that is damaged, or would be elsewhere, is an error that says so."""
    history = Story().ask("hello").says("yes").ended().history
    packed = gzip.compress(history.to_jsonl().encode())
    names = {"1": "h/1.gz", "2": "", "3": "h/3.gz", "4": "h/4.gz", "5": "../secret.gz", "6": "/etc/passwd"}
    folder = write(tmp_path / "a", *(result(trial, "fail", history=name) for trial, name in names.items()))
    (folder / "h").mkdir()
    (folder / "h" / "1.gz").write_bytes(packed)
    (folder / "h" / "3.gz").write_bytes(packed[:-20])
    (tmp_path / "secret.gz").write_bytes(packed)
    gathered = gather([folder])
    kept = [gathered.history(gathered.rows[number]) for number in (0, 1, 3)]
    assert kept[0] is not None
    assert kept[0].digest() == history.digest()
    assert kept[1:] == [None, None]
    with pytest.raises(UsageError, match=r"3\.gz: the history cannot be read"):
        gathered.history(gathered.rows[2])
    for number in (4, 5):
        with pytest.raises(UsageError, match="name a history elsewhere"):
            gathered.history(gathered.rows[number])
    assert read(folder).history(read(folder).results[0]) is not None


def test_a_small_file_that_grows_without_end_is_not_read(tmp_path, monkeypatch):
    """Whoever made it, it is no history."""
    monkeypatch.setattr("pytest_agentchaos.evidence.results._UNPACKED_BYTES", 1_000)
    folder = write(tmp_path / "a", result("1", "fail", history="1.gz"))
    (folder / "1.gz").write_bytes(gzip.compress(b"x" * 2_000))
    gathered = gather([folder])
    with pytest.raises(UsageError, match="is not read"):
        gathered.history(gathered.rows[0])


def test_the_suite_is_what_was_asked_whatever_the_system_the_seed_and_the_order(tmp_path):
    """The same for what can be compared, and another as soon as anything else is asked."""
    suite = [result("1"), result("2", plan={"journey": "rome"})]
    one = gather([write(tmp_path / "a", *suite)])
    more_seeds = [result("4"), result("5", plan={"journey": "rome", "system": "c:d"})]
    other = gather([write(tmp_path / "b", *reversed(suite), *more_seeds)])
    assert one.suite_sha256 == other.suite_sha256
    assert len(one.suite_sha256) == 64
    asked = gather([write(tmp_path / "c", *suite, result("6", plan={"expect": ["refused"]}))])
    assert asked.suite_sha256 != one.suite_sha256


def test_what_was_reached_in_some_trial_was_reached(tmp_path):
    """In whichever source."""
    write(tmp_path / "a", result("1", reached={"a retry": False, "a hold": False}))
    write(tmp_path / "b", result("2", reached={"a retry": True}))
    assert gather([tmp_path]).reached == {"a retry": True, "a hold": False}


FOUND = {
    **{name: [] for name in ("faults", "sites", "depths", "matrix", "undelivered", "unknown", "unmet", "failures")},
    **dict.fromkeys(("system", "journey", "unstable", "verdict", "reason"), ""),
    "schema": 1,
}


def test_what_an_exploration_found_stands_beside_its_results(tmp_path):
    """It is written whole or not at all, and told once."""
    for name in "ab":
        exploration.write(write(tmp_path / name, result(name)), FOUND)
    gathered = gather([tmp_path])
    assert gathered.explorations == (FOUND,)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["exploration.json", "results.jsonl"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"schema": 1}', "damaged"),
        (json.dumps(FOUND | {"depths": [1]}), "damaged"),
        (json.dumps(FOUND | {"trials": float("nan")}), "damaged"),
        ('{"schema": 2}', r"schema 2, .*reads up to 1; install a newer one"),
    ],
)
def test_what_an_exploration_found_and_nobody_can_read_is_remarked(tmp_path, text, says):
    """The trials count all the same."""
    folder = write(tmp_path / "a", result("1"))
    (folder / "exploration.json").write_text(text)
    gathered = gather([folder])
    assert (len(gathered), gathered.explorations) == (1, ())
    with pytest.raises(UsageError, match=says):
        raise UsageError(*gathered.remarks)


def test_an_exploration_that_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    """No half of a file, and one sentence."""
    exploration.write(tmp_path, FOUND)

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(UsageError, match=r"No space left on device; give a folder with room"):
        exploration.write(tmp_path, FOUND | {"verdict": "pass"})
    assert exploration.read(tmp_path) == FOUND
    assert [path.name for path in tmp_path.iterdir()] == ["exploration.json"]
