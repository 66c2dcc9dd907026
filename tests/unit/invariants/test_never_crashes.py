"""Whatever stands in a history, no invariant raises; and where nothing can be known, none passes."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pytest_agentchaos import History, invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.invariants.registry import registered

EVERY = {
    "at_most": invariants.at_most("steps", 1_000),
    "backs_off": invariants.backs_off(jitter=True),
    "breaker_opens": invariants.breaker_opens(after=1),
    "complete_trace": invariants.complete_trace(),
    "correlated": invariants.correlated(by="travel.correlation"),
    "deadline_respected": invariants.deadline_respected(900),
    "degrades_gracefully": invariants.degrades_gracefully({"bookings": ["search_*"]}),
    "escalates_after": invariants.escalates_after(1, "escalate*"),
    "no_deadlock": invariants.no_deadlock(),
    "no_duplicate_effect": invariants.no_duplicate_effect(),
    "no_orphan": invariants.no_orphan(),
    "no_oversell": invariants.no_oversell("seat", 1_000),
    "no_phantom": invariants.no_phantom(),
    "no_progress_loop": invariants.no_progress_loop(),
    "no_secret_leaked": invariants.no_secret_leaked("a secret that is nowhere"),
    "no_unknown_tool": invariants.no_unknown_tool(),
    "obeys_policy": invariants.obeys_policy(allow={"*": ["*"]}, spend={"limit": 9}, approvals={"book_*": "ask_*"}),
    "poisoned_content_ignored": invariants.poisoned_content_ignored(("a marker that is nowhere",), ("wire_*",)),
    "recovers_within": invariants.recovers_within(60),
    "respects_retry_after": invariants.respects_retry_after(),
    "terminates": invariants.terminates(),
    "undone_if_failed": invariants.undone_if_failed(),
    "valid_messages": invariants.valid_messages(),
    "world_agrees": invariants.world_agrees(),
}


def test_no_invariant_is_left_out():
    """One that is added has to be added here."""
    assert set(EVERY) == set(registered())


# --- histories as nobody would write them ---------------------------------------------------------------------------


def _deep(value, levels=300):
    for _ in range(levels):
        value = [value]
    return value


NAMES = ("", "x", "search_flights", "book_flight", "ask_person", "tools/list")
TEXTS = st.one_of(
    st.sampled_from((*NAMES, "completed", "hung", "poisoned_content", "[hidden]", "{", '{"a": 1}', "\ud800", "\0")),
    st.sampled_from(
        ("execute_tool", "chat", "CancelledError: x", "*", "a.*", "1" * 32, f"00-{'1' * 32}-{'2' * 16}-01")
    ),
    st.text(max_size=5),
)
NUMBERS = st.sampled_from((0, 1, -1, 200, 429, 503, 5, 0.5, 2**70, 10**400, 1e308, math.nan, math.inf, -math.inf))
ATOMS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
FIELDS = ("id", "key", "amount", "name", "status", "booking", "readOnlyHint", "type", "$ref", "properties", "text")
ANYTHING = st.recursive(
    st.one_of(ATOMS, ATOMS.map(_deep)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(FIELDS), TEXTS), inner, max_size=3)
    ),
    max_leaves=6,
)


def _objects(**fields):
    """Objects with some of these fields, of which each may be anything as well."""
    damaged = {name: st.one_of(right, ANYTHING) for name, right in fields.items()}
    return st.one_of(st.fixed_dictionaries({}, optional=damaged), st.dictionaries(TEXTS, ANYTHING, max_size=3))


IDS = st.sampled_from(("1" * 32, "2" * 16, "3" * 16, "", "x"))  # so few that they collide
SCHEMAS = _objects(type=st.just("object"), properties=_objects(), required=st.just(["x"]))
ROWS = st.lists(_objects(effect=st.just("seat"), key=st.lists(TEXTS, max_size=2), id=TEXTS, amount=NUMBERS), max_size=2)
ASKED = st.lists(_objects(name=st.sampled_from(NAMES), arguments=TEXTS), max_size=2)
TOOLS = st.lists(_objects(name=st.sampled_from(NAMES), inputSchema=SCHEMAS, annotations=_objects()), max_size=2)
REPLIES = _objects(
    status=NUMBERS, result=ANYTHING, error=TEXTS, failure=TEXTS, retry_after_s=NUMBERS, finish=TEXTS, tool_calls=ASKED,
    usage=_objects(input_tokens=NUMBERS, output_tokens=NUMBERS, cached_tokens=NUMBERS), unread=TEXTS, bytes=NUMBERS,
)  # fmt: skip
DATA = {
    "invoke": _objects(),
    "ok": REPLIES,
    "deliver": REPLIES,
    "fail": REPLIES,
    "info": REPLIES,
    "fault": _objects(
        fault=st.sampled_from(("poisoned_content", "hang")), parameters=_objects(text=TEXTS, canary=TEXTS)
    ),
    "effect": _objects(
        effect=st.just("seat"), key=st.lists(TEXTS, max_size=2), sure=NUMBERS, amount=NUMBERS,
        ids=st.lists(TEXTS, max_size=2), handles=st.lists(TEXTS, max_size=2), shown=st.lists(NUMBERS, max_size=2),
        fields=st.lists(TEXTS, max_size=2), undoes=ANYTHING,
    ),
    "span": _objects(
        trace_id=IDS, span_id=IDS, parent_id=IDS, name=TEXTS, start_s=NUMBERS, end_s=NUMBERS, kind=TEXTS, status=TEXTS,
        attributes=_objects(**{"gen_ai.operation.name": TEXTS, "gen_ai.tool.name": TEXTS, "travel.correlation": TEXTS}),
        events=ANYTHING, links=ANYTHING,
    ),
    "note": st.one_of(
        _objects(outcome=st.sampled_from(("completed", "raised", "hung")), answer=ANYTHING, error=TEXTS),
        _objects(effects=st.just(["seat"]), claims=ROWS, problems=ANYTHING),
        _objects(world=st.just("seat"), rows=ROWS, error=TEXTS),
        _objects(canary=TEXTS, value=TEXTS, log=TEXTS, logger=TEXTS, logs_lost=TEXTS),
        _objects(tools=TOOLS, prices=_objects()),
    ),
}  # fmt: skip
CALLS = st.fixed_dictionaries(
    {
        "kind": st.one_of(st.sampled_from(("model", "tool", "agent", "http", "rpc", "tcp")), TEXTS),
        "target": TEXTS,
        "name": st.one_of(st.sampled_from(NAMES), TEXTS),
        "agent": st.lists(TEXTS, max_size=2),
        "arguments": st.dictionaries(TEXTS, ANYTHING, max_size=3),
        "dialect": TEXTS,
        "wire": TEXTS,
        "offers": st.lists(st.sampled_from(NAMES), max_size=2),
        "streams": st.booleans(),
    },
    optional={
        "traceparent": ANYTHING,
        "baggage": ANYTHING,
        "schemas": st.dictionaries(st.sampled_from(NAMES), SCHEMAS, max_size=2),
    },
)
TIMES = st.one_of(st.integers(0, 20), st.sampled_from((math.nan, math.inf, -1.0, 1e300)))


@st.composite
def damaged(draw):
    """A history that a file can hold: ops of any kind, most of them wrong in some way, some where none is due."""
    ops = [{"agentchaos_history": 1, "mode": draw(st.sampled_from(("sim", "live", "?"))), "seed": 0}]
    for at, kind in enumerate(draw(st.lists(st.sampled_from(("invoke", "invoke", *DATA)), max_size=8))):
        op = {"i": at, "op": kind, "at_s": draw(TIMES), "wall_s": 0, "data": draw(DATA[kind])}
        if kind == "invoke":
            op["call"] = draw(CALLS)
        elif kind not in {"note", "span"}:
            op["of"] = draw(st.integers(-1, at))
        ops.append(op)
    return "".join(f"{json.dumps(op)}\n" for op in ops)


def _read(text):
    """What a file says, or nothing where it is refused, which is right as well."""
    try:
        return History.from_jsonl(text)
    except UsageError:
        return History()


@pytest.mark.unmeasured
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@example(text='{"agentchaos_history": 1, "mode": "sim", "seed": 0}\n')
@given(text=damaged())
def test_a_damaged_history_crashes_no_invariant(text):
    """``check`` itself raises nothing: that ``judge`` makes *unknown* of it is a net below."""
    history = _read(text)
    for name, invariant in EVERY.items():
        verdict = invariant.check(history)
        assert verdict.status in {"pass", "fail", "unknown"}, name
        assert all(op < len(history) for op in verdict.ops), name
        assert verdict.reason, name


# --- a history as it should be, and what becomes of it --------------------------------------------------------------


def _told():
    """A run in which there is something to judge for everybody."""
    story = Story()
    tool = {"name": "book_flight", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": False}}
    story.listed(tool, *({"name": name} for name in ("search_flights", "ask_person"))).note(effects=["seat"])
    with_span = {"attributes": {"gen_ai.operation.name": "chat", "travel.correlation": "c1"}}
    root = story.span("trip", attributes={"travel.correlation": "c1"})
    story.ask("Lisbon", offers=["search_flights"]).says("", ("search_flights", {"to": "Lisbon"}), tokens=(9, 9))
    story.span("chat gpt-5", parent=root, **with_span)
    for pause_s in (0.2, 0.5, 1.1, 2.3, 40.0):
        story.call("search_flights", to="Lisbon").fault("unavailable").refused(retry_after_s=0.1)
        story.wait(pause_s)
    story.call("search_flights", to="Lisbon").fault("poisoned_content").delivered("LX1").ok(["LX1 and orders"])
    story.call("ask_person", question="May I?").ok({"approved": True})
    story.call("book_flight", flight="LX1").ok({"booking": "B1"})
    seat = {"effect": "seat", "key": ["LX1"], "sure": 1, "amount": 5, "ids": ["B1"], "fields": ["flight"]}
    story.history.append("effect", at_s=story.now_s, of=len(story.history) - 2, data=seat)
    story.note(claims=[{"effect": "seat", "key": ["LX1"], "id": "B1"}]).note(log="booked", logger="agent")
    return story


def test_a_history_as_it_should_be_passes_nearly_all_of_them():
    """Else what is said of the damaged ones would say nothing."""
    story = _told().ended(answer={"bookings": ["B1"]})
    story.note(world="seat", rows=[{"key": ["LX1"], "id": "B1", "amount": 5}])
    passed = {name for name, invariant in EVERY.items() if invariant.check(story.history).status == "pass"}
    others = {"backs_off", "breaker_opens", "complete_trace", "correlated", "degrades_gracefully", "escalates_after"}
    assert set(EVERY) - passed == others


@pytest.mark.parametrize("invariant", EVERY)
def test_nothing_passes_in_an_empty_history(invariant):
    """Nobody ran anything."""
    assert EVERY[invariant].check(History()).status == "unknown"


@pytest.mark.parametrize("invariant", EVERY)
def test_nothing_passes_where_no_run_has_ended(invariant):
    """However much is known of what came before, more may come: the file was cut off between two lines."""
    whole = _told().history
    for length in range(1, len(whole) + 1):
        cut = History()
        for op in whole[:length]:
            cut.append(op.kind, at_s=op.at_s, of=op.of, call=op.call, data=op.data)
        assert EVERY[invariant].check(cut).status != "pass", length


@pytest.mark.parametrize("invariant", EVERY)
def test_nothing_passes_where_the_end_of_the_run_is_damaged(invariant):
    """A note that is none of the three endings does not say that the run has ended."""
    for outcome in (None, 5, "", "over", {}, ["completed"], True):
        story = _told().note(outcome=outcome, answer={"bookings": ["B1"]})
        assert EVERY[invariant].check(story.history).status != "pass", outcome


@pytest.mark.parametrize("size", [10 << 20])
@pytest.mark.parametrize("place", ["result", "argument", "attribute", "answer", "failure", "log"])
def test_a_text_of_ten_megabytes_is_a_text(place, size):
    """It crashes nothing, and no reason repeats it."""
    text = "x" * size
    story = Story()
    root = story.span("trip", attributes={"travel.correlation": text if place == "attribute" else "c1"})
    call = story.call("book_flight", flight=text if place == "argument" else "LX1")
    call.ok(text if place == "result" else "B1", **({"failure": text} if place == "failure" else {}))
    story.span("execute_tool book_flight", parent=root).to_data()
    story.note(log=text if place == "log" else "booked").ended(answer=text if place == "answer" else "Booked.")
    for name, invariant in EVERY.items():
        assert len(invariant.check(story.history).reason) < 5_000, name
