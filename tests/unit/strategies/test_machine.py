"""machine: a sequence of events that breaks an invariant is found, and told as a program of few steps."""

from __future__ import annotations

import asyncio
import gc
import warnings
from functools import partial

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pytest_agentchaos import Effect, faults, invariants, on, strategies
from pytest_agentchaos.errors import NoUpstreamError, UsageError
from pytest_agentchaos.strategies.running import Running
from pytest_agentchaos.system import System

ASKED = (invariants.no_duplicate_effect(), invariants.terminates())


class Desk:
    """Books a seat for whoever asks; what it has begun is on record, and it goes on with that after a crash."""

    def __init__(self, chaos, *, keyed=True, resumes=True, letter_s=1.0):
        self.keyed = keyed
        self.letter_s = letter_s
        self.records = []
        self.begun = []
        self.farewells = []
        self._book = chaos.tool(self.book, timeout_s=5.0)
        if not resumes:
            self.resume = None
        chaos.effect(Effect("seat", tool="book", key="who", id="result.booking"))
        chaos.probe("seat", lambda: self.records, key=("who",), id="booking")

    async def book(self, who):
        """Takes a second."""
        await asyncio.sleep(1.0)
        for row in self.records:
            if self.keyed and row["who"] == who:
                return row
        self.records.append({"who": who, "booking": f"B{len(self.records) + 1}"})
        return self.records[-1]

    async def take(self, who):
        """Patient; and when it is done, it writes a letter."""
        if who not in self.begun:
            self.begun.append(who)
        try:
            for pause_s in (1.0, 10.0, 100.0, 1000.0, 10000.0):
                try:
                    answer = await self._book(who=who)
                except TimeoutError:
                    await asyncio.sleep(pause_s)
                else:
                    await asyncio.sleep(self.letter_s)
                    self.begun.remove(who)
                    return answer
            return None
        finally:
            self.farewells.append(who)

    async def resume(self):
        """Goes on with what it had begun."""
        return [await self.take(who) for who in list(self.begun)]


def running(make=Desk, **more):
    """Its desk is at hand as ``desk``."""
    made = []

    def setup(chaos):
        made.append(make(chaos, **more))
        return made[0]

    open_ = Running(System("?", setup), invariants=ASKED)
    open_.desk = lambda: made[0]
    return open_


def statuses(verdicts):
    """Pass, fail or unknown."""
    return [verdict.status for verdict in verdicts]


def test_journeys_run_side_by_side_until_all_is_at_rest():
    """Time passes only when it is let."""
    with running() as desk:
        desk.send("ann")
        desk.pass_time(0.5)
        desk.send("bob")
        assert desk.under_way == 2
        assert desk.verdicts() == ()
        desk.pass_time(1.6)
        assert desk.under_way == 1
        desk.rest()
        assert desk.trial.clock.now_s() == 2.5
        assert statuses(desk.verdicts()) == ["pass", "pass"]


def test_after_a_crash_nothing_of_it_runs_and_the_next_life_goes_on():
    """No ``finally``; what was under way may have happened, and the record says whether it did."""
    with running() as desk:
        desk.send("ann")
        desk.pass_time(0.5)
        desk.crash()
        desk.pass_time(100.0)
        assert not desk.alive
        assert desk.under_way == 0
        assert desk.desk().farewells == []
        (call,) = desk.trial.history.calls("book")
        assert (call.ending, call.data["error"]) == ("info", "its caller's process ended")
        desk.restart()
        desk.rest()
        assert statuses(desk.verdicts()) == ["pass", "pass"]
        assert [row["who"] for row in desk.desk().records] == ["ann"]


def test_a_system_that_cannot_resume_is_asked_again():
    """As whoever got no answer does."""
    with running(resumes=False) as desk:
        desk.send("ann")
        desk.crash()
        desk.restart()
        desk.rest()
        assert [op.data for op in desk.trial.history if "restart" in op.data] == [{"restart": 1, "by": "take"}]
        assert statuses(desk.verdicts()) == ["pass", "pass"]


def test_what_was_killed_leaves_no_warning_behind():
    """Over many lives."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            with running() as desk:
                for who in ("ann", "bob", "eve"):
                    desk.send(who)
                    desk.crash()
                    desk.restart()
        gc.collect()


def test_a_cut_edge_loses_what_sets_out_until_it_is_healed():
    """The desk waits for its timeout, and tries again."""
    with running() as desk:
        desk.cut(("*", "book"))
        desk.send("ann")
        desk.pass_time(100.0)
        assert desk.cuts == (("*", "book"),)
        assert desk.desk().records == []
        desk.heal(("*", "book"))
        desk.rest()
        assert [row["who"] for row in desk.desk().records] == ["ann"]
        assert statuses(desk.verdicts()) == ["pass", "pass"]


def test_only_the_next_call_is_disturbed():
    """Whichever it is."""
    with running() as desk:
        desk.disturb_next(faults.DropResponse(), on.tool("book"))
        desk.send("ann")
        desk.rest()
        assert [exchange.faults for exchange in desk.trial.history.calls("book")] == [("drop_response",), ()]


def test_a_sync_system_takes_a_journey_in_one_step():
    """And one that raises has ended."""

    def setup(chaos):
        def take(journey):
            if journey == "bad":
                raise ValueError(journey)
            return journey

        return take

    with Running(System("?", setup), invariants=(invariants.terminates(),)) as system:
        system.send("good")
        system.send("bad")
        assert system.under_way == 0
        assert [op.data["outcome"] for op in system.trial.history if "outcome" in op.data] == ["completed", "raised"]


def test_what_never_ends_hangs():
    """Whether it waits for nothing or for ever."""

    def setup(chaos):
        async def take(journey):
            await (asyncio.Event().wait() if journey == "nothing" else asyncio.sleep(1e9))

        return take

    for journey in ("nothing", "for ever"):
        with Running(System("?", setup), invariants=(invariants.terminates(),)) as system:
            system.send(journey)
            system.rest()
            assert statuses(system.verdicts()) == ["fail"]


def search(make, *, examples=40, steps=12, **more):
    """The same each time."""
    machine = strategies.machine(make, invariants=ASKED, **more)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate, Phase.shrink],
        ),
    )


def test_a_desk_that_knows_its_customers_holds():
    """Whatever happens around it."""
    search(Desk, journeys=["ann", "bob"])


def test_one_that_does_not_is_found_out_in_few_steps():
    """The steps that are left are those that it takes."""
    with pytest.raises(AssertionError, match="seat with key ann was executed 2 times") as caught:
        search(partial(Desk, keyed=False), examples=200, journeys=["ann", "bob"])
    program = "\n".join(caught.value.__notes__)
    steps = [line for line in program.splitlines() if line.startswith("state.") and line != "state.holds()"]
    assert "state.disturb_next(fault=faults.Duplicate() on.any())" in steps
    assert len(steps) <= 4
    assert "fault='duplicate'" in str(caught.value)


def test_a_crash_is_found_where_nobody_remembers():
    """Without a record of what was begun, and without a key, it is done again."""
    make = partial(Desk, keyed=False, resumes=False, letter_s=60.0)
    with pytest.raises(AssertionError, match="seat with key ann") as caught:
        search(make, examples=400, journeys=["ann"], faults=[], edges=[])
    program = "\n".join(caught.value.__notes__)
    assert program.index("state.send") < program.index("state.let_time_pass") < program.index("state.crash")
    assert len([line for line in program.splitlines() if line.startswith("state.") and "holds" not in line]) <= 5


def test_what_no_step_can_mend_is_told_at_once():
    """Also while something is under way."""
    with pytest.raises(AssertionError, match="calls"):
        search(
            Desk,
            journeys=["ann", "bob"],
            always=[invariants.at_most("tool_calls", 1)],
            faults=[],
            edges=[],
            crashes=False,
        )


def test_a_mistake_of_the_setup_is_told_as_such():
    """It is no finding."""
    import httpx2

    def setup(chaos):
        async def take(journey):
            async with httpx2.AsyncClient() as client:
                await client.get("http://nobody.example/")

        return take

    with pytest.raises(NoUpstreamError):
        search(setup, examples=5, journeys=["LX1"])


def test_in_the_end_all_is_healed_and_what_was_not_sent_is():
    """The system has to work again, whatever was before."""
    sent = []

    class Witness(Desk):
        async def take(self, who):
            sent.append(who)
            return await super().take(who)

    machine = strategies.machine(Witness, journeys=["ann", "bob"], invariants=ASKED)()
    machine.partition(("*", "*"))
    machine.crash()
    machine.send("ann")
    assert sent == []
    machine.teardown()
    assert sent == ["ann", "bob"]
    assert machine.running.cuts == ()


def test_a_journey_is_sent_again_only_where_that_is_asked_for():
    """Twice the same request may rightly be done twice."""
    for repeats, times in ((False, 1), (True, 3)):
        machine = strategies.machine(Desk, journeys=["ann"], invariants=ASKED, repeats=repeats)()
        for _ in range(3):
            machine.send("ann")
        assert len(machine.running.trial.history.calls("book")) == times
        machine.teardown()


def test_a_machine_needs_something_to_send():
    """An empty list is a mistake; none at all is the system's own first journey."""
    with pytest.raises(UsageError, match="there is nothing to send"):
        strategies.machine(Desk, journeys=[])


def test_rules_that_were_not_asked_for_are_not_there():
    """Nothing can be cut, disturbed or killed."""
    bare = strategies.machine(Desk, journeys=["ann"], edges=(), faults=(), crashes=False)
    assert bare.__name__ == "DeskMachine"
    assert not {"partition", "heal", "disturb_next", "crash", "restart"} & set(dir(bare))
    full = strategies.machine(Desk, journeys=["ann"])
    assert {"partition", "heal", "disturb_next", "crash", "restart", "send", "let_time_pass"} <= set(dir(full))
