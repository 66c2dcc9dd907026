"""Checkpoints: what is saved is enough, and what cannot be read is not guessed at."""

from __future__ import annotations

import pytest

from reference_system import checkpoints
from reference_system.checkpoints import CheckpointError
from reference_system.contracts.trip import Reason

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada, no dinner"


class KilledError(BaseException):
    """The process is gone."""


def killed_before(scene, tool: str):
    """The trip, stopped just before a call."""

    class Mortal:
        def __init__(self, tools):
            self.tools = tools

        async def call(self, request, allowance):
            if request.tool == tool:
                raise KilledError
            return await self.tools.call(request, allowance)

    row = scene.row(ADA)
    scene.wrap_tools = Mortal
    with pytest.raises(KilledError):
        scene.run(row)
    scene.wrap_tools = lambda tools: tools
    return row


def test_after_each_step_the_state_is_saved(world):
    """Route, plan, and one for each step; each can be read."""
    scene = world()

    answer = scene.run(ADA)

    number, state = scene.store.checkpoint(answer.trip)
    saved = checkpoints.read(state)
    assert 2 < number <= 2 + len(saved.plan.steps), "steps that end at the same moment share one"
    assert {result.step for result in saved.results} == {step.id for step in saved.plan.steps}
    assert saved.used["model_calls"] == scene.model_calls - 1, "all but the summary"


def test_a_resumed_trip_asks_nothing_again_that_is_known(world):
    """The plan and the steps that were done are not done twice, and the budget goes on where it was."""
    scene = world()
    row = killed_before(scene, "book_flight")
    asked = scene.model_calls

    answer = scene.run(row)

    assert answer.reason is Reason.COMPLETED
    assert scene.calls("search_flights") == scene.calls("book_hotel") == 1
    assert scene.model_calls - asked == 3, "tickets, itinerary, summary"


def test_without_checkpoints_everything_is_asked_again(world, off):
    """The route, the plan and every step."""
    scene = world(hardening=off("checkpoints"))
    row = killed_before(scene, "book_flight")

    scene.run(row)

    assert scene.store.checkpoint(row.trip) is None
    assert scene.calls("search_flights") == 2


def test_time_goes_on_while_nobody_works_on_a_trip(world):
    """A trip that is resumed after its deadline is undone."""
    scene = world()
    row = killed_before(scene, "book_flight")
    scene.idle_s = 200

    answer = scene.run(row)

    assert answer.reason is Reason.DEADLINE
    assert not scene.bookings("held", "booked")


def test_a_checkpoint_that_cannot_be_read_gives_the_trip_to_a_person(world, truthful):
    """With all that the records of its writes tell."""
    scene = world()
    row = killed_before(scene, "book_flight")
    number, state = scene.store.checkpoint(row.trip)
    scene.store.save_checkpoint(row.trip, number + 1, state | {"version": 99})

    answer = scene.run(row)

    assert answer.reason is Reason.ESCALATED
    assert [row.domain for row in answer.bookings] == ["hotels"]
    assert {line["tool"] for line in scene.store.escalations()[0].document["done"]} == {"hold_flight", "book_hotel"}
    truthful(scene, answer)


def test_a_checkpoint_that_cannot_be_read_is_undone_if_there_is_nobody_to_give_it_to(world, truthful, off):
    """It fails, and nothing stays booked."""
    scene = world(hardening=off("escalation"))
    row = killed_before(scene, "book_flight")
    number, state = scene.store.checkpoint(row.trip)
    scene.store.save_checkpoint(row.trip, number + 1, state | {"plan": "lost"})

    answer = scene.run(row)

    assert answer.reason is Reason.FAILED
    truthful(scene, answer)


@pytest.mark.parametrize("change", [{"version": 2}, {"results": "none"}, {"surprise": 1}])
def test_a_damaged_checkpoint_is_recognised(world, change):
    """Another version, another shape, something unknown."""
    scene = world()
    _, state = scene.store.checkpoint(scene.run(ADA).trip)

    with pytest.raises(CheckpointError, match="cannot be read"):
        checkpoints.read(state | change)


def test_a_long_conversation_is_compressed_before_it_is_planned(world):
    """What was said at the very beginning still counts, and the planner's ask stays small."""
    said = [{"role": "user", "text": "I want to fly from Zurich to Lisbon from 2027-03-05 to 2027-03-07."}]
    for number in range(150):
        said.append({"role": "user", "text": f"By the way, remark number {number}: I like walking in old towns a lot."})
        said.append({"role": "assistant", "text": "Walking is pleasant; take good shoes, the hills are steep there."})
    scene = world()

    answer = scene.run("Please book it for Ada, no dinner.", conversation=said)

    assert answer.reason is Reason.COMPLETED
    (planned,) = (call for call in scene.messages("model_call") if '"ask":"plan"' in str(call["input"]))
    assert len(planned["input"]) < 20_000
