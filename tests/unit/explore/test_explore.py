"""Explorations of a small system: what is run, what is found, and what is said about the rest."""

from __future__ import annotations

import itertools
import json

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.errors import InvalidTrialError, UsageError
from pytest_agentchaos.explore import Asked, carry_out, explore
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.system import System


def schedules(found, grade):
    """The schedules of a grade, each as a set of (name of the call, attempt, fault)."""
    return {
        frozenset(
            (*[spot.site.split("|")[at] for at in (3, 5)], found.asked.menu[spot.fault].name) for spot in one.spots
        )
        for one in found.tried
        if one.grade == grade
    }


def sites_of(failing):
    """The same without the faults."""
    return {frozenset(spot[:2] for spot in schedule) for schedule in failing}


def asked(system, menu, **others):
    """An exploration with everything as usual."""
    return Asked(System.of(system), tuple(menu), **others)


def run(asked_, **others):
    """Carry it out in this process."""
    with Campaign() as campaign:
        return carry_out(asked_, campaign, **others)


def test_every_fault_is_tried_at_every_call(careful, menu):
    """All of them alone, and what became of the journey is in the matrix."""
    found = explore(careful, faults=menu)
    assert len(found.matrix) == 2 * len(menu)
    assert set(found.matrix.values()) == {"masked"}
    assert (found.depths[0].run, found.depths[0].reachable, found.trials) == (10, 10, 12)
    assert found.verdict == "pass"
    assert found.exit_code == 0
    found.assert_ok()


def test_a_failing_schedule_is_shown_with_what_a_person_needs(careless, menu):
    """The cause, the lines that inject it, how often, and the verdict."""
    found = explore(careless, faults=menu)
    (failure,) = found.failures
    assert failure.invariant == "no_duplicate_effect"
    assert [fault for _, fault in found.matrix if found.matrix[_, fault] == "violated"] == [
        "drop_response",
        "duplicate",
    ]
    assert failure.faults == ("drop_response", "duplicate")
    assert found.exit_code == 1
    with pytest.raises(AssertionError, match="FAIL: 2 of 10 schedules violate an invariant, by 1 cause") as raised:
        found.assert_ok()
    text = str(raised.value)
    assert "FAIL no_duplicate_effect: seat with key 1A was executed 2 times, at 0 s and 5 s" in text
    assert "agentchaos.inject(faults.DropResponse(), on.site('|tool|python|book|" in text
    assert max(map(len, text.splitlines())) < 400


def test_what_needs_two_faults_is_found_and_minimal(stingy, menu):
    """By the reduced search as by the full one; no single fault fails."""
    expect = ("completed",)
    full = run(asked(stingy, menu, depth=2, expect=expect, reductions=frozenset()))
    reduced = run(asked(stingy, menu, depth=2, expect=expect))
    assert all(len(schedule) == 2 for schedule in schedules(reduced, "violated"))
    assert sites_of(schedules(reduced, "violated")) == sites_of(schedules(full, "violated"))
    assert schedules(reduced, "violated") <= schedules(full, "violated")
    assert reduced.depths[1].run < full.depths[1].run
    assert reduced.depths[1].reachable == full.depths[1].reachable == full.depths[1].run
    assert reduced.depths[1].audit.misses == 0


def test_no_combination_is_run_twice_or_though_it_cannot_happen(stingy, menu):
    """Every pair has its sites in the order of the run, and both faults acted."""
    found = run(asked(stingy, menu, depth=2, reductions=frozenset()))
    tried = [frozenset(one.spots) for one in found.tried]
    assert len(tried) == len(set(tried))
    assert all(all(one.result.fired) for one in found.tried)


def test_what_contains_a_failing_part_is_not_run(careless, menu):
    """It would fail and not be minimal."""
    found = run(asked(careless, menu, depth=2, reductions=frozenset()))
    failing = schedules(found, "violated")
    assert found.depths[1].contained > 0
    assert not any(one < other for one, other in itertools.permutations(failing, 2))


def test_a_state_that_is_not_told_is_what_the_audit_is_for(forgetful, stingy, menu):
    """The digest leaves out how often it may try again: sites are missed that are found with it; the audit says so."""
    expect = ("completed",)
    forgot = run(asked(forgetful, menu, depth=2, expect=expect, audit=1.0))
    told = run(asked(stingy, menu, depth=2, expect=expect))
    without_audit = {frozenset(one.spots) for one in forgot.tried if one.grade == "violated" and not one.audited}
    assert len({frozenset(spot.site for spot in one) for one in without_audit}) < len(
        sites_of(schedules(told, "violated"))
    )
    assert forgot.depths[1].audit.misses > 0
    assert any(failure.by_audit for failure in forgot.failures)
    assert "(found by the audit only)" in str(forgot)


def test_any_number_of_workers_finds_the_same(stingy, menu):
    """All that is told, in the same order."""
    one, two = (explore(stingy, faults=menu, depth=2, expect="completed", workers=workers) for workers in (1, 2))
    assert one.to_data() == two.to_data()
    assert [(tried.spots, tried.result.digest) for tried in one.tried] == [
        (tried.spots, tried.result.digest) for tried in two.tried
    ]


def test_it_goes_on_where_it_was_killed(stingy, menu, tmp_path):
    """What has a line in the folder is read; the end is the same."""

    class KilledError(Exception):
        pass

    def kill(done, of):
        if done == 7:
            raise KilledError

    with pytest.raises(KilledError):
        explore(stingy, faults=menu, depth=2, folder=tmp_path, progress=kill)
    before = (tmp_path / "results.jsonl").read_bytes()
    again = explore(stingy, faults=menu, depth=2, folder=tmp_path)
    after = (tmp_path / "results.jsonl").read_bytes()
    assert after.startswith(before)
    assert len(after.splitlines()) == again.trials + 1
    explore(stingy, faults=menu, depth=2, folder=tmp_path)
    assert (tmp_path / "results.jsonl").read_bytes() == after
    whole = explore(stingy, faults=menu, depth=2).to_data()
    assert {key: value for key, value in again.to_data().items() if key != "failures"} == {
        key: value for key, value in whole.items() if key != "failures"
    }


def test_a_deeper_one_reads_what_a_shallower_one_has_kept(careful, menu, tmp_path):
    """The observation is the same at every depth."""
    explore(careful, faults=menu, folder=tmp_path)
    before = (tmp_path / "results.jsonl").read_text().splitlines()
    deeper = explore(careful, faults=menu, depth=2, folder=tmp_path)
    after = (tmp_path / "results.jsonl").read_text().splitlines()
    assert after[: len(before)] == before
    assert len(after) - len(before) == deeper.trials - 12


def test_a_budget_of_trials_is_kept_and_what_it_left_out_is_told(careful, menu):
    """Spread over the sites; that is no pass, and no failure of a test that asked for it."""
    found = explore(careful, faults=menu, budget_trials=8)
    assert found.trials == 8
    assert (found.depths[0].run, found.over_budget) == (6, 4)
    assert len({site for site, _ in found.matrix}) == 2
    assert found.exit_code == 3
    assert "nothing fails in 6 schedules, but 4 schedules left out by the budget" in str(found)
    found.assert_ok()


def test_a_budget_of_time_ends_it(careful, menu):
    """One trial is always run before anybody looks at the clock."""
    found = explore(careful, faults=menu, budget_s=1e-9)
    assert found.depths[0].run == 0
    assert found.depths[0].over_budget == 10


def test_what_fails_in_part_is_made_smaller(careless, menu):
    """With a budget, a pair may be run before its part was; here the parts are asked about afterwards."""
    from pytest_agentchaos.explore.asked import Spot
    from pytest_agentchaos.explore.search import Search, Tried

    wanted = asked(careless, menu)
    with Campaign() as campaign:
        search = Search(wanted, campaign.run, lambda: False)
        look, book = (one.site for one in found_sites(search))
        spots = (Spot(look, 3), Spot(book, 1))
        result = perform(wanted.plan(wanted.schedule(spots))).result
        search.tried[frozenset(spots)] = Tried(spots, result)
        assert search.without_reason(spots).spots == (Spot(book, 1),)
        assert search.without_reason((Spot(book, 1),)) is None
    assert search.shrinking == 1


def found_sites(search):
    """The sites of its clean run."""
    from pytest_agentchaos.explore.reductions import sites

    return sites(search.clean.result)


def test_only_the_calls_that_were_asked_for_are_struck(careful, menu):
    """By one sort or several; calls that write are known by their effects."""
    assert {site.split("|")[3] for site, _ in explore(careful, faults=menu, on=on.write()).matrix} == {"book"}
    assert {site.split("|")[3] for site, _ in explore(careful, faults=menu, on=[on.tool("l*")]).matrix} == {"look"}


def test_how_a_journey_ends_is_graded(careful):
    """What was wanted, less, nothing, or against an invariant."""

    def graded(chaos):
        made = careful(chaos)
        chaos.ends(lambda answer: "degraded" if answer == "later" else "completed")

        def take():
            try:
                return made.take()
            except RuntimeError:
                return "later"
            except KeyError as error:
                raise ValueError from error

        return take

    strikes = [faults.Latency(), faults.Empty(), faults.DropRequest()]
    found = explore(graded, faults=strikes, on=on.tool("look"), invariants=[invariants.at_most("calls", 3)])
    assert list(found.matrix.values()) == ["masked", "failed", "masked"]
    tight = explore(graded, faults=strikes, on=on.tool("look"), invariants=[invariants.at_most("calls", 2)])
    assert list(tight.matrix.values()) == ["masked", "failed", "violated"]


def test_what_never_became_true_is_told(careful, menu):
    """A suite in which no retry ever succeeds tests no retry."""
    met = explore(careful, faults=menu, sometimes=["retry_succeeded"])
    assert met.reached == {"retry_succeeded": True}
    unmet = explore(careful, faults=[faults.Latency()], sometimes=["retry_succeeded"])
    assert unmet.unmet == ("retry_succeeded",)
    assert unmet.exit_code == 3
    with pytest.raises(AssertionError, match="never true in any trial: retry_succeeded"):
        unmet.assert_ok()


def test_a_system_that_fails_without_any_fault_is_refused(menu):
    """What it fails by is told; nothing else is run."""

    def broken(chaos):
        def take():
            msg = "no seat"
            raise RuntimeError(msg)

        chaos.tool(take)
        return take

    with pytest.raises(InvalidTrialError, match=r"the system fails without any fault: ends\(completed\).*no seat"):
        explore(broken, faults=menu, expect="completed")

    def without_start(chaos):
        msg = "no database"
        raise RuntimeError(msg)

    with pytest.raises(InvalidTrialError, match="the system did not start: RuntimeError: no database"):
        explore(without_start, faults=menu)


def test_a_system_without_a_call_to_strike_is_refused(careful):
    """The calls that were seen are named."""
    with pytest.raises(InvalidTrialError, match=r"no call that one of 1 faults could act on; seen: tool\|python\|look"):
        explore(careful, faults=[faults.UnknownTool()])
    with pytest.raises(InvalidTrialError, match="it made no call at all"):
        explore(lambda chaos: lambda: "done", faults=["delivery"])
    with pytest.raises(InvalidTrialError, match="no call at all, and it ended as failed: expect it to be completed"):
        explore(lambda chaos: lambda needed: needed, faults=["delivery"])


def test_a_system_that_carries_state_is_named(menu):
    """By the first op in which two runs without any fault differ."""
    taken = itertools.count()

    def counting(chaos):
        tool = chaos.tool(lambda number: number, name="count")
        return lambda: tool(next(taken))

    found = explore(counting, faults=[faults.Latency()])
    assert found.unstable.startswith("op 0 was {")
    assert ", and later {" in str(found)
    assert " #" not in found.unstable
    assert found.exit_code == 3
    assert "the system carries state from one trial to the next, or is not deterministic" in str(found)


def test_a_digest_that_fails_is_an_error(menu):
    """It would silently switch a reduction off."""

    class Blind:
        def __init__(self, chaos):
            self.take = chaos.tool(lambda: 1, name="look")

        def state_digest(self):
            msg = "nothing"
            raise KeyError(msg)

    with pytest.raises(UsageError, match=r"state_digest\(\) failed: KeyError"):
        explore(Blind, faults=menu)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"depth": 0}, "depth=0"),
        ({"audit": 2}, "audit=2"),
        ({"budget_trials": 0}, "budget_trials=0"),
        ({"budget_s": 0}, "budget_s=0"),
        ({"on": on.tool(nth=1)}, "nth= has no meaning here"),
        ({"faults": ["drop_respons"]}, "did you mean 'drop_response'"),
        ({"expect": "complete"}, "did you mean 'completed'"),
    ],
)
def test_wrong_questions_are_refused(careful, wrong, said):
    """With the value and the remedy."""
    with pytest.raises(UsageError, match=said):
        explore(careful, **wrong)


def test_secrets_are_hidden_in_all_that_is_told():
    """In the text and in the JSON; a line that would carry one unseen is not offered."""
    secret = "sk-" + "a1b2" * 8

    def leaky(chaos):
        tool = chaos.tool(lambda key: {"booking": key}, name="book", timeout_s=5)

        def take(journey):
            try:
                return tool(journey)
            except TimeoutError as error:
                msg = f"no answer for {journey}\x1b[2J"
                raise RuntimeError(msg) from error

        return take

    found = explore(leaky, faults=[faults.Hang()], journey=secret, expect="completed")
    told = str(found) + json.dumps(found.to_data())
    assert found.exit_code == 1
    assert secret not in told
    assert "\x1b" not in str(found)
    assert found.failures[0].replay == ""


def test_the_same_menu_is_observed_by_the_same_text():
    """A folder keeps it beside each result, so it must be short and tell two apart."""
    one, other = Observe((faults.Hang(),)), Observe((faults.Hang(),), state=True)
    assert repr(one) == repr(Observe((faults.Hang(),)))
    assert repr(one) != repr(other)
    assert len(repr(Observe(tuple(faults.Latency(seconds=at) for at in range(50))))) < 60


def test_the_state_of_a_system_without_a_digest_is_all_that_it_was_answered(careful, menu):
    """A delay changes no answer; a second execution and a lost answer do, for good."""

    def silent(chaos):
        return careful(chaos).take

    def last_state(*schedule):
        observed = perform(Plan(System.of(silent), schedule=schedule, observe=Observe(state=True))).result.observed
        return observed["sites"][-1][1]

    from pytest_agentchaos.schedule import rule

    first = on.site(perform(Plan(System.of(silent), observe=Observe())).result.observed["sites"][0][0])
    assert last_state() == last_state(rule(faults.Latency(), first))
    for fault in (faults.Duplicate(), faults.DropResponse(), faults.CorruptedValue()):
        assert last_state() != last_state(rule(fault, first))


def test_each_wave_is_run_to_its_end(careless, menu):
    """Whoever leaves a campaign in the middle ends its processes, and the next wave has to start them anew."""
    left = []

    class Watched(Campaign):
        def run(self, plans):
            ended = False
            try:
                yield from super().run(plans)
                ended = True
            finally:
                left.append(ended)

    with Watched() as campaign:
        carry_out(asked(careless, menu, depth=2), campaign)
    assert len(left) > 4
    assert all(left)


def test_sites_before_the_last_fault_are_only_named(careful):
    """Nothing is asked of what cannot be struck any more."""
    from pytest_agentchaos.schedule import rule

    first, second = (one[0] for one in perform(Plan(System.of(careful), observe=Observe())).result.observed["sites"])
    observe = Observe((faults.Latency(),), state=True)
    for site, known in ((first, [False, True]), (second, [False, False])):
        plan = Plan(System.of(careful), schedule=(rule(faults.Latency(), on.site(site)),), observe=observe)
        seen = perform(plan).result.observed["sites"]
        assert [(bool(state), bool(possible)) for _, state, possible in seen] == [(one, one) for one in known]
