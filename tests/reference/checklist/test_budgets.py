"""Budgets on steps, tokens, time and tool calls: a trip costs so much and no more, whatever its model does.

The supervisor usually ends a model that goes in circles long before (``test_supervisor.py``). Here it looks away, and
so do all budgets but one: each has to be enough by itself. A trip that has used up what it may use says so, and what
it had booked is undone.
"""

from pytest_agentchaos import faults, invariants, on

STEPS, TOKENS, TOOL_CALLS, TIME_S = 60, 200_000, 60, 180
"""Of the manifest v1."""


def test_a_trip_takes_so_many_turns_of_the_model(agentchaos, system, on_record):
    """A model in a loop is asked sixty times, and then the trip is over."""
    travel = system("supervisor", "token_budget", "tool_budget", model="travel-looping")

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    agentchaos.check(invariants.at_most("model_calls", STEPS), invariants.terminates())
    assert answer.reason == "budget_exhausted"
    assert on_record(travel) == []


def test_without_a_budget_of_steps_a_loop_is_asked_on(agentchaos, system):
    """Over a hundred turns for a weekend that takes twelve."""
    travel = system("step_budget", "supervisor", "token_budget", "tool_budget", model="travel-looping")

    taken = agentchaos.run(travel.take, "weekend-in-lisbon")

    assert taken.use.model_calls > 100


def test_a_trip_costs_so_many_tokens(agentchaos, system, on_record):
    """The reply that goes beyond the budget is the last one."""
    travel = system("supervisor", "step_budget", "tool_budget", model="travel-looping")

    taken = agentchaos.run(travel.take, "weekend-in-lisbon")

    largest_turn = 10_000
    assert taken.use.tokens < TOKENS + largest_turn
    assert taken.answers[0].reason == "budget_exhausted"
    assert on_record(travel) == []


def test_without_a_budget_of_tokens_a_loop_costs_forty_times_the_trip(agentchaos, system):
    """Each turn carries all turns before it, so the bill grows with the square of the loop."""
    travel = system("token_budget", "supervisor", "step_budget", "tool_budget", model="travel-looping")

    taken = agentchaos.run(travel.take, "weekend-in-lisbon")

    clean_trip = 12_000
    assert taken.use.tokens > 35 * clean_trip


def test_a_trip_makes_so_many_tool_calls(agentchaos, system, times):
    """The sixty-first search is not sent; only what undoes bookings still is."""
    travel = system("supervisor", "step_budget", "token_budget", model="travel-looping")

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert len(times("*")) - len(times("cancel_*")) == TOOL_CALLS
    assert answer.reason == "budget_exhausted"


def test_without_a_budget_of_tool_calls_a_loop_hammers_the_tools(agentchaos, system, times):
    """The hotels' server gets the same search dozens of times, for one trip."""
    travel = system("tool_budget", "supervisor", "step_budget", "token_budget", model="travel-looping")

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert len(times("search_flights")) > 30
    assert len(times("search_hotels")) > 30
    assert len(times("*")) > 100


def test_a_trip_ends_in_time(agentchaos, system):
    """A model that takes 27 seconds for each reply is too slow for three minutes; what it has booked is undone."""
    travel = system()
    agentchaos.inject(faults.Latency(seconds=27), on.model())

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    agentchaos.check(invariants.at_most("duration_s", TIME_S + 1))
    assert answer.reason == "deadline"
    assert [row.state for row in travel.store.bookings() if row.kind == "room"] == ["cancelled"]


def test_without_a_deadline_a_trip_takes_as_long_as_it_takes(agentchaos, system):
    """The user waits for more than four minutes."""
    travel = system("deadline")
    agentchaos.inject(faults.Latency(seconds=27), on.model())

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert agentchaos.outcome.virtual_s > TIME_S + 60


def test_a_reply_that_drips_is_cut_off(agentchaos, system):
    """Each event of the stream comes within the client's timeout; the end of the call is on the wall clock."""
    travel = system()
    agentchaos.inject(faults.StreamDrip(interval_s=20), on.model())

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    agentchaos.check(invariants.at_most("duration_s", TIME_S))
    assert answer.reason == "completed"


def test_without_a_deadline_a_reply_that_drips_is_read_to_its_end(agentchaos, system, on_record):
    """All is booked within a moment, and for half an hour the user does not hear of it."""
    travel = system("deadline")
    agentchaos.inject(faults.StreamDrip(interval_s=20), on.model())

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert len(on_record(travel)) == 4
    assert agentchaos.outcome.virtual_s >= 1_800
