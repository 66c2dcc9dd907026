"""Retries with backoff, jitter and a budget: what failed for a moment is tried again, and trouble is not multiplied.

A retry is more load on something that is in trouble already. So the pauses grow, they are drawn by lot, a server that
says how long it wants to be left alone is believed, and a trip has a few retries for all that it does together.
"""

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import Reply


def test_a_model_that_is_away_for_a_moment_costs_a_moment(agentchaos, system):
    """The pauses between the attempts are longer than the trouble."""
    travel = system()
    agentchaos.inject(faults.Overloaded(), on.model(between=(0, 0.5)))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    assert 0.5 < agentchaos.outcome.virtual_s < 5


def test_without_backoff_a_moment_costs_the_trip(agentchaos, system, on_record):
    """All attempts are made within the same instant, and then there are none left."""
    travel = system("retry_backoff")
    agentchaos.inject(faults.Overloaded(), on.model(between=(0, 0.5)))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "escalated"
    assert on_record(travel) == []
    asked = agentchaos.history.calls(kind="model")
    assert [agentchaos.history[call.index].at_s for call in asked] == [0.0] * 4


def test_a_server_that_asks_for_a_pause_gets_it(agentchaos, system, times):
    """Retry-After: 5, and the next request comes after five seconds and a little."""
    travel = system()
    agentchaos.inject(faults.RateLimited(retry_after_s=5), on.tool("search_hotels", between=(0, 5)))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    refused, granted = times("search_hotels")
    assert 5 <= granted - refused < 6


def test_without_backoff_a_server_that_asks_for_a_pause_is_hammered(agentchaos, system, times):
    """Eight requests in the very second in which it said that it had too many."""
    travel = system("retry_backoff")
    agentchaos.inject(faults.RateLimited(retry_after_s=5), on.tool("search_hotels", between=(0, 5)))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert sum(at_s < 1 for at_s in times("search_hotels")) == 8


def test_callers_that_failed_together_do_not_come_back_together(agentchaos, system, times):
    """The holds for both flights fail at the same moment; the pauses are drawn by lot."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("hold_flight", times=2))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    first, second, *again = times("hold_flight")
    assert first == second
    assert len(again) == len(set(again)) == 2


def test_without_backoff_callers_that_failed_together_come_back_together(agentchaos, system, times):
    """The herd that brought the server down stands at its door again, in the same instant."""
    travel = system("retry_backoff")
    agentchaos.inject(faults.Unavailable(), on.tool("hold_flight", times=2))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    assert times("hold_flight") == [0.0] * 4


class Busy:
    """Stands before the model: turns every question away twice before it lets it through."""

    def __init__(self, model):
        self._model = model
        self._sent = {}

    def handle(self, request):
        """A request is known by its body."""
        sent = self._sent[request.body] = self._sent.get(request.body, 0) + 1
        return self._model.handle(request) if sent > 2 else Reply(429, (("retry-after", "0"),), b"{}")

    @property
    def questions(self):
        """How many different ones were asked."""
        return len(self._sent)

    @property
    def requests(self):
        """How many it got in all."""
        return sum(self._sent.values())


def test_a_trip_has_a_budget_of_retries(agentchaos, system, on_record):
    """When everything has to be asked three times, twenty retries are made, and rules do what is left without a model.

    What is booked is right all the same.
    """
    travel = system(stands_before_model=Busy)

    (answer,) = agentchaos.run(travel.take, "tour-of-two-cities").answers

    assert travel.model.requests - travel.model.questions <= 20
    assert answer.reason in {"completed", "degraded"}
    assert {row.booking for row in answer.bookings} == {row.booking for row in on_record(travel)}


def test_without_a_budget_an_overloaded_model_gets_three_times_the_load(agentchaos, system):
    """Every trip sends every question three times, to a model that has too many questions already."""
    travel = system("retry_budget", stands_before_model=Busy)

    agentchaos.run(travel.take, "tour-of-two-cities")

    assert travel.model.questions > 15
    assert travel.model.requests == 3 * travel.model.questions


def test_a_broken_connection_is_one_failed_call(agentchaos, system):
    """The other call that is under way on the same session gets its answer."""
    travel = system()
    agentchaos.inject(faults.Reset(), on.tool("hold_flight", nth=1))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    endings = [call.ending for call in agentchaos.history.calls("hold_flight", kind="tool")]
    assert endings == ["info", "ok", "ok"]


def test_without_a_tolerant_transport_a_broken_connection_takes_other_calls_with_it(agentchaos, system):
    """Nobody knows any more whether the second hold was made, whose own connection was in order."""
    travel = system("tolerant_transport")
    agentchaos.inject(faults.Reset(), on.tool("hold_flight", nth=1))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    endings = [call.ending for call in agentchaos.history.calls("hold_flight", kind="tool")]
    assert endings == ["info", "info", "ok", "ok"]


def test_without_a_tolerant_transport_nobody_hears_how_long_to_wait(agentchaos, system, times):
    """The MCP client forgets Retry-After, so a server that asked for five seconds gets less than one."""
    travel = system("tolerant_transport")
    agentchaos.inject(faults.RateLimited(retry_after_s=5), on.tool("search_hotels", nth=1))

    agentchaos.run(travel.take, "weekend-in-lisbon")

    refused, granted = times("search_hotels")
    assert granted - refused < 1
