"""Golden against actual: where a trial does something else than the same journey without faults."""

from __future__ import annotations

from pytest_agentchaos.doubles import Story


def journey(*, lost=False, ends_early=False, seed=0):
    """A booking: as it should be, booked twice, or given up."""
    story = Story(seed=seed)
    story.ask("book").says("", ("book", {"flight": "LX1"}))
    if lost:
        story.call("book", flight="LX1", trip=f"t-{seed}").lost(result=1)
    if not ends_early:
        story.call("book", flight="LX1", trip=f"t-{seed}").ok(1)
        story.ask("done").says("Booked.")
    return story.ended(answer="Booked.")


def test_the_same_calls_in_the_same_order_do_not_part(drawn):
    """A fault that nobody had to react to."""
    assert drawn(journey(), golden=journey().history).parting is None


def test_the_first_call_that_differs_is_named_on_both_sides(drawn):
    """Here it is booked once more, there the model is asked."""
    story = journey(lost=True)
    parting = drawn(story, golden=journey().history).parting
    assert (parting.same, parting.here, parting.there) == (2, "tool book", "model gpt-5")
    assert parting.op == story.history.calls()[2].index
    assert (parting.only_here, parting.only_there) == (("tool book",), ())


def test_a_journey_that_ends_sooner_parts_where_it_ends(drawn):
    """There is no call of it to point at."""
    parting = drawn(journey(ends_early=True), golden=journey().history).parting
    assert (parting.op, parting.here, parting.there) == (None, "", "tool book")
    assert parting.only_there == ("tool book", "model gpt-5")


def test_with_another_seed_arguments_are_not_compared(drawn):
    """Names of trips differ from seed to seed, and that is no difference."""
    assert drawn(journey(), golden=journey(seed=1).history).parting is None


def test_without_a_golden_trial_nothing_is_said_of_it(drawn):
    """It need not be there."""
    assert drawn(journey()).parting is None
