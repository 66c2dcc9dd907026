"""Histories: append, read, save, load, compare."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import KINDS, Call
from pytest_agentchaos.evidence.history import History, first_difference
from pytest_agentchaos.evidence.op import Op

STEADY = settings(deadline=None, derandomize=True)
TEXT = st.text(max_size=6) | st.sampled_from(
    ["\u2028", "\x85", "\r\n", "\ud800", "password", "sk-aB3dE5gH7jK9mN1pQ", '"']
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
DATA = st.dictionaries(TEXT, JSON, max_size=3)
CALLS = st.builds(
    Call,
    st.sampled_from(KINDS),
    TEXT,
    TEXT,
    DATA,
    st.lists(TEXT, max_size=2).map(tuple),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=2).map(tuple),
    st.booleans(),
)
SECONDS = st.floats(min_value=0, max_value=1e6)
OPS = st.lists(
    st.tuples(st.sampled_from(["invoke", "ok", "fail", "info", "fault", "note"]), SECONDS, SECONDS, CALLS, DATA),
    max_size=8,
)
BOOK = Call("tool", "flights.local", "book_flight", {"seat": 1}, ("planner", "flights"))
ASK = Call("model", "api.local", "m-1")


def written(ops: Any, mode: str = "sim", wall_s: float = 0.0) -> History:
    """A history with these ops, each ending belonging to the invoke before it."""
    history = History(mode=mode, seed=7)
    last = None
    for kind, at_s, real_s, call, data in ops:
        if kind == "invoke":
            last = history.append(kind, at_s=at_s, wall_s=real_s + wall_s, call=call)
        else:
            history.append(kind, at_s=at_s, wall_s=real_s + wall_s, of=last, data=data)
    return history


def sample(*, wall_s: float = 0.0, at_s: float = 0.0, result: Any = "booked") -> History:
    """One call that ended well."""
    history = History()
    index = history.append("invoke", at_s=at_s, wall_s=wall_s, call=BOOK)
    history.append("ok", at_s=at_s + 1, wall_s=wall_s, of=index, data={"status": 200, "result": result})
    return history


@STEADY
@given(OPS, st.sampled_from(["sim", "live"]))
def test_a_saved_history_is_the_same_when_it_is_loaded(ops, mode):
    """Equal digest, equal lines, equal sites, whatever characters and numbers are in it."""
    history = written(ops, mode)
    again = History.from_jsonl(history.to_jsonl())
    assert again.digest() == history.digest()
    assert again.to_jsonl() == history.to_jsonl()
    assert (again.mode, again.seed, len(again)) == (mode, 7, len(history))
    assert [op.site and op.site[4:] for op in again] == [op.site and op.site[4:] for op in history]
    assert first_difference(history, again) is None


def test_a_file_is_utf8_with_one_line_for_each_op(tmp_path: Path):
    """Also on a system that would write other line ends, and with half a character in it."""
    history = sample(result="Lisboa\u2028é\ud800")
    history.save(tmp_path / "run.jsonl")
    lines = (tmp_path / "run.jsonl").read_bytes().decode("utf-8").split("\n")
    assert [*map(json.loads, lines[:1])] == [{"agentchaos_history": 1, "mode": "sim", "seed": 0}]
    assert len(lines) == 4
    assert lines[3] == ""
    again = History.load(str(tmp_path / "run.jsonl"))
    assert again.digest() == history.digest()
    assert again[1].data["result"] == "Lisboa\u2028é\ud800"


def test_line_ends_that_a_version_control_changed_do_no_harm(tmp_path: Path):
    """Fixtures live in repositories."""
    history = sample()
    (tmp_path / "run.jsonl").write_bytes(history.to_jsonl().replace("\n", "\r\n").encode())
    assert History.load(tmp_path / "run.jsonl").digest() == history.digest()


@STEADY
@given(OPS)
def test_the_digest_ignores_wall_time(ops):
    """No two runs share it."""
    assert written(ops).digest() == written(ops, wall_s=1.5).digest()


@STEADY
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=5))
def test_the_digest_ignores_the_order_of_keys(data):
    """Of data and of arguments."""
    digests = set()
    for same in (data, dict(reversed(data.items()))):
        history = History()
        history.append("invoke", at_s=0.0, call=Call("tool", "x", "y", same))
        history.append("ok", at_s=0.0, of=0, data={"in": [same]})
        digests.add(history.digest())
    assert len(digests) == 1


def test_the_digest_ignores_places_in_memory():
    """Of objects in data, and of objects that an error or a prompt names."""
    keep = [object() for _ in range(4)]  # four objects at four places
    digests = set()
    for one, other in (keep[:2], keep[2:]):
        history = History()
        history.append("invoke", at_s=0.0, call=Call("tool", "x", "y", {"prompt": f"use {one!r}", "object": other}))
        history.append("fail", at_s=0.0, of=0, data={"error": f"TypeError: {one!r}", "object": other})
        digests.add(history.digest())
    assert len(digests) == 1


def test_the_digest_sees_virtual_time_and_everything_else():
    """A second, a result, a call."""
    assert sample().digest() != sample(at_s=1.0).digest()
    assert sample().digest() != sample(result="lost").digest()


def test_the_digest_of_a_live_run_ignores_all_time():
    """It is never the same twice."""
    one, other = sample(), sample(at_s=1.0)
    one.mode = other.mode = "live"
    assert one.digest() == other.digest()


def test_a_file_never_shows_a_secret(tmp_path: Path):
    """In arguments, names, results and errors."""
    key = "sk-aB3dE5gH7jK9mN1pQ"
    history = History()
    history.append("invoke", at_s=0.0, call=Call("http", f"{key}.local", f"GET /bot/{key}", {"password": "hunter2"}))
    history.append("ok", at_s=0.0, of=0, data={"result": {"deep": [f'{{"api_key": "{key}", "pwd": "hunter2"}}']}})
    history.append("note", at_s=0.0, data={"error": f"denied: Bearer {key}"})
    history.save(tmp_path / "run.jsonl")
    text = (tmp_path / "run.jsonl").read_text()
    assert "hunter2" not in text
    assert key not in text
    assert History.load(tmp_path / "run.jsonl").digest() == history.digest()


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_last_line_that_was_cut_off_is_named(cut, tmp_path: Path):
    """A run was killed while it wrote, even in the middle of a character."""
    data = sample(result="é" * 30).to_jsonl().rstrip("\n").encode()
    path = tmp_path / "run.jsonl"
    path.write_bytes(data[:-cut])
    with pytest.raises(UsageError) as caught:
        History.load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}, line 3: not an op (")
    assert said.endswith("; the file seems to be cut off there; remove this line to read the others")
    path.write_bytes(b"\n".join(data[:-cut].split(b"\n")[:-1]))
    assert len(History.load(path)) == 1


CALL = {"kind": "tool", "target": "t", "name": "n", "agent": [], "arguments": {}, "offers": []}
OP = {"i": 0, "op": "note", "at_s": 0.0, "wall_s": 0.0}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1]", "[1] where an object is due"),
        ('"text"', "'text' where an object is due"),
        ("3", "3 where an object is due"),
        ("{}", "it has no 'i'"),
        (json.dumps({**OP, "i": 1}), "op 1 of the kind 'note' where op 0 is due; kinds: deliver, effect, "),
        (json.dumps({**OP, "op": "boom"}), "op 0 of the kind 'boom' where op 0 is due; kinds: deliver, effect, "),
        (json.dumps({**OP, "at_s": None}), "float() argument"),
        (json.dumps({**OP, "call": 1}), "'int' object is not a mapping"),
        (json.dumps({**OP, "call": {**CALL, "colour": 1}}), "unexpected keyword argument 'colour'"),
        (json.dumps({**OP, "call": {"agent": []}}), "it has no 'offers'"),
        (json.dumps({**OP, "call": CALL, "site": ["d"]}), "not enough values to unpack"),
        (json.dumps({**OP, "call": CALL, "site": ["d", "x"]}), "invalid literal for int()"),
        (json.dumps({**OP, "call": {**CALL, "name": 5}}), "its name is 5"),
        (json.dumps({**OP, "call": {**CALL, "target": None}}), "its target is None"),
        (json.dumps({**OP, "call": {**CALL, "arguments": []}}), "its arguments is []"),
        (json.dumps({**OP, "call": {**CALL, "agent": "planner"}}), "its agent is 'planner'"),
        (json.dumps({**OP, "call": {**CALL, "offers": [1]}}), "its offers is [1]"),
        (json.dumps({**OP, "call": {**CALL, "schemas": 5}}), "its schemas is 5"),
        (json.dumps({**OP, "data": 5}), "its data is 5"),
        (json.dumps({**OP, "of": [1]}), "its of is [1]"),
        (json.dumps({**OP, "of": True}), "its of is True"),
        ("", "Expecting value"),
        ("[" * 100_000, ""),
    ],
)
def test_a_damaged_line_is_named_with_what_is_wrong(line, said):
    """Whatever stands there; nothing is skipped."""
    text = "\n".join(['{"agentchaos_history":1,"seed":0}', line, json.dumps({**OP, "i": 1}), ""])
    with pytest.raises(UsageError) as caught:
        History.from_jsonl(text, source="run.jsonl")
    assert str(caught.value).startswith("run.jsonl, line 2: not an op (")
    assert said in str(caught.value)
    assert str(caught.value).endswith("; 1 lines follow it, so the file was changed: use the one that was saved")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "no json\n",
        "[]\n",
        "{}\n",
        '{"agentchaos_history":2,"seed":0}\n',
        '{"agentchaos_history":1,"seed":"x"}\n',
    ],
)
def test_a_file_that_is_no_history_is_refused(text):
    """With what its first line should be."""
    with pytest.raises(UsageError) as caught:
        History.from_jsonl(text, source="other.json")
    assert str(caught.value) == (
        'other.json, line 1: not the head of a history, which is {"agentchaos_history":1,"mode":"sim","seed":0};'
        " give a file that History.save wrote"
    )


def test_a_call_without_a_site_gets_one_when_it_is_loaded():
    """An export from elsewhere need not know them."""
    lines = [
        '{"agentchaos_history":1,"seed":0}',
        *(json.dumps({**OP, "i": i, "op": "invoke", "call": CALL}) for i in (0, 1)),
    ]
    history = History.from_jsonl("\n".join(lines))
    assert [exchange.site.attempt for exchange in history.calls()] == [1, 2]


def test_deferred_ops_are_read_once_and_in_order():
    """And only when somebody looks."""
    history = History()
    read: list[int] = []

    def op(index: int) -> Op:
        read.append(index)
        return Op(index, "invoke", 0.0, 0.0, call=BOOK)

    history.defer(op)
    history.append("note", at_s=0.0)
    history.defer(op)
    assert (len(history), read) == (3, [])
    assert [exchange.site.attempt for exchange in history.calls()] == [1, 2]
    assert [each.index for each in history] == [0, 1, 2]
    assert history[0].site is not None
    assert read == [0, 2]


def test_an_op_that_cannot_be_read_is_read_again_the_next_time():
    """Nothing is skipped, and no site is counted twice."""
    history = History()
    history.append("invoke", at_s=0.0, call=BOOK)
    answers: list[Any] = [OSError("gone"), Op(1, "invoke", 0.0, 0.0, call=BOOK)]

    def op(index: int) -> Op:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return Op(index, "invoke", 0.0, 0.0, call=BOOK)

    history.defer(op)
    with pytest.raises(OSError, match="gone"):
        list(history)
    assert [exchange.site.attempt for exchange in history.calls()] == [1, 2]


def test_ops_of_many_threads_have_the_index_at_which_they_stand():
    """In live mode an agent may have threads."""
    history = History()
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        for _ in range(300):
            index = history.append("invoke", at_s=0.0, call=BOOK)
            history.defer(lambda at, of=index: Op(at, "ok", 0.0, 0.0, of))  # type: ignore[misc]
            history[index]

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [op.index for op in history] == list(range(2400))
    assert sorted(exchange.site.attempt for exchange in history.calls()) == list(range(1, 1201))


def test_an_exchange_is_a_call_from_its_invoke_to_its_end():
    """What it was, how it ended, what faults it met, how often the callee got it."""
    history = History()
    first = history.append("invoke", at_s=0.0, call=BOOK)
    open_ = history.append("invoke", at_s=0.0, call=ASK)
    history.append("fault", at_s=0.0, of=first, data={"fault": "duplicate"})
    history.append("deliver", at_s=0.0, of=first)
    history.append("deliver", at_s=0.0, of=first)
    history.append("span", at_s=0.0, of=first)
    history.append("info", at_s=1.0, of=first, data={"error": "ReadTimeout"})
    history.append("ok", at_s=2.0, of=first, data={"status": 200})
    history.append("ok", at_s=2.0, of=99)
    booked, asked = history.calls()
    assert (booked.index, booked.call, booked.site.attempt) == (first, BOOK, 1)
    assert (booked.ending, booked.data) == ("info", {"error": "ReadTimeout"})
    assert (booked.delivered, booked.faults) == (2, ("duplicate",))
    assert (asked.index, asked.ending, asked.delivered, asked.faults) == (open_, "open", 1, ())


def test_calls_are_found_by_globs():
    """By name, kind, target and agent; an agent by its path or its last part."""
    history = History()
    for call in (BOOK, ASK, Call("tool", "hotels.local", "book_room")):
        history.append("invoke", at_s=0.0, call=call)

    def found(*args: Any, **which: Any) -> list[str]:
        return [exchange.call.name for exchange in history.calls(*args, **which)]

    assert found() == ["book_flight", "m-1", "book_room"]
    assert found("book_*") == ["book_flight", "book_room"]
    assert found(kind="model") == ["m-1"]
    assert found(target="hotels.*") == ["book_room"]
    assert found(agent="flights") == found(agent="planner/*") == ["book_flight"]


def test_ops_are_reached_by_index_and_by_slice():
    """As in a list."""
    history = sample()
    assert history[-1].kind == "ok"
    assert [op.kind for op in history[:2]] == ["invoke", "ok"]


def test_the_first_difference_is_told_as_both_tell_it():
    """Without wall time, which always differs."""
    found = first_difference(sample(), sample(result="lost", wall_s=9.0))
    assert found is not None
    index, one, other = found
    assert index == 1
    assert ('"result":"booked"' in one, '"result":"lost"' in other) == (True, True)


def test_the_shorter_of_two_histories_ends_somewhere():
    """That is a difference as well, from either side."""
    longer = sample()
    longer.append("note", at_s=9.0)
    assert first_difference(sample(), longer) == (2, "(the history ends here)", '{"at_s":9.0,"i":2,"op":"note"}')
    assert first_difference(longer, sample()) == (2, '{"at_s":9.0,"i":2,"op":"note"}', "(the history ends here)")


@pytest.mark.parametrize(
    ("limit", "shown", "hidden"), [(60, 10, 0), (10, 10, 0), (4, 4, 6), (5, 4, 6), (1, 2, 8), (0, 2, 8)]
)
def test_a_long_timeline_leaves_out_its_middle(limit, shown, hidden):
    """And says how much that is."""
    history = History()
    for number in range(10):
        history.append("note", at_s=float(number))
    lines = history.timeline(limit).splitlines()
    assert len([line for line in lines if "note" in line]) == shown
    assert (f"     ... {hidden} ops not shown ..." in lines) is bool(hidden)
    assert lines[0].startswith("   0")
    assert lines[-1].startswith("   9")


def test_two_live_runs_agree_although_their_traces_have_other_names():
    """Ids and moments of spans, and the context that calls carry, are new each time; in virtual time they are not."""

    def history(mode, number):
        made = History(mode=mode)
        made.append(
            "invoke",
            at_s=number,
            call=Call("tool", "t", "book", traceparent=f"00-{number}-1-01", baggage=f"c={number}"),
        )
        data = {
            "trace_id": f"{number}",
            "span_id": "1",
            "parent_id": "",
            "name": "chat",
            "start_s": number,
            "end_s": None,
        }
        made.append("span", at_s=number, data=data)
        return made

    assert history("live", 1).digest() == history("live", 2).digest()
    assert history("sim", 1).digest() != history("sim", 2).digest()


def test_what_was_offered_is_written_once_and_read_back_for_every_call():
    """A tool's schema stands where it is new, so that a file does not grow with each call to a model."""
    history = History()
    for schema in ({"type": "object"}, {"type": "object"}, {"type": "array"}):
        history.append(
            "invoke", at_s=0.0, call=Call("model", "m", "gpt", offers=("book", "bare"), schemas={"book": schema})
        )
    text = history.to_jsonl()
    again = History.from_jsonl(text)
    assert text.count('"schemas"') == 2
    assert [op.call.schemas for op in again] == [op.call.schemas for op in history]
    assert again.digest() == history.digest()
