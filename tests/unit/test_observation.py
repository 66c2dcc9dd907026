"""An observation: the sites of a trial, the state at each, and what could happen there."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos import Effect, faults, on
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.observation import Observe, became, saw
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

MENU = (faults.DropResponse(), faults.Refusal(), faults.Duplicate())


class Shop:
    """Looks, then orders, twice if the first answer is lost."""

    digests = True

    def introduce(self, chaos):
        """Its two tools."""
        chaos.effect(Effect("order", tool="order", key="item"))
        self.orders = 0
        self._look, self._order = chaos.tool(self.look), chaos.tool(self.order)

    def look(self, item):
        """Is it there?"""
        return {"found": item}

    def order(self, item):
        """It changes the state."""
        self.orders += 1
        return {"order": self.orders}

    def take(self):
        """The journey."""
        self._look(item="tea")
        for _ in range(2):
            try:
                return self._order(item="tea")
            except TimeoutError:
                pass
        return None

    def state_digest(self):
        """All that decides what comes next."""
        return f"orders={self.orders}"


class Undigested(Shop):
    """The same, which says nothing of its state."""

    state_digest = None


class Broken(Shop):
    """The same, which fails to say it."""

    def state_digest(self):
        """Not now."""
        raise RuntimeError("gone")  # noqa: EM101 - as a system of somebody else does it


def observed(system, observe, *schedule):
    """What is observed of a trial."""
    result = perform(Plan(System.of(system), schedule=schedule, observe=observe)).result
    assert json.loads(result.to_line())["observed"] == result.observed
    return result.observed


def names(seen):
    """Of the calls."""
    return [site.split("|")[3] for site, *_ in seen["sites"]]


def test_every_call_that_sets_out_is_seen_with_what_could_happen_to_it():
    """In order; a fault of models could not happen to a tool."""
    seen = observed(Shop, Observe(MENU))
    assert names(seen) == ["look", "order"]
    assert [menu for _, _, menu in seen["sites"]] == [[0, 2], [0, 2]]
    assert {state for _, state, _ in seen["sites"]} == {""}


def test_a_site_that_was_seen_can_be_named_by_a_rule():
    """It is met exactly once, and what the fault made of it is told."""
    site = observed(Shop, Observe())["sites"][1][0]
    seen = observed(Shop, Observe(MENU), rule(faults.DropResponse(), on.site(site)))
    assert names(seen) == ["look", "order", "order"]
    assert seen["became"] == ["once, retryable"]


def test_a_rule_that_names_no_site_became_nothing():
    """Nobody can say which of its calls is meant; one whose site was never reached, neither."""
    never = rule(faults.DropResponse(), on.site("|tool|function|nothing||1"))
    assert observed(Shop, Observe(), rule(faults.Latency(), on.tool("look")), never)["became"] == ["", ""]


def test_the_state_is_what_the_system_says_that_it_is():
    """Before each call."""
    site = observed(Shop, Observe())["sites"][1][0]
    seen = observed(Shop, Observe(MENU, state=True), rule(faults.DropResponse(), on.site(site)))
    assert seen["sites"][-1][1] == "orders=1"
    assert "problem" not in seen


def test_without_a_digest_the_state_is_told_from_what_happened():
    """The same twice, and another after an answer that was lost."""
    clean, again = (observed(Undigested, Observe(MENU, state=True)) for _ in range(2))
    assert clean == again
    states = [state for _, state, _ in clean["sites"]]
    assert all(states)
    assert len(set(states)) == 2
    faulted = observed(Undigested, Observe(MENU, state=True), rule(faults.DropResponse(), on.tool("order", nth=1)))
    assert faulted["sites"][-1][1] not in states


def test_a_digest_that_fails_is_told():
    """The exploration cannot rely on it; the trial is none the worse."""
    plan = Plan(System.of(Broken), observe=Observe(MENU, state=True))
    result = perform(plan).result
    assert result.observed["problem"] == "state_digest() failed: RuntimeError: gone"
    assert result.status == "pass"


def test_being_observed_changes_nothing():
    """The same history, to the last op."""
    plain = perform(Plan(System.of(Shop))).result
    watched = perform(Plan(System.of(Shop), observe=Observe(MENU, state=True))).result
    assert watched.digest == plain.digest
    assert plain.observed == {}


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (Story().call("book").ok({"id": 1}), "once, ok"),
        (Story().call("book").lost(result={"id": 1}), "once, retryable"),
        (Story().call("book").fault("drop_request").info(), "none, retryable"),
        (Story().call("book").info(), "once, retryable"),
        (Story().call("book").fault("unavailable").refused(503), "none, retryable"),
        (Story().call("book").fault("x").refused(429), "none, retryable"),
        (Story().call("book").refused(404), "none, fatal"),
        (Story().call("book").failed(), "none, fatal"),
        (Story().call("book").fault("duplicate").delivered({"id": 1}).delivered({"id": 2}).ok({"id": 2}), "twice, ok"),
    ],
)
def test_what_became_of_a_call_is_how_often_it_was_done_and_what_was_seen_of_it(story, told):
    """The classes that a reduction is made by."""
    (exchange,) = story.ended(answer="done").history.calls()
    assert became(exchange) == told
    assert saw(exchange) == told.split(", ")[1]
