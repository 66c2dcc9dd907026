"""A campaign: many trials, in order, on disk, on several processes."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.campaign import Campaign, folder, read
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

RAN = []


def trip(chaos):
    """Calls one tool, and fails if that does."""
    RAN.append(chaos.seed)
    book = chaos.tool(lambda: "booked", name="book")
    chaos.ends(lambda answer: "completed")
    return book


def plans(count=5, *, failing=()):
    """Trials of which some do not end as they should."""
    lost = (rule(faults.Overloaded(), on.tool("book")),)
    return [
        Plan(System.of(trip), seed=seed, schedule=lost if seed in failing else (), expect=("completed",))
        for seed in range(count)
    ]


def told(results):
    """What does not depend on how fast a machine is."""
    return [replace(result, real_s=0.0) for result in results]


def carried_out(given, place=None, **how):
    """The results of a campaign."""
    RAN.clear()
    with Campaign(place, **how) as campaign:
        return list(campaign.run(given))


def test_results_come_in_the_order_of_the_plans():
    """The results are those of the plans, one after the other."""
    given = plans(failing={1, 3})
    results = carried_out(given)
    assert [result.trial for result in results] == [plan.id for plan in given]
    assert [result.status for result in results] == ["pass", "fail", "pass", "fail", "pass"]


def test_the_number_of_workers_changes_no_result(tmp_path):
    """One worker, two, or somebody else's executor: the same results."""
    given = plans(12, failing={4})
    here = told(carried_out(given))
    assert told(carried_out(given, workers=2)) == here
    assert told(carried_out(given, tmp_path, workers=3)) == told(carried_out(given, tmp_path / "here"))
    with ThreadPoolExecutor(1) as executor:
        assert told(carried_out(given, executor=executor)) == here


def test_results_that_are_read_are_those_that_were_written(tmp_path):
    """What a folder has is what the campaign gave, and anybody can read it without the system."""
    results = carried_out(plans(failing={2}), tmp_path, kind="exploration")
    found = read(tmp_path)
    assert list(found) == results
    assert (len(found), found.dropped, found.head.kind, found.head.format) == (5, 0, "exploration", 1)
    assert found.head.packages["openai"]
    assert found.head.hash_seed is not None


def test_what_is_done_is_not_done_again(tmp_path):
    """A campaign that goes on reads what stands in its folder."""
    given = plans()
    first = carried_out(given[:3], tmp_path)
    again = carried_out(given, tmp_path)
    assert again[:3] == first
    assert RAN == [3, 4]


def test_what_was_no_trial_is_tried_again(tmp_path):
    """A trial that could not be run may be possible the next time; then the later result counts."""
    ready = []

    def moody(chaos):
        if not ready:
            msg = "the database is down"
            raise RuntimeError(msg)
        return lambda: "done"

    given = [Plan(System.of(moody))]
    assert carried_out(given, tmp_path)[0].status == "infrastructure"
    ready.append(True)
    assert carried_out(given, tmp_path)[0].status == "pass"
    assert [result.status for result in read(tmp_path)] == ["pass"]


def test_another_observation_of_the_same_trial_is_another_run(tmp_path):
    """What an exploration asks is not in the result of a trial for which it was not asked."""
    plain = plans(1)
    watched = [replace(plain[0], observe=Observe((faults.Refused(),)))]
    carried_out(plain, tmp_path)
    assert carried_out(watched, tmp_path)[0].observed
    assert RAN == [0]
    assert carried_out(watched, tmp_path)[0].observed
    assert carried_out(plain, tmp_path)[0].status == "pass"
    assert RAN == []


def test_a_plan_that_is_given_twice_is_carried_out_once(tmp_path):
    """Its result comes twice."""
    given = plans(2)
    RAN.clear()
    with ThreadPoolExecutor(1) as executor, Campaign(executor=executor) as campaign:
        assert len(list(campaign.run([*given, *given]))) == 4
    assert RAN == [0, 1]
    results = carried_out([*given, *given], tmp_path)
    assert [result.trial for result in results] == [plan.id for plan in given] * 2
    assert RAN == [0, 1]


def test_waves_of_plans_share_a_campaign(tmp_path):
    """An exploration decides on the next plans by the results of the last ones, on the same processes."""
    with Campaign(tmp_path, workers=2) as campaign:
        first = list(campaign.run(plans(3)))
        made_later = System.of(lambda chaos: lambda: "later")
        second = list(campaign.run([*plans(4), Plan(made_later)]))
    assert told(second[:3]) == told(first)
    assert [result.status for result in second] == ["pass"] * 5
    assert len(read(tmp_path)) == 5


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_has_seen_enough_stops(tmp_path, workers):
    """The rest is not carried out, and the campaign can be gone on with."""
    with Campaign(tmp_path, workers=workers) as campaign:
        run = campaign.run(plans(20))
        next(run)
        run.close()
        assert multiprocessing.active_children() == []
        assert len(read(tmp_path)) < 20
        assert [result.status for result in campaign.run(plans(20))] == ["pass"] * 20


@pytest.mark.parametrize(
    ("keep", "kept"), [("failed", [False, True, False]), ("all", [True] * 3), ("none", [False] * 3)]
)
def test_histories_of_failed_trials_are_kept(tmp_path, keep, kept):
    """Unless all are wanted, or none; what is read has the digest that the result names."""
    given = plans(3, failing={1})
    results = carried_out(given, tmp_path, keep=keep)
    assert [bool(result.history) for result in results] == kept
    found = read(tmp_path)
    for result in found:
        history = found.history(result)
        assert history is None if not result.history else history.digest() == result.digest
    assert len(list((tmp_path / "histories").iterdir())) == sum(kept)


def test_progress_is_told():
    """After each result, and of how many there are."""
    seen = []
    carried_out(plans(3), progress=lambda *at: seen.append(at))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_half_a_line_is_mended(tmp_path):
    """What a kill has left of a line is cut off, and its trial is run again."""
    given = plans(3)
    whole = carried_out(given, tmp_path)
    file = tmp_path / "results.jsonl"
    file.write_bytes(file.read_bytes()[:-40])
    found = read(tmp_path)
    assert (list(found), found.dropped) == (whole[:2], 1)
    assert told(carried_out(given, tmp_path)) == told(whole)
    assert RAN == [2]
    assert read(tmp_path).dropped == 0


def test_a_damaged_line_is_counted_and_not_believed(tmp_path):
    """Lines that say nothing cost nothing but themselves."""
    given = plans(3)
    carried_out(given, tmp_path)
    file = tmp_path / "results.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    lines[2:3] = [b"\xff\x00{\n", b"[1]\n", b'{"trial":"x"}\n', b'{"trial":7,"plan":1,"status":"pass"}\n', b"\n"]
    file.write_bytes(b"".join(lines))
    found = read(tmp_path)
    assert (len(found), found.dropped) == (2, 5)
    assert len(carried_out(given, tmp_path)) == 3
    assert RAN == [1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there are no results; a campaign with this folder writes them"),
        ("", "has no whole line"),
        ("{}\n", "names no format"),
        ('{"agentchaos":{"format":2,"version":"9.0"}}\n', "has format 2, written by pytest-agentchaos 9.0"),
        ('{"agentchaos":7}\n', "names no format"),
        ("a diary\n", "has no whole line"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, text, says):
    """Nothing, something else, or what a newer version wrote."""
    if text is not None:
        (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(UsageError, match=says) as raised:
        read(tmp_path)
    assert str(tmp_path) in str(raised.value)


def test_a_campaign_goes_on_with_nothing_that_it_cannot_read(tmp_path):
    """A newer format or another kind of trials is an error before anything runs; the folder is free afterwards."""
    carried_out(plans(1), tmp_path, kind="exploration")
    with pytest.raises(UsageError, match="another kind"):
        carried_out(plans(1), tmp_path)
    (tmp_path / "results.jsonl").write_text('{"agentchaos":{"format":2}}\n')
    for _ in range(2):
        with pytest.raises(UsageError, match="install a newer one"):
            carried_out(plans(1), tmp_path)
    (tmp_path / "results.jsonl").write_text("somebody's diary\n")
    with pytest.raises(UsageError, match="it is no file of results"):
        carried_out(plans(1), tmp_path)
    assert (tmp_path / "results.jsonl").read_text() == "somebody's diary\n"
    assert RAN == []


def test_a_folder_has_one_campaign_at_a_time(tmp_path):
    """A second one is told so, in this process as in another."""
    with Campaign(tmp_path) as campaign:
        list(campaign.run(plans(1)))
        with pytest.raises(UsageError, match="another campaign is writing there"):
            carried_out(plans(1), tmp_path)
        if (child := os.fork()) == 0:
            try:
                folder._open.clear()  # as a process that has begun by itself
                carried_out(plans(1), tmp_path)
            except UsageError as error:
                os._exit("another campaign" in str(error))
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert len(carried_out(plans(2), tmp_path)) == 2


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    """A file where the folder should be, for example."""
    (tmp_path / "reports").write_text("")
    with pytest.raises(UsageError, match="results cannot be written there"):
        carried_out(plans(1), tmp_path / "reports")
    assert RAN == []


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    """The error says what happened, and the file ends with a whole line."""
    write = os.write

    def full(file, data):
        if b'"seed":2' in bytes(data):
            write(file, data[:50])
            raise OSError(28, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UsageError, match="No space left on device"):
        carried_out(plans(), tmp_path)
    monkeypatch.undo()
    found = read(tmp_path)
    assert (len(found), found.dropped) == (2, 0)
    assert len(carried_out(plans(), tmp_path)) == 5
    assert RAN == [2, 3, 4]


def test_a_history_that_is_gone_or_damaged(tmp_path):
    """Gone is none; damaged is an error that names the file."""
    carried_out(plans(1), tmp_path, keep="all")
    found = read(tmp_path)
    path = tmp_path / found.results[0].history
    path.write_bytes(gzip.compress(b"{}")[:-9])
    with pytest.raises(UsageError, match=f"{path.name}: the history cannot be read"):
        found.history(found.results[0])
    path.unlink()
    assert found.history(found.results[0]) is None


def test_an_executor_that_gives_up_blames_nobody():
    """It cannot tell which trial ended its process."""
    given = [Plan(System.of(lambda chaos: lambda: os.kill(os.getpid(), 9)))]
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(UsageError, match="the executor ProcessPoolExecutor gave up"),
    ):
        carried_out(given, executor=executor)


def test_a_plan_that_cannot_travel_is_named():
    """A journey that cannot be pickled can only be taken here."""
    given = [Plan(System.of(lambda chaos: lambda journey: "done"), journey=lambda: 1)]
    with pytest.raises(UsageError, match="cannot be sent to another process"):
        carried_out(given, workers=2)
    assert carried_out(given)[0].status == "pass"


@pytest.mark.parametrize(("how", "error"), [({"keep": "some"}, UnknownNameError), ({"workers": 0}, UsageError)])
def test_wrong_words_are_refused(how, error):
    """Before anything runs."""
    with pytest.raises(error):
        Campaign(**how)


def test_the_head_tells_when_it_was_begun_and_what_it_is_called(tmp_path):
    """In UTC; a campaign that goes on keeps its first head. Older files have neither."""
    carried_out(plans(1), tmp_path, labels={"release": "1.4", "shard": "2"})
    head = read(tmp_path).head
    assert datetime.fromisoformat(head.at).utcoffset() == timedelta(0)
    assert head.labels == {"release": "1.4", "shard": "2"}
    carried_out(plans(2), tmp_path, labels={"release": "1.5"})
    assert (len(read(tmp_path)), read(tmp_path).head) == (2, head)
    first, *others = (tmp_path / "results.jsonl").read_text().splitlines(keepends=True)
    told = json.loads(first)
    del told["agentchaos"]["at"], told["agentchaos"]["labels"]
    (tmp_path / "results.jsonl").write_text("".join([json.dumps(told) + "\n", *others]))
    assert (read(tmp_path).head.at, read(tmp_path).head.labels) == ("", {})


def test_a_label_is_a_text(tmp_path):
    """Whatever else it is could be read in several ways."""
    with pytest.raises(UsageError, match=r"labels=\{'release': 1\.4\}: 1\.4 is no text"):
        Campaign(tmp_path, labels={"release": 1.4})
