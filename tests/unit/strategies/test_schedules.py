"""schedules and check: faults are drawn at each call, and what fails arrives minimal, as a schedule."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pytest_agentchaos import Effect, faults, invariants, on, strategies
from pytest_agentchaos.errors import InvalidTrialError, NoUpstreamError, UsageError
from pytest_agentchaos.evidence.compact import expanded
from pytest_agentchaos.strategies.interceptions import DrawnSchedule
from pytest_agentchaos.system import _held

ONCE = (invariants.no_duplicate_effect(),)
LOST, NEVER_SENT = faults.DropResponse(), faults.DropRequest()


class Airline:
    """Knows a request again by its key, for so long."""

    def __init__(self, knows_s):
        self.knows_s = knows_s
        self.known = {}
        self.sold = 0

    def search(self, to):
        """Always finds one."""
        return {"flights": ["LX1"], "to": to}

    def book(self, flight, key):
        """A seat for each request that it does not know."""
        at_s, booking = self.known.get(key, (float("-inf"), None))
        if time.monotonic() - at_s > self.knows_s:
            self.sold += 1
            booking = f"B{self.sold}"
            self.known[key] = time.monotonic(), booking
        return {"booking": booking, "flight": flight}


def trip(chaos, knows_s=-1.0):
    """Searches and books, each four times if need be, after a timeout of 30 s."""
    world = Airline(knows_s)
    search, book = (chaos.tool(call, timeout_s=30.0) for call in (world.search, world.book))
    chaos.effect(Effect("seat", tool="book", key="flight", id="result.booking"))
    return lambda to="Lisbon": again(book, again(search, to)["flights"][0], "k1")


def again(call, *args):
    """Four times, whatever goes wrong."""
    for _ in range(4):
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001 - as careless as an agent
            last = error
    raise last


def window(chaos):
    """One lost answer is not enough: the key is forgotten after 40 s, and the second try comes after 30."""
    return trip(chaos, knows_s=40.0)


def careful(chaos):
    """Nothing is booked twice."""
    return trip(chaos, knows_s=1e9)


def searched(property_, *, examples=200, **more):
    """The failure of a property, searched for in the same way each time."""
    run = settings(max_examples=examples, deadline=None, database=None, derandomize=True, **more)(property_)
    with pytest.raises(AssertionError) as caught:
        run()
    return caught.value


def test_one_fault_is_found_and_nothing_else_is_left_of_the_schedule():
    """The schedule names the call by its site."""

    @given(strategies.schedules([faults.Latency(seconds=5), NEVER_SENT, LOST]))
    def books_once(schedule):
        strategies.check(trip, schedule=schedule, invariants=ONCE)

    told = str(searched(books_once))
    assert told.startswith("no_duplicate_effect: seat with key LX1 was executed 2 times")
    assert re.search(
        r"under 1 fault; without it the trial holds \(2 trials to know\):\n"
        r"  faults.DropResponse\(\) on.site\('\|tool\|python\|book\|\w+\|1'\)",
        told,
    )


def test_two_faults_are_found_and_both_are_needed():
    """Neither alone does any harm."""

    @given(strategies.schedules([faults.Latency(seconds=5), NEVER_SENT, LOST]))
    def books_once(schedule):
        strategies.check(window, schedule=schedule, invariants=ONCE)

    told = str(searched(books_once, examples=500))
    assert "under 2 faults; each is needed" in told
    assert [line.split()[0] for line in told.splitlines() if line.startswith("  faults.")] == [
        "faults.DropResponse()",
        "faults.DropRequest()",
    ]


def test_a_system_that_holds_passes_and_the_first_example_has_no_fault():
    """What is drawn first is the simplest."""
    schedules = []

    @settings(max_examples=25, deadline=None, database=None, derandomize=True)
    @given(strategies.schedules([NEVER_SENT, LOST]))
    def books_once(schedule):
        performance = strategies.check(careful, schedule=schedule, invariants=ONCE)
        assert performance.result.status == "pass"
        schedules.append(performance.plan.schedule)

    books_once()
    assert schedules[0] == ()
    assert any(len(schedule) > 2 for schedule in schedules)


def test_the_failure_says_how_to_see_it_again_and_that_is_true():
    """A call of check(), a plan for the command line, and a scenario; the first one fails in the same way."""

    @given(strategies.schedules([LOST]))
    def books_once(schedule):
        strategies.check(trip, "Rome", schedule=schedule, invariants=ONCE, seed=3)

    told = str(searched(books_once))
    (call,) = re.findall(r"^  (strategies\.check\(.*?\n  \].*?\))$", told, re.MULTILINE | re.DOTALL)
    names = {"strategies": strategies, "faults": faults, "on": on, "invariants": invariants}
    call = re.sub(r"^strategies\.check\('[^']+'", "strategies.check(trip", call)
    with pytest.raises(AssertionError, match="was executed 2 times"):
        eval(call, {**names, "trip": trip})  # noqa: S307 - our own message
    (line,) = re.findall(r"^  .*agentchaos replay (\S+)$", told, re.MULTILINE)
    plan = expanded(line)["plan"]
    assert (plan["journey"], plan["seed"]) == ("Rome", 3)
    assert [one["fault"] for one in plan["schedule"]] == ["drop_response"]
    assert "as a scenario, found-drop-response.chaos.yaml:\n  version: 1\n" in told


def test_a_function_without_an_address_is_not_told_as_one():
    """No shell could import it."""
    told = failure(lambda chaos: trip(chaos, -1.0), [(LOST, on.tool("book", nth=1))])
    assert "agentchaos replay" not in told
    assert "  strategies.check(..., schedule=[\n" in told


def failure(system, schedule, **more):
    """What check() says of an explicit schedule."""
    with pytest.raises(AssertionError) as caught:
        strategies.check(system, schedule=schedule, **{"invariants": ONCE, **more})
    return str(caught.value)


def test_an_explicit_schedule_is_reduced_as_well():
    """Outside of Hypothesis it is an ordinary trial."""
    told = failure(trip, [(faults.Latency(seconds=1), on.tool("search")), (LOST, on.tool("book", nth=1))])
    assert "under 1 fault; without it the trial holds" in told
    assert "faults.Latency" not in told


def test_a_schedule_that_does_it_only_once_is_said_to_be_no_proof():
    """The system has something that outlives its trial."""
    trials = []

    def moody(chaos):
        trials.append(chaos)
        return trip(chaos, knows_s=-1.0 if len(trials) == 1 else 1e9)

    assert "run by itself, this schedule does not do it again" in failure(moody, [(LOST, on.tool("book", nth=1))])


def test_attempts_are_renumbered_when_a_fault_before_them_is_taken_away():
    """Without the first lost request, what was the third attempt is the second."""
    schedule = [(fault, on.tool("book", nth=n)) for n, fault in ((1, NEVER_SENT), (2, LOST), (3, NEVER_SENT))]
    run = strategies.check(careful, schedule=schedule)
    sites = [exchange.site for exchange in run.history.calls("book") if exchange.faults]
    told = failure(window, [(fault, on.site(site)) for (fault, _), site in zip(schedule, sites, strict=True)])
    assert "under 2 faults; each is needed" in told
    assert re.findall(r"^  faults\.(\w+)\(\) on.site\('.*\|(\d)'\)$", told, re.MULTILINE) == [
        ("DropResponse", "1"),
        ("DropRequest", "2"),
    ]


def test_a_failure_without_faults_says_so():
    """Nothing is left out of nothing."""

    def twice(chaos):
        take = trip(chaos)
        return lambda: (take(), take())

    assert "\n\nwithout any fault\n\n" in failure(twice, [])


def test_how_the_journey_may_end_is_part_of_the_question():
    """By the words of scenario files."""
    told = failure(trip, [(faults.Refused(), on.tool("search"))], invariants=(), expect=["completed"])
    assert told.startswith("ends(completed): it ended as failed")
    assert "expect=['completed']" in told


def test_unknown_is_no_pass():
    """Nobody knows whether the seat stands twice."""

    def hasty(chaos):
        world = Airline(-1.0)
        book = chaos.tool(world.book, timeout_s=30.0)
        chaos.effect(Effect("seat", tool="book", key="flight", id="result.nothing"))
        return lambda: book("LX1", "k")

    assert failure(hasty, []).startswith("no_duplicate_effect: ")


def test_an_explicit_fault_that_never_fires_proves_nothing():
    """As in any other trial."""
    with pytest.raises(InvalidTrialError, match="never fired"):
        strategies.check(careful, schedule=[(LOST, on.tool("nobody"))])


def test_a_drawn_fault_that_finds_nothing_to_change_is_no_fault():
    """It stands in no schedule."""

    class Always:
        def __call__(self, strategy):
            del strategy
            return 1

    drawn = DrawnSchedule(Always(), [faults.Stale()], rate=1.0)
    performance = strategies.check(careful, schedule=drawn)
    assert performance.result.status == "pass"
    assert performance.plan.schedule == ()
    assert performance.result.fired == ()
    assert performance.result.trial == performance.plan.id


def test_a_system_that_does_not_start_is_a_mistake_of_its_author():
    """It says nothing about faults."""

    def broken(chaos):
        raise RuntimeError(chaos.seed)

    with pytest.raises(UsageError, match="the system did not start: RuntimeError"):
        strategies.check(broken)


def test_a_call_to_nowhere_is_told_as_it_is_elsewhere():
    """The same error as in a test with the fixture."""
    import httpx2

    with pytest.raises(NoUpstreamError, match="nothing stands behind"):
        strategies.check(lambda chaos: lambda: httpx2.get("http://nobody.example/"))


def test_a_system_that_ends_its_process_fails():
    """And the search goes on."""

    def exits(chaos):
        return lambda: exec("import sys; sys.exit(3)")  # noqa: S102 - what a system may do

    with pytest.raises(AssertionError, match=r"sys\.exit\(3\)"):
        strategies.check(exits)


def test_only_selected_calls_are_drawn_for():
    """By the selectors of the rest."""
    met = set()

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(strategies.schedules([NEVER_SENT], on=on.tool("search")))
    def searches(schedule):
        performance = strategies.check(careful, schedule=schedule)
        met.update(line.selector.site.split("|")[3] for line in performance.plan.schedule)

    searches()
    assert met == {"search"}


def test_writes_can_be_selected():
    """As declared by the effects."""
    met = set()

    @settings(max_examples=20, deadline=None, database=None, derandomize=True)
    @given(strategies.schedules([LOST], on=on.write()))
    def writes(schedule):
        performance = strategies.check(careful, schedule=schedule)
        met.update(line.selector.site.split("|")[3] for line in performance.plan.schedule)

    writes()
    assert met == {"book"}


def test_no_trial_has_more_faults_than_allowed():
    """And some have as many."""
    counts = set()

    @settings(max_examples=30, deadline=None, database=None, derandomize=True)
    @given(strategies.schedules([NEVER_SENT, LOST], at_most=2))
    def few(schedule):
        counts.add(len(strategies.check(careful, schedule=schedule).plan.schedule))

    few()
    assert max(counts) == 2


def test_parameters_of_faults_are_drawn_and_shrunk_too():
    """A strategy may stand in the menu."""

    @given(strategies.schedules([strategies.faults("latency")]))
    def quick(schedule):
        strategies.check(careful, schedule=schedule, invariants=[invariants.at_most("duration_s", 20)])

    told = str(searched(quick))
    (seconds,) = re.findall(r"under 1 fault.*?Latency\((?:jitter_s=0.0, )?seconds=([\d.]+)\)", told, re.DOTALL)
    assert 20 < float(seconds) <= 21


def test_the_end_of_an_example_reaches_no_agent():
    """Whatever Hypothesis raises while it draws comes out when the trial is over."""
    heard = []

    def curious(chaos):
        call = chaos.tool(lambda: "ok", name="call")

        def take():
            try:
                return call()
            except BaseException as error:
                heard.append(error)
                raise

        return take

    class Enough(BaseException):
        pass

    def ends(strategy):
        raise Enough

    with pytest.raises(Enough):
        strategies.check(curious, schedule=DrawnSchedule(ends, [LOST]))
    assert heard == []


def test_a_schedule_is_for_one_trial():
    """Its faults were drawn for the calls of that one."""

    @settings(max_examples=1, deadline=None, database=None)
    @given(strategies.schedules([LOST]))
    def both(schedule):
        strategies.check(careful, schedule=schedule)
        with pytest.raises(UsageError, match="drawn for another trial already"):
            strategies.check(careful, schedule=schedule)

    both()


def test_hypothesis_is_told_what_a_trial_cost(monkeypatch):
    """Figures that are 0 or unknown are no aim."""
    aims = []
    monkeypatch.setattr(strategies.checking, "target", lambda figure, label: aims.append((label, figure)))

    @settings(max_examples=1, deadline=None, database=None, phases=[Phase.generate])
    @given(st.none())
    def once(_):
        strategies.check(careful, schedule=[(faults.Latency(seconds=7), on.tool("book"))])
        strategies.check(careful, schedule=[(faults.Latency(seconds=7), on.tool("book"))], aims=())

    once()
    assert aims == [("steps", 2.0), ("duration_s", 7.0)]


def test_two_trials_of_one_example_are_one_aim():
    """Hypothesis takes each label once."""

    @settings(max_examples=2, deadline=None, database=None)
    @given(strategies.schedules([LOST]), strategies.schedules([LOST]))
    def both(first, second):
        strategies.check(careful, schedule=first)
        strategies.check(careful, schedule=second)

    both()


def test_a_trial_leaves_the_chance_of_hypothesis_alone():
    """Numbers drawn after a trial are those that would have been drawn without."""

    def drawn(*, with_trial):
        numbers = []

        @settings(max_examples=20, database=None, derandomize=True, deadline=None, phases=[Phase.generate])
        @given(st.data())
        def draws(data):
            numbers.append(data.draw(st.integers(0, 10**6)))
            if with_trial:
                before = random.getstate()
                strategies.check(careful, aims=())
                assert random.getstate() == before
            numbers.append(data.draw(st.integers(0, 10**6)))

        draws()
        return numbers

    assert drawn(with_trial=True) == drawn(with_trial=False)


def test_functions_that_are_made_for_each_example_are_forgotten():
    """A thousand examples are no thousand systems that stay."""
    known = len(_held)
    for _ in range(3):
        strategies.check(lambda chaos: trip(chaos, 1e9))
    assert len(_held) == known


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"faults": []}, r"schedules\(faults=\[\]\): there is nothing to draw from"),
        ({"faults": ["drop_response"]}, "'drop_response' is no fault; write for example faults.DropResponse"),
        ({"on": on.tool("book", nth=1)}, "which of the calls is drawn, so nth= can have no part in it"),
        ({"rate": 0}, "above 0 and at most 1"),
        ({"rate": 1.5}, "above 0 and at most 1"),
        ({"at_most": -1}, "how many faults one trial may meet"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given_, message):
    """Before anything runs."""
    with pytest.raises(UsageError, match=message):
        strategies.schedules(**given_)


def test_unless_told_all_faults_that_need_nothing_are_drawn_from():
    """A partition needs groups."""
    seen = set()

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(strategies.schedules(rate=1.0))
    def all_of_them(schedule):
        seen.update(one.name for one in schedule._menu)

    all_of_them()
    assert {"drop_response", "latency", "stream_cut"} <= seen
    assert "partition" not in seen


def test_a_schedule_tells_what_it_is():
    """Before its trial, and after it."""
    drawn = DrawnSchedule(lambda _: 1, [LOST], on.tool("book"), rate=1.0)
    assert repr(drawn) == "<faults, drawn at each call>"
    with pytest.raises(AssertionError):
        strategies.check(trip, schedule=drawn, invariants=ONCE)
    assert repr(drawn).startswith("<faults.DropResponse() on.site('|tool|python|book|")
