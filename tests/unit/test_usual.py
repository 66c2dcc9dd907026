"""The usual invariants: as many as the system has declared the grounds for."""

from __future__ import annotations

from pytest_agentchaos import Claim, Effect
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.system import System
from pytest_agentchaos.usual import usual

SEAT = Effect("seat", tool="book", key=("flight",), id="result.id")


def names(*declare):
    """Of what is asked when these declarations were made."""
    chaos = Chaos()
    for one in declare:
        one(chaos)
    return [invariant.name for invariant in usual(chaos.trial)]


def effect(chaos):
    """What a tool does."""
    chaos.effect(SEAT)


def claims(chaos):
    """What an answer claims."""
    chaos.claims(Claim("seat", at="bookings.*", id="booking"))


def probe(chaos):
    """A look at the world."""
    chaos.probe("seat", list)


def canary(chaos):
    """A secret."""
    chaos.canary()


def test_of_a_system_that_declares_nothing_an_end_is_asked():
    """Nothing else can be known."""
    assert names() == ["terminates"]


def test_each_declaration_brings_what_it_makes_knowable():
    """A claim without an effect, and a probe without one, are of no use to any invariant."""
    assert names(effect) == ["terminates", "no_duplicate_effect"]
    assert names(claims) == ["terminates"]
    assert names(effect, claims) == ["terminates", "no_duplicate_effect", "no_phantom", "no_orphan"]
    assert names(effect, probe) == ["terminates", "no_duplicate_effect", "world_agrees"]
    assert names(canary) == ["terminates", "no_secret_leaked"]
    assert names(effect, claims, probe, canary)[-2:] == ["world_agrees", "no_secret_leaked"]


def test_they_pass_on_a_system_that_does_what_it_says():
    """None of them is unknown for want of something that was declared."""

    def shop(chaos):
        rows = []

        def book(flight):
            rows.append({"flight": flight, "id": "B1"})
            return {"id": "B1"}

        chaos.effect(SEAT)
        chaos.claims(Claim("seat", at="bookings.*", id="id"))
        chaos.probe("seat", lambda: rows)
        chaos.canary()
        tool = chaos.tool(book)
        return lambda: {"bookings": [tool(flight="LX1")]}

    result = perform(Plan(System.of(shop))).result
    assert (result.status, result.why) == ("pass", "")
    assert len(result.verdicts) == 6
