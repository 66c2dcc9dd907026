"""Replay: a trial that was saved anywhere is found, carried out again and held against what was recorded."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import sys
import zlib
from dataclasses import replace

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.compact import LIMIT_BYTES
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay import changes, compact, pasted, reading, replay, replay_line, saved
from pytest_agentchaos.replay.keeping import keep
from pytest_agentchaos.replay.shown import lines
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

SHOP = """
from pytest_agentchaos import Effect

PATIENT = 2

def order(item):
    return {"order": f"O-{item}"}

def shop(chaos, *, careful=False):
    chaos.effect(Effect("order", tool="order", key="item"))
    tool = chaos.tool(order)
    def take(item="tea"):
        for _ in range(1 if careful else PATIENT):
            try:
                return tool(item=item)
            except TimeoutError:
                pass
        return None
    return take

class never_tea:
    name = "never_tea"
    def check(self, history):
        from pytest_agentchaos import Verdict
        tea = [call.index for call in history.calls() if call.call.arguments.get("item") == "tea"]
        return Verdict(self.name, "fail" if tea else "pass", f"{len(tea)} times tea")

def anything(*given):
    raise AssertionError("it was called")

def had_tea(history):
    return bool(history.calls("order"))
"""
LOST = (rule(faults.Latency(seconds=2), on.tool("order")), rule(faults.DropResponse(), on.tool("order", nth=1)))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A system in a module of its own, which another test does not see."""
    (tmp_path / "replayed_shop.py").write_text(SHOP, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "replayed_shop", raising=False)
    yield "replayed_shop:shop"
    sys.modules.pop("replayed_shop", None)


@pytest.fixture
def plan(shop):
    """Its order is lost on the way back, and so made twice."""
    return Plan(System.of(shop), schedule=LOST, invariants=(invariants.no_duplicate_effect(),))


@pytest.fixture
def folder(plan, tmp_path):
    """Results of three trials: the first holds, the others do not."""
    kept = tmp_path / "kept"
    for one in (replace(plan, schedule=()), plan, replace(plan, seed=1)):
        keep(replay(pasted(json.dumps(one.to_data()))), kept)
    return kept


def told(saved_trial):
    """What a person sees."""
    return "\n".join(lines(replay(saved_trial)))


# --- finding ----------------------------------------------------------------------------------------------------------


def test_of_a_folder_it_is_the_first_that_fails_and_the_others_are_listed(folder, plan):
    """Whoever has a red folder need not look up a name."""
    found = saved(str(folder))
    assert found.result.trial == plan.id
    assert found.source == f"{folder / 'results.jsonl'}, line 3"
    assert [text.split()[0] for text in found.others] == [replace(plan, seed=1).id]
    assert saved(str(folder / "results.jsonl")) == found


def test_a_trial_is_named_by_as_many_letters_as_tell_it_from_others(folder, plan):
    """By folder and by file."""
    for length in (4, 16):
        assert saved(f"{folder}#{plan.id[:length]}").result.trial == plan.id
    assert saved(f"{folder / 'results.jsonl'}#{plan.id}").others == ()


def test_letters_that_fit_several_trials_name_them(tmp_path, plan):
    """So that one can be chosen; a whole name is never ambiguous."""
    data = perform(plan).result.to_data()
    rows = [json.dumps({**data, "trial": trial}) for trial in ("aa", "aab", "b")]
    (tmp_path / "some.jsonl").write_text("\n".join(rows) + "\n")
    with pytest.raises(UsageError, match="2 trials begin with 'a': aa, aab"):
        saved("some.jsonl#a")
    assert saved("some.jsonl#aa").result.trial == "aa"


def test_a_trial_is_named_by_its_line(folder, plan):
    """As an editor counts them; the head is the first."""
    file = folder / "results.jsonl"
    assert saved(f"{file}:3").result.trial == plan.id
    with pytest.raises(UsageError, match="line 1 is the head"):
        saved(f"{file}:1")
    with pytest.raises(UsageError, match="line 9 is beyond its end, which is line 4"):
        saved(f"{file}:9")


def test_of_a_trial_that_was_run_again_the_later_line_counts(tmp_path, plan):
    """As everywhere."""
    data = perform(plan).result.to_data()
    rows = [json.dumps(data), json.dumps({**data, "status": "pass", "why": "later"})]
    (tmp_path / "twice.jsonl").write_text("\n".join(rows) + "\n")
    found = saved("twice.jsonl")
    assert (found.result.why, found.others) == ("later", ())


def test_what_fails_comes_before_what_proves_nothing(tmp_path, plan):
    """Of trials that hold, the first is as good as any."""
    data = perform(plan).result.to_data()
    for statuses, first in ((["pass", "invalid", "fail"], "2"), (["pass", "unknown"], "1"), (["pass", "pass"], "0")):
        rows = [json.dumps({**data, "trial": str(at), "status": status}) for at, status in enumerate(statuses)]
        (tmp_path / "some.jsonl").write_text("\n".join(rows) + "\n")
        assert saved("some.jsonl").result.trial == first


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_with_one_result_is_enough_however_it_is_laid_out(tmp_path, plan, indent):
    """Also without a line's end, as an editor or a download leaves it."""
    result = perform(plan).result
    (tmp_path / "one.json").write_text(json.dumps(result.to_data(), indent=indent))
    assert saved("one.json").result == result


def test_a_name_with_a_hash_or_a_colon_is_a_file_if_it_is_there(tmp_path, plan):
    """What exists is meant."""
    for name in ("a#b", "a:7"):
        (tmp_path / name).write_text(perform(plan).result.to_line() + "\n")
        assert saved(name).result.trial == plan.id


def test_a_result_and_a_plan_may_be_pasted(plan):
    """As they stand in a file, or as a whole file."""
    result = perform(plan).result
    head = Head(version="0.0.1").to_line()
    for text in (result.to_line(), f" {result.to_line()}\n", f"{head}\n{result.to_line()}\n"):
        found = saved(text)
        assert (found.result, found.pasted) == (result, True)
    bare = saved(json.dumps(plan.to_data()))
    assert (bare.plan, bare.result) == (plan.to_data(), None)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("nowhere", "there is no nowhere; give a folder or file of results"),
        ("nowhere#3f", "there is no nowhere"),
        ("empty", "is empty"),
        ("folder", "there is no folder.results.jsonl"),
        ("text", "has no line that is a result of a trial"),
        ("bytes", "is no text"),
        ("list", "is neither a result of a trial nor a plan|has no line that is a result"),
        ("newer", "install a newer one"),
        ("[1, 2]", "is neither a result of a trial nor a plan: \\[1, 2\\]"),
        ("{}", "is neither a result of a trial nor a plan"),
        ('{"trial": "a", "plan": {}, "status": "good"}', "status 'good'; valid: fail"),
        ('{"trial": "a"', "no line that is a result"),
        ("", "there is no"),
    ],
)
def test_what_is_no_saved_trial_is_an_error_of_use(tmp_path, monkeypatch, what, why):
    """The value, the place, the remedy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    contents = {"empty": b"", "text": b"hello\n", "bytes": b"\xff\xfe\x00", "list": b"[1]\n"}
    contents["newer"] = b'{"agentchaos":{"format":2,"version":"9.9"}}\n{"trial":"a"}\n'
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=why):
        saved(what or "does not exist")


def test_nothing_pasted_is_an_error_of_use():
    """An empty pipe."""
    with pytest.raises(UsageError, match="standard input is empty"):
        pasted(" \n", "standard input")


SCENARIO = """
version: 1
system: replayed_shop:shop
journeys: [tea, milk]
faults:
  - {fault: drop_response, on: {tool: order, nth: 1}}
invariants: [no_duplicate_effect]
"""


def test_of_a_scenario_file_it_is_the_first_trial(shop, tmp_path):
    """The others are named, and can be chosen; nothing was recorded."""
    (tmp_path / "lost.chaos.yaml").write_text(SCENARIO)
    found = saved("lost.chaos.yaml")
    assert (found.plan["journey"], found.result, len(found.others)) == ("tea", None, 1)
    assert replay(found).exit_code == 1
    assert saved(f"lost.chaos.yaml#{found.others[0]}").plan["journey"] == "milk"
    with pytest.raises(UsageError, match="has no trial 'zz'"):
        saved("lost.chaos.yaml#zz")


# --- the compact line -------------------------------------------------------------------------------------------------


def test_a_compact_line_is_the_trial(plan):
    """With what came of it, so that a replay can say whether it is the same."""
    result = perform(plan).result
    again = replay(saved(compact(result)))
    assert (again.same, again.exit_code) == (True, 1)
    assert again.performance.plan == plan
    assert replay(saved(compact(plan.to_data()))).same is None


def test_a_compact_line_survives_chats_and_shells(plan):
    """No letter of it means anything to a shell; quotes around it and line breaks in it do not matter."""
    text = compact(perform(plan).result)
    assert re.fullmatch(r"agentchaos:v1:[A-Za-z0-9_-]+", text)
    broken = "\n".join(text[at : at + 40] for at in range(0, len(text), 40))
    for around in (f"`{text}`", f'"{text}"', f" <{text}>\n", broken):
        assert saved(around) == saved(text)


def test_a_compact_line_that_was_damaged_says_so(plan):
    """Whatever is lost or changed."""
    text = compact(plan.to_data())
    start = len("agentchaos:v1:")
    damaged = [text[:-3], text[: start + 1], text + "AAAA", text[:start], text[: start + 9] + "é" + text[start + 10 :]]
    damaged += [text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] for at in range(start, len(text), 5)]
    for one in damaged:
        with pytest.raises(UsageError, match="is damaged"):
            saved(one)


def packed(data):
    """As a compact line, whatever it is."""
    return "agentchaos:v1:" + base64.urlsafe_b64encode(zlib.compress(data)).decode()


def test_a_compact_line_that_grows_without_end_is_refused():
    """A few letters must not fill the memory."""
    with pytest.raises(UsageError, match="more than 1,000,000 bytes"):
        saved(packed(b" " * (LIMIT_BYTES + 1)))


@pytest.mark.parametrize(("data", "why"), [(b"[]", "holds no plan"), (b"{}", "neither"), (b"[" * 99_999, "damaged")])
def test_a_compact_line_that_holds_no_plan_says_so(data, why):
    """JSON of another kind, or none."""
    with pytest.raises(UsageError, match=why):
        saved(packed(data))


@pytest.mark.parametrize("start", ["agentchaos:v2:", "agentchaos:v", "agentchaos:vx!:"])
def test_a_compact_line_of_another_format_asks_for_another_version(start):
    """It is not guessed at."""
    with pytest.raises(UsageError, match="install a newer one"):
        saved(f"{start}abc")


def test_a_secret_is_not_hidden_in_a_compact_line(plan):
    """What nobody can read would carry it into a log."""
    telling = replace(plan, journey={"api_key": "sk-abcdefghijklmnopqrstuvwxyz"})
    with pytest.raises(UsageError, match="looks like a secret"):
        compact(telling.to_data())
    assert "secret" in replay_line(perform(telling).result)
    assert "sk-" not in replay_line(perform(telling).result)


def test_the_replay_line_names_the_folder_or_is_the_plan(plan, monkeypatch):
    """What a failing run prints for a person's shell."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    result = perform(plan).result
    assert replay_line(result, "my results") == f"agentchaos replay 'my results#{plan.id}'"
    assert replay_line(result) == f"agentchaos replay {compact(result)}"
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert replay_line(result).startswith("PYTHONHASHSEED=7 agentchaos replay ")
    assert replay_line(result, hash_seed="").startswith("agentchaos replay ")
    assert replay_line(result, hash_seed="3").startswith("PYTHONHASHSEED=3 agentchaos replay ")


# --- again ------------------------------------------------------------------------------------------------------------


def test_the_same_history_is_called_the_same(folder):
    """And fails as it did."""
    again = replay(saved(str(folder)))
    assert (again.same, again.difference, again.exit_code) == (True, None, 1)
    text = told(saved(str(folder)))
    assert "the same history as recorded" in text
    assert "FAIL    no_duplicate_effect" in text
    assert "choose with #TRIAL" in text
    assert replay(saved(f"{folder / 'results.jsonl'}:2")).exit_code == 0


def test_another_history_names_the_first_op_that_differs(folder, shop, tmp_path):
    """And what may explain it: here the source of the system, which somebody has changed."""
    before = saved(str(folder))
    file = tmp_path / "replayed_shop.py"
    file.write_text(SHOP.replace("PATIENT = 2", "PATIENT = 3").replace("O-{item}", "N-{item}"))
    newer_s = (folder / "results.jsonl").stat().st_mtime + 10
    os.utime(file, (newer_s, newer_s))
    sys.modules.pop("replayed_shop")
    again = replay(before)
    assert (again.same, again.exit_code) == (False, 4)
    assert "O-tea" in again.difference.recorded
    assert "N-tea" in again.difference.now
    text = told(before)
    assert f"they part at op {again.difference.op}:" in text
    assert "may explain it: the system's source is newer than the results: replayed_shop.py" in text
    assert again.to_data()["difference"]["op"] == again.difference.op


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda file: file.unlink(), "is not there any more"),
        (lambda file: file.write_bytes(gzip.compress(b"nonsense")), "cannot be read"),
        (lambda file: file.write_bytes(file.read_bytes()[:40]), "cannot be read"),
        (lambda file: None, "the saved history agrees with this one"),
    ],
)
def test_where_the_op_cannot_be_named_it_is_said_why(folder, spoil, why):
    """The digest alone shows that they differ."""
    found = saved(str(folder))
    spoil(found.history)
    again = replay(replace(found, result=replace(found.result, digest="0" * 64)))
    assert (again.same, again.difference) == (False, None)
    assert why in again.unnamed
    assert why in told(replace(found, result=replace(found.result, digest="0" * 64)))


def test_a_history_that_was_not_kept_cannot_name_the_op(plan):
    """A pasted line has none."""
    result = replace(perform(plan).result, digest="0" * 64)
    again = replay(saved(compact(result)))
    assert again.unnamed == "its history was not kept"
    assert "nothing that is known has changed" in "\n".join(lines(again))


def test_a_line_names_no_file_outside_of_its_folder(folder):
    """A line is data, and somebody else's perhaps."""
    found = saved(str(folder))
    for path in ("../replayed_shop.py", "/etc/hosts"):
        assert replace(found, result=replace(found.result, history=path)).history is None


def test_a_history_without_compression_is_read_as_well(folder):
    """Whoever looked into it may have saved it so."""
    found = saved(str(folder))
    found.history.write_bytes(gzip.decompress(found.history.read_bytes()).replace(b"O-tea", b"X-tea"))
    again = replay(replace(found, result=replace(found.result, digest="0" * 64)))
    assert "X-tea" in again.difference.recorded


def test_the_same_history_judged_otherwise_is_not_what_was_recorded(plan):
    """An invariant has changed since."""
    result = replace(perform(plan).result, status="pass")
    again = replay(saved(result.to_line()))
    assert (again.same, again.exit_code) == (True, 4)
    assert "judged otherwise: it was pass" in "\n".join(lines(again))


def test_a_rule_can_be_left_out(folder):
    """Then it is another trial, which is compared with nothing."""
    found = saved(str(folder))
    again = replay(found, without=(2,))
    assert again.changed == ("without rule 2",)
    assert (again.same, again.exit_code) == (None, 0)
    assert [str(one.fault) for one in again.performance.plan.schedule] == ["faults.Latency(seconds=2.0)"]
    assert "as recorded it was: fail, no_duplicate_effect" in "\n".join(lines(again))
    assert replay(found, without=(1, 1)).exit_code == 1
    assert replay(found, without=(2, 1)).performance.plan.schedule == ()


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_rule_that_is_not_there_cannot_be_left_out(plan, number):
    """The message lists those that are."""
    with pytest.raises(UsageError, match=r"has 2 rules:\n  1. faults.Latency.*\n  2. faults.DropResponse"):
        replay(saved(compact(plan.to_data())), without=(number,))
    with pytest.raises(UsageError, match="none can be left out"):
        replay(saved(compact(replace(plan, schedule=()).to_data())), without=(1,))


def test_another_seed_is_another_trial(folder):
    """The recorded one is none."""
    found = saved(str(folder))
    again = replay(found, seed=3)
    assert again.changed == ("seed 3 in place of 0",)
    assert (again.same, again.performance.plan.seed) == (None, 3)
    assert replay(found, seed=0).same is True


def test_another_system_takes_the_same_journey(folder, shop):
    """Compared by its verdicts: the histories need not agree."""
    found = saved(str(folder))
    careful = f"{shop}(careful=True)"
    again = replay(found, system=careful)
    assert again.changed == (f"system {careful} in place of {shop}",)
    assert (again.same, again.exit_code) == (None, 0)
    assert replay(found, system=System.of(shop)).same is True


def test_a_plan_of_which_nothing_is_recorded_is_judged_only(plan):
    """0 or 1, and no word of sameness."""
    again = replay(saved(json.dumps(plan.to_data())))
    assert (again.same, again.exit_code) == (None, 1)
    assert "nothing to compare" in "\n".join(lines(again))


def test_a_trial_that_proves_nothing_is_neither_success_nor_failure(plan):
    """A fault that never fires."""
    never = replace(plan, schedule=(rule(faults.Hang(), on.tool("nothing")),))
    assert replay(saved(perform(never).result.to_line())).exit_code == 3


def test_what_explains_a_difference_is_listed(plan, monkeypatch):
    """Versions and the seed of hashes, as far as the head has them; a plan that was changed by hand."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    result = replace(perform(plan).result, digest="0" * 64, trial="0" * 16)
    head = {
        "version": "0.0.1",
        "python": "CPython 2.7",
        "packages": {"pytest": "1.0", "nowhere": "2"},
        "hash_seed": "7",
    }
    again = replay(replace(saved(result.to_line()), head=head))
    assert [re.sub(r"[\d.]+[\w.]*$", "N", reason) for reason in again.reasons] == [
        "it was recorded with pytest-agentchaos 0.0.1; this is N",
        "it was recorded with CPython 2.7; this is CPython N",
        "nowhere was 2 and is not installed",
        "pytest was 1.0 and is N",
        "PYTHONHASHSEED was 7 and is not set",
        "the plan is another than the line's own name says",
    ]
    assert all(f"may explain it: {reason}" in "\n".join(lines(again)) for reason in again.reasons)


def test_a_kept_replay_is_a_folder_of_results(folder, plan, tmp_path):
    """It can be replayed in turn, also when it holds."""
    result = keep(replay(saved(str(folder)), without=(2,)), tmp_path / "mine")
    found = saved(str(tmp_path / "mine"))
    assert (found.result, found.history.is_file()) == (result, True)
    assert replay(found).same is True


def test_as_json_it_has_what_the_text_says(folder):
    """And nothing that JSON has no word for."""
    data = json.loads(json.dumps(replay(saved(str(folder))).to_data(), allow_nan=False))
    assert (data["same"], data["exit_code"], data["recorded"]["status"]) == (True, 1, "fail")
    assert data["result"]["status"] == "fail"


# --- what an older version recorded -----------------------------------------------------------------------------------


def old(shop, **plan):
    """A trial as another version has recorded it."""
    return replace(pasted(json.dumps({"system": shop, **plan})), head={"version": "0.0.9"})


def test_a_name_that_changed_is_told_with_what_it_is_now(shop, monkeypatch):
    """All of them at once, by the table; what is only unknown is told with the nearest name."""
    table = (
        changes.Change("0.2", "fault", "lost_answer", "drop_response"),
        changes.Change("0.3", "fault", "latency.secs", "seconds"),
        changes.Change("0.3", "selector", "caller", "agent"),
        changes.Change("0.4", "invariant", "no_tea", None, "drink coffee"),
    )
    monkeypatch.setattr(changes, "CHANGES", table)
    field = "the field 'caller' of selectors is called 'agent' since 0.3"
    schedule = [{"fault": "lost_answer"}, {"fault": "latency", "secs": 1, "on": {"caller": "x"}}, {"fault": "latenzy"}]
    with pytest.raises(UsageError) as error:
        replay(old(shop, schedule=schedule, invariants=["no_tea", {"at_most": {"metric": "stepz", "limit": 1}}]))
    first, *problems, last = str(error.value).splitlines()
    assert "was recorded with pytest-agentchaos 0.0.9" in first
    assert problems == [
        "  - rule 1: the fault 'lost_answer' is called 'drop_response' since 0.2",
        "  - rule 2: the parameter 'secs' of the fault 'latency' is called 'seconds' since 0.3; " + field,
        "  - rule 3: there is no fault 'latenzy'; did you mean 'latency'?",
        "  - invariants: the invariant 'no_tea' is no more since 0.4 (drink coffee)",
        "  - invariants: there is no metric 'stepz'; did you mean 'steps'?",
    ]
    assert last.startswith("Replay it with 0.0.9")


@pytest.mark.parametrize(
    ("name", "given", "now"),
    [
        ("correlated", {"by": "x.y", "answer": "z"}, "'answer_at'"),
        ("no_progress_loop", {"ignore": ["poll_*"]}, "'except_for'"),
        ("valid_messages", {"at": ["result"]}, "'where'"),
    ],
)
def test_what_really_changed_stands_in_the_table(shop, name, given, now):
    """Words of the first drafts."""
    with pytest.raises(UsageError, match=f"of the invariant {name!r} is called {now} since"):
        replay(old(shop, invariants=[{name: given}]))


def test_every_word_of_the_table_is_gone_and_its_successor_is_there():
    """An entry for what still exists would lead people astray."""
    from pytest_agentchaos.faults.registry import registered as of_faults
    from pytest_agentchaos.invariants.registry import registered as of_invariants
    from pytest_agentchaos.schedule import Selector

    for change in changes.CHANGES:
        name, dot, parameter = change.was.partition(".")
        known = {"fault": of_faults(), "invariant": of_invariants(), "selector": Selector.model_fields}[change.what]
        if dot:
            made = known[name]
            known = made.model_fields if change.what == "fault" else made.__dataclass_fields__
        assert (parameter or name) not in known
        assert change.now is None or change.now in known


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ({"speed": 3}, "a plan has no 'speed'; did you mean 'seed'"),
        ({"schedule": None}, "its 'schedule' is None"),
        ({"schedule": {}}, "its 'schedule' is {}"),
        ({"seed": "x"}, "its 'seed' is 'x'"),
        ({"seed": True}, "its 'seed' is True"),
        ({"seed": 1.5}, "its 'seed' is 1.5"),
        ({"invariants": "terminates"}, "its 'invariants' is 'terminates'"),
        ({"expect": ["done"]}, "a journey cannot end as 'done'"),
        ({"expect": [{}]}, "a journey cannot end as {}"),
        ({"schedule": ["x"]}, "rule 1: 'x', is no rule"),
        ({"schedule": [{"fault": 3}]}, "rule 1: there is no fault '3'"),
        ({"schedule": [{"fault": "hang", "on": {"1": 2}}]}, "rule 1"),
        ({"invariants": [3]}, "invariants: 3 is no invariant"),
        ({"invariants": [{}]}, "is no invariant"),
        ({"sometimes": ["never_heard_of"]}, "sometimes: there is no condition"),
        ({"effects": [3]}, "effect|Effect"),
    ],
)
def test_a_plan_that_is_none_is_an_error_of_use(shop, plan, why):
    """Whatever stands in the file."""
    with pytest.raises(UsageError, match=why):
        replay(old(shop, **plan))


# --- what is imported and called --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system",
    ['os:system(command="touch harm")', 'replayed_shop:os.system(command="touch harm")', "subprocess:run", "sys:exit"],
)
def test_no_file_can_have_python_itself_called(shop, tmp_path, system):
    """A system is never part of it."""
    (tmp_path / "replayed_shop.py").write_text(f"import os\n{SHOP}")
    sys.modules.pop("replayed_shop", None)
    with pytest.raises(UsageError, match="part of Python itself"):
        replay(old(system))
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", ["os:system", "replayed_shop:os.system", "subprocess:Popen"])
@pytest.mark.parametrize("key", ["invariants", "sometimes"])
def test_no_file_can_have_anything_called_in_place_of_an_invariant(shop, tmp_path, name, key):
    """With arguments of its choice."""
    (tmp_path / "replayed_shop.py").write_text(f"import os\n{SHOP}")
    with pytest.raises(UsageError, match="is not called"):
        replay(old(shop, **{key: [{name: ["touch harm"]}]}))
    assert not (tmp_path / "harm").exists()


def test_a_function_of_the_project_is_no_invariant_and_is_not_called(shop):
    """A file could give it arguments. A condition is a function, and one that fails says so."""
    with pytest.raises(UsageError, match="replayed_shop:anything is no class with check"):
        replay(old(shop, invariants=[{"replayed_shop:anything": ["x"]}]))
    with pytest.raises(UsageError, match="sometimes: AssertionError: it was called"):
        replay(old(shop, sometimes=[{"replayed_shop:anything": ["x"]}]))


def test_invariants_and_conditions_of_the_project_itself_are_known(shop):
    """Named by module:name, and told before they are imported."""
    trial = old(shop, invariants=["replayed_shop:never_tea"], sometimes=["replayed_shop:had_tea"])
    assert reading.imports(trial) == (
        "system: replayed_shop:shop",
        "invariant: replayed_shop:never_tea",
        "condition: replayed_shop:had_tea",
    )
    assert "replayed_shop" not in sys.modules
    again = replay(trial)
    assert [verdict.reason for verdict in again.performance.result.verdicts] == ["1 times tea"]
    assert again.performance.result.reached == {"replayed_shop:had_tea": True}


@pytest.mark.parametrize("name", ["nowhere:x", "replayed_shop:nothing", "replayed_shop:PATIENT"])
def test_an_invariant_of_the_project_that_is_not_there_is_an_error_of_use(shop, name):
    """The name, and why."""
    with pytest.raises(UsageError, match=name):
        replay(old(shop, invariants=[name]))
