"""The ledger: what the wires, and the world, tell of what was done."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.effects.deed import Deed
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.ledger import deed, deeds, ledger, ledger_of
from pytest_agentchaos.evidence.history import History

SEAT = Effect(
    "seat",
    tool="book",
    key=("flight",),
    id="result.booking",
    undo="cancel",
    undo_by=("booking", "request_key=idempotency_key"),
)
PLAIN = Effect("seat", tool="book", key=("flight",), undo="cancel")


def done(story: Story, *effects: Effect):
    """(key, id, surely, undone, perhaps undone) of each entry."""
    entries = ledger_of(story.history, effects or (SEAT,)).entries
    return [(entry.key, entry.id, entry.sure, entry.undone_by is not None, bool(entry.undoing)) for entry in entries]


def booked(story: Story, booking: str = "B1", **arguments: str) -> Story:
    """A booking that is answered."""
    return story.call("book", **{"flight": "LX1", **arguments}).ok({"booking": booking})


STANDS = [(("LX1",), "B1", True, False, False)]
MAYBE = [(("LX1",), None, False, False, False)]
UNDONE = [(("LX1",), "B1", True, True, False)]


@pytest.mark.parametrize(
    ("ends", "entries"),
    [
        (lambda call: call.ok({"booking": "B1"}), STANDS),
        (lambda call: call.lost(result={"booking": "B1"}), STANDS),
        (lambda call: call.failed("sold out"), []),
        (lambda call: call.refused(503), []),
        (lambda call: call.refused(500), MAYBE),
        (lambda call: call.refused(504), MAYBE),
        (lambda call: call.fault("error_status").refused(500), []),
        (lambda call: call.fault("drop_response").delivered(None, status=502, error="x").info(), MAYBE),
        (lambda call: call.fail(), []),
        (lambda call: call.info(), MAYBE),
        (lambda call: call, MAYBE),
        (lambda call: call.fault("drop_request").info(), []),
        (lambda call: call.fault("overloaded").refused(529), []),
        (lambda call: call.fault("drop_response").delivered(None, failure="sold out").info(), []),
        (lambda call: call.fault("drop_response").delivered(None, status=409, error="x").info(), []),
        (lambda call: call.fault("malformed").delivered({"booking": "B1"}).ok({"booking": 7}), STANDS),
        (lambda call: (call.fault("late_delivery").fail(), call.delivered({"booking": "B1"})), STANDS),
        (lambda call: call.fault("reset").delivered(None, status=None).info(), MAYBE),
        (lambda call: call.fault("hang"), MAYBE),
        (lambda call: call.delivered({"booking": "B1"}).ok({"booking": "B1"}), STANDS),
        (lambda call: call.delivered({"booking": "B1"}).info(), STANDS),
        (lambda call: call.ok({"state": "queued"}), MAYBE),
        (lambda call: call.ok({"booking": "B1"}, status="200"), MAYBE),
    ],
)
def test_what_counts_is_what_the_callee_truly_answered(ends, entries):
    """Whatever its caller saw; what was sent and not answered may have happened."""
    story = Story()
    ends(story.call("book", flight="LX1"))
    assert done(story) == entries


def test_copies_in_flight_are_several_things():
    """Unless their answers have one id: then the second one was given from memory."""
    story = Story()
    story.call("book", flight="LX1").fault("duplicate").delivered({"booking": "B1"}).delivered({"booking": "B2"}).ok({})
    assert [entry[1] for entry in done(story)] == ["B1", "B2"]
    story.call("book", flight="LX2").fault("duplicate").delivered({"booking": "B3"}).delivered({"booking": "B3"}).ok({})
    assert [entry[1] for entry in done(story)] == ["B1", "B2", "B3"]
    assert len(done(story, PLAIN)) == 4


def test_a_repeated_call_that_is_answered_from_memory_does_nothing_new():
    """One id is one thing, also across calls, and all calls are told."""
    story = booked(booked(Story()).wait(20))
    (entry,) = ledger_of(story.history, (SEAT,)).entries
    assert (entry.op, entry.ops, entry.at_s) == (0, (0, 2), 0.0)
    assert len(done(story, PLAIN)) == 2


def test_an_id_in_the_arguments_says_that_requests_with_it_are_one():
    """Even where an answer was lost for good."""
    story = Story()
    story.call("book", flight="LX1", idempotency_key="k1").info()
    story.call("book", flight="LX1", idempotency_key="k1").ok({})
    (entry,) = ledger_of(story.history, [Effect("seat", "book", "flight", id="idempotency_key")]).entries
    assert entry.stands
    assert entry.ops == (0, 2)


def test_one_id_under_two_keys_is_a_problem_and_two_things():
    """Ids that collide are not answers from memory."""
    told = ledger_of(booked(booked(Story()), flight="LX2").history, (SEAT,))
    assert [entry.key for entry in told.entries] == [("LX1",), ("LX2",)]
    assert "the id 'B1' was given to ('LX1',) and to ('LX2',)" in told.problems[0].why


def test_an_id_that_is_hidden_as_a_secret_is_none():
    """Two such could not be told apart after saving."""
    assert done(booked(Story(), "sk-" + "a" * 30)) == MAYBE


@pytest.mark.parametrize(
    ("named", "answer", "entries"),
    [
        ({"booking": "B1"}, {}, UNDONE),
        ({"booking": "B1", "request_key": None}, {}, UNDONE),
        ({"booking": None, "request_key": "k1"}, {}, UNDONE),
        ({"request_key": "k1"}, {"booking": None}, UNDONE),
        ({"booking": "B9"}, {}, STANDS),
        ({"request_key": "B1x"}, {}, STANDS),
        ({"flight": "LX1"}, {}, STANDS),
    ],
    ids=str,
)
def test_an_undoing_undoes_what_it_names(named, answer, entries):
    """By the id, or by an argument of the call that did it."""
    story = booked(Story(), idempotency_key="k1")
    story.call("cancel", arguments=named).ok(answer)
    assert done(story) == entries


def test_an_undoing_by_the_key_names_all_of_its_fields():
    """One field that fits is not enough."""
    effect = Effect("seat", tool="book", key=("who", "flight"), undo="cancel")
    story = Story()
    story.call("book", who="Ada", flight="LX1").ok().call("book", who="Bob", flight="LX1").ok()
    story.call("cancel", who="Bob", flight="LX1").ok()
    assert [entry[3] for entry in done(story, effect)] == [False, True]
    story.call("book", who="Cem", flight="LX2").ok().call("cancel", who="Ada", flight="LX2").ok()
    assert [entry[3] for entry in done(story, effect)] == [False, True, False]


@pytest.mark.parametrize(
    ("ends", "undone", "perhaps"),
    [
        (lambda call: call.ok(), True, False),
        (lambda call: call.failed(), False, False),
        (lambda call: call.fail(), False, False),
        (lambda call: call.info(), False, True),
        (lambda call: call, False, True),
        (lambda call: call.lost(result={}), True, False),
    ],
)
def test_an_undoing_counts_as_what_was_truly_answered(ends, undone, perhaps):
    """As any other call."""
    story = booked(Story())
    ends(story.call("cancel", booking="B1"))
    assert done(story) == [(("LX1",), "B1", True, undone, perhaps)]


def test_only_what_was_there_before_is_undone():
    """A request that arrives after its undoing stands."""
    story = Story()
    late = story.call("book", flight="LX1", idempotency_key="k1").fault("late_delivery")
    late.info()
    story.call("cancel", request_key="k1").ok({"booking": None})
    late.delivered({"booking": "B1"})
    assert done(story) == STANDS


def test_what_may_have_happened_can_be_undone():
    """By the key of the request, which is known although the answer is not."""
    story = Story()
    story.call("book", flight="LX1", idempotency_key="k1").info()
    story.call("cancel", request_key="k1").ok({})
    assert done(story) == [(("LX1",), None, False, True, False)]


def test_an_undoing_that_names_several_leaves_all_in_doubt():
    """Unless it says in its answer which one it was."""
    story = booked(booked(Story(), "B1", idempotency_key="k1"), "B2", idempotency_key="k1")
    story.call("cancel", request_key="k1").ok({})
    assert [entry[3:] for entry in done(story)] == [(False, True), (False, True)]
    story.call("cancel", booking="B1").ok({})
    assert [entry[3:] for entry in done(story)] == [(True, True), (False, True)]


def test_an_undoing_that_tells_the_id_undoes_that_one():
    """The answer of the tool decides."""
    story = booked(booked(Story(), "B1", idempotency_key="k1"), "B2", idempotency_key="k1")
    story.call("cancel", request_key="k1").ok({"booking": "B2"})
    assert [entry[3:] for entry in done(story)] == [(False, False), (True, False)]


def test_the_same_again_after_an_undoing_is_a_new_thing():
    """Which the earlier undoing does not touch, and a later one does."""
    story = Story()
    story.call("book", flight="LX1").ok().call("cancel", flight="LX1").ok().call("book", flight="LX1").ok()
    assert [entry[3] for entry in done(story, PLAIN)] == [True, False]
    story.call("cancel", flight="LX1").ok()
    assert [entry[3] for entry in done(story, PLAIN)] == [True, True]


def test_an_undoing_that_says_nothing_of_what_it_undoes_is_a_problem():
    """Nobody knows what stands after it."""
    told = ledger_of(booked(Story()).call("cancel").ok().history, (SEAT,))
    assert "it does not say what it undoes: it has no booking or request_key" in told.problems[0].why


def test_a_tool_may_undo_one_thing_by_doing_another():
    """A hold ends when it becomes a booking; a booking without a hold ends none."""
    hold = Effect("hold", "hold", "flight", id="result.booking", undo=("cancel", "book"), undo_by=("booking", "hold"))
    story = Story()
    story.call("hold", flight="LX1").ok({"booking": "H1"})
    story.call("book", flight="LX1").info()
    assert not ledger_of(story.history, (SEAT, hold)).problems
    assert [entry[3] for entry in done(story, hold)] == [False]
    story.call("book", flight="LX1", hold="H1").ok({"booking": "B1"})
    assert [entry[3] for entry in done(story, hold)] == [True]


def test_one_call_may_undo_things_of_several_effects():
    """A tool that cancels whatever it is given."""
    seat, hold = SEAT, Effect("hold", tool="hold", key="flight", id="result.booking", undo="cancel")
    story = Story()
    story.call("hold", flight="LX1").ok({"booking": "H1"})
    story.call("cancel", booking="H1").ok()
    (exchange,) = story.history.calls("cancel")
    assert [one.effect for one in deeds(exchange, (seat, hold))] == ["seat", "hold"]
    assert [entry[3] for entry in done(story, seat, hold)] == [True]


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (Effect("seat", "book", key=("flight", "date", "result.seat")), "it has no date and no result.seat"),
        (Effect("seat", "book", key=lambda arguments, result: 1 / 0), "its key function failed: ZeroDivisionError"),
        (Effect("seat", "book", key=lambda arguments, result: None), "its key function gave None"),
        (Effect("seat", "book", key="flight", id="number"), "it has no number"),
        (Effect("seat", "book", key="flight", id="result.number"), "it was answered without result.number"),
    ],
    ids=["field", "raises", "none", "argument", "result"],
)
def test_what_cannot_be_read_is_a_problem_and_says_so(effect, words):
    """It is counted nevertheless."""
    told = ledger_of(booked(Story()).history, (effect,))
    assert len(told.entries) == 1
    assert [problem.effect for problem in told.problems] == ["seat"]
    assert words in told.problems[0].why


def account(story: Story, *effects: Effect) -> History:
    """The history with the effect ops that a trial writes."""
    story.note(effects=[effect.name for effect in effects])
    for exchange in story.history.calls():
        for one in deeds(exchange, effects):
            story.history.append("effect", at_s=story.now_s, of=exchange.index, data=one.to_data())
    return story.history


def test_a_saved_ledger_is_the_ledger_of_the_declarations():
    """Written, saved, loaded and read again."""
    story = booked(booked(Story(), idempotency_key="k1").wait(2), "B2")
    story.call("book", flight="LX3").info()
    story.call("cancel", request_key="k1").ok({})
    direct = ledger_of(story.history, (SEAT,))
    history = account(story, SEAT)
    for one in (history, History.from_jsonl(history.to_jsonl())):
        told = one.view(ledger)
        assert told.entries == direct.entries
        assert (told.declared, told.by_default, told.fields) == ({"seat"}, False, {"seat": ("flight",)})


def test_a_call_that_is_accounted_twice_counts_as_it_was_told_last():
    """First while it was open, then when it had ended."""
    story = Story()
    call = story.call("book", flight="LX1")
    account(story, SEAT)
    assert not story.history.view(ledger).entries[0].sure
    call.ok({"booking": "B1"})
    assert [entry.sure for entry in account(story, SEAT).view(ledger).entries] == [True]


def test_a_deed_comes_back_from_its_data():
    """Whole, and without what it has not."""
    whole = Deed(
        "e",
        3,
        1.0,
        ("k",),
        1,
        2,
        ("i",),
        2.5,
        undoes=True,
        handles=("f=v",),
        shown=(4,),
        fields=("flight",),
        problem="p",
    )
    assert Deed.from_data(whole.to_data(), op=3, at_s=1.0) == whole
    bare = Deed("e", 3, 1.0, None, 1)
    assert bare.to_data() == {"effect": "e", "key": None, "sure": 1}
    assert Deed.from_data(bare.to_data(), op=3, at_s=1.0) == bare


def test_a_call_of_another_tool_is_no_deed():
    """And one that surely did nothing neither."""
    story = Story()
    story.call("search").ok().call("book", flight="LX1").fail()
    assert [deed(exchange, (SEAT,)) for exchange in story.history.calls()] == [None, None]


@pytest.mark.parametrize(
    "data",
    [
        {"effect": "seat", "sure": "many"},
        {"effect": "seat", "sure": -1},
        {"effect": "seat", "sure": 10**12},
        {"effect": "seat", "sure": 1, "maybe": True},
        {"effect": "seat", "sure": 1, "key": 3},
        {"effect": "seat", "sure": 1, "ids": {"a": 1}},
        {"effect": "seat", "sure": 1, "amount": "x"},
        {"effect": 3},
        {},
    ],
    ids=str,
)
def test_a_damaged_effect_op_is_a_problem(data):
    """It is no entry, and nobody overlooks it."""
    story = booked(Story()).note(effects=["seat"])
    story.history.append("effect", at_s=0, of=0, data=data)
    told = story.history.view(ledger)
    assert told.entries == ()
    assert len(told.problems) == 1


@pytest.mark.parametrize("of", [None, 99, "0", -1])
def test_an_effect_op_of_no_call_is_a_problem(of):
    """Whatever it points at."""
    story = booked(Story())
    story.history.append("effect", at_s=0, of=of, data={"effect": "seat", "sure": 1, "key": ["a"]})
    assert len(story.history.view(ledger).problems) == 1


def test_ops_that_show_it_may_be_damaged():
    """Then the call itself shows it."""
    story = booked(Story())
    data = {"effect": "seat", "sure": 3, "key": ["a"], "shown": [99, -4, "x"]}
    story.history.append("effect", at_s=0, of=0, data=data)
    assert [entry.done for entry in story.history.view(ledger).entries] == [0, 0, 0]


# Defaults ------------------------------------------------------------------------------------------------------------


def listed(*tools: tuple[str, dict[str, bool]]) -> Story:
    """A server that lists these tools with these annotations."""
    return Story().listed(*({"name": name, "annotations": hints} for name, hints in tools))


def test_without_a_declaration_every_tool_that_says_that_it_writes_is_an_effect():
    """Tools that say nothing are named, those that only read are none."""
    story = listed(("pay", {"readOnlyHint": False}), ("look", {"readOnlyHint": True}))
    story.call("pay", to="Ada").ok().call("look").ok().call("move").ok()
    told = story.history.view(ledger)
    assert (told.by_default, told.declared, told.unjudged) == (True, {"pay"}, ("move",))
    assert [entry.key for entry in told.entries] == [('{"to":"Ada"}',)]


@pytest.mark.parametrize(("hints", "things"), [({"idempotentHint": True}, 1), ({"destructiveHint": False}, 2)])
def test_an_idempotent_tool_does_the_same_call_once(hints, things):
    """Any other does it as often as it is called."""
    story = listed(("pay", hints))
    story.call("pay", to="Ada", idempotency_key="k").ok().call("pay", to="Ada", idempotency_key="k").ok()
    assert len(story.history.view(ledger).entries) == things


def test_a_wish_under_a_new_request_key_is_the_same_wish():
    """Which is how a retry books twice."""
    story = listed(("pay", {"idempotentHint": True}))
    story.call("pay", to="Ada", idempotency_key="k").ok().call("pay", to="Ada", idempotency_key="l").ok()
    one, two = story.history.view(ledger).entries
    assert one.key == two.key
    assert one.id != two.id


# The world -----------------------------------------------------------------------------------------------------------


def test_the_last_probe_of_each_effect_counts():
    """Rows in the words of the effect."""
    story = Story().note(effects=["seat", "room"]).note(world="seat", rows=[{"id": 1}]).note(world="room", rows=[])
    story.note(world="seat", rows=[{"key": ["LX1", 3], "id": "B1", "amount": 2}, {"id": 7}])
    told = story.history.view(ledger)
    assert [(row.key, row.id, row.amount, row.op) for row in told.world["seat"]] == [
        (("LX1", "3"), "B1", 2.0, 3),
        (None, "7", None, 3),
    ]
    assert (told.world["room"], told.probes) == ((), {"seat": 3, "room": 2})


@pytest.mark.parametrize("rows", [[3], [{}], [{"key": "x"}], [None, []]], ids=str)
def test_rows_that_name_nothing_are_a_problem(rows):
    """They cannot be held against anything."""
    told = Story().note(world="seat", rows=rows).history.view(ledger)
    assert (told.world["seat"], len(told.problems)) == ((), 1)


@pytest.mark.parametrize("data", [{"error": "OSError: no"}, {"rows": 3}, {}], ids=str)
def test_a_probe_that_failed_found_nothing_out(data):
    """Not even what an earlier one had found."""
    told = Story().note(world="seat", rows=[{"id": 1}]).note(world="seat", **data).history.view(ledger)
    assert told.world == {}
    assert "the probe of seat failed" in told.problems[0].why


def test_a_probe_is_of_the_end_only_if_nothing_was_done_after_it():
    """What it found may be gone."""
    story = booked(Story()).note(world="seat", rows=[])
    assert ledger_of(story.history, (SEAT,)).is_probed("seat")
    assert not ledger_of(booked(story).history, (SEAT,)).is_probed("seat")
    assert not ledger_of(story.history, (SEAT,)).is_probed("room")


def test_entries_are_asked_for_by_a_glob():
    """Or by the name itself."""
    story = booked(Story())
    told = ledger_of(story.history, (SEAT, Effect("room[1]", "book", "flight")))
    assert [entry.effect for entry in told.of("s*")] == ["seat"]
    assert [entry.effect for entry in told.standing("room[1]")] == ["room[1]"]
    assert told.of("x") == ()


def test_a_long_history_is_added_up_in_one_pass():
    """Also one that was made to be slow: one handle for all, and an undoing after each."""
    story = Story()
    effect = Effect("seat", tool="book", key="flight", undo="cancel")
    for _ in range(3000):
        story.call("book", flight="LX1").ok()
    for _ in range(3000):
        story.call("cancel", flight="LX1").ok()
    entries = ledger_of(story.history, (effect,)).entries
    assert sum(len(entry.undoing) for entry in entries) == 3000
