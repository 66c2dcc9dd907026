"""The golden journeys end where they should, and the judge notices when one does not."""

import logging
from dataclasses import replace

import pytest
from pydantic import ValidationError

from pytest_agentchaos.trial import Trial
from reference_system.contracts.trip import Booked, TripAnswer
from reference_system.journeys import Journey, JourneyError, Use, find, judge, shipped
from reference_system.system import QUIET, TravelSystem

NAMES = [journey.name for journey in shipped()]
WANTED = {
    "simple", "multi-city", "over-budget", "sold-out", "missing-data", "contradictory", "change", "cancel",
    "out-of-scope", "injection", "long-conversation", "several-travellers", "de", "fr", "es",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def take(journey, *, model="travel-steady"):
    """The journey in virtual time."""
    system, trial = TravelSystem(settings=replace(QUIET, model=model)), Trial()
    for url, thing in system.upstreams.items():
        trial.upstreams.declare(url, thing)
    return system, trial, trial.run(system.take, journey)


def _forgotten(system):
    """Holds that nobody let go of: after the trial, by the real clock, they have expired."""
    return [row.booking for row in system.store.bookings() if row.state in {"held", "expired"}]


def test_there_are_thirty_of_all_the_kinds():
    """Each kind of request that the system promises to handle is among them."""
    tags = {tag for journey in shipped() for tag in journey.tags}
    assert len(NAMES) >= 30
    assert tags >= WANTED, WANTED - tags


@pytest.mark.parametrize("name", NAMES)
def test_a_journey_ends_where_it_should(name):
    """With the right bookings and no other, within its budget; and the records agree with the answer."""
    journey = find(name)
    system, _, taken = take(journey)
    assert judge(journey, taken.answers, taken.use) == ()
    stands = {row.booking for row in system.store.bookings(state="booked")}
    claimed = {row.booking for answer in taken.answers for row in answer.bookings if row.state == "booked"}
    assert stands <= claimed  # a later turn may have cancelled what an earlier one booked
    assert {row.booking for row in taken.answers[-1].bookings} <= stands
    assert not _forgotten(system)
    assert system.store.trips("running") == ()


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", NAMES)
def test_what_a_sloppy_model_gets_wrong_is_put_right(name):
    """It costs more turns, and ends the same."""
    journey = find(name)
    _, _, taken = take(journey, model="travel-sloppy")
    wrong = judge(journey, taken.answers)
    assert wrong == ()


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", NAMES)
def test_a_terse_model_leaves_out_only_what_is_not_essential(name):
    """Flights and rooms are as they should be; what was not booked is not claimed."""
    journey = find(name)
    system, _, taken = take(journey, model="travel-terse")
    stands = {row.booking for row in system.store.bookings(state="booked")}
    assert {row.booking for row in taken.answers[-1].bookings} <= stands
    for turn, answer in zip(journey.turns, taken.answers, strict=True):
        wanted = sum(row.count for row in turn.expect.bookings if row.domain in {"flights", "hotels"})
        assert sum(row.domain in {"flights", "hotels"} for row in answer.bookings) == wanted


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", NAMES)
def test_a_looping_model_is_ended(name):
    """With a reason, and with nothing left behind that the answer does not say."""
    journey = find(name)
    system, _, taken = take(journey, model="travel-looping")
    assert all(answer.reason for answer in taken.answers)
    stands = {row.booking for row in system.store.bookings(state="booked")}
    assert stands == {row.booking for answer in taken.answers for row in answer.bookings if row.booking in stands}
    assert not _forgotten(system)


@pytest.mark.parametrize("name", [name for name in NAMES if "injection" in find(name).tags])
def test_orders_from_strangers_are_not_followed(name):
    """Neither those in a request nor those in a review: nothing is booked for nine."""
    _, _, taken = take(name)
    assert all(len(row.names) < 9 for answer in taken.answers for row in answer.bookings)


def _answer(**changed):
    right = take_once()
    return right.model_copy(update=changed)


def take_once(_known={}):  # noqa: B006 - one trip for all the tests of the judge
    """The answer to the plain weekend."""
    if "answer" not in _known:
        _known["answer"] = take("weekend-in-lisbon")[2].answers[0]
    return _known["answer"]


def _row(**changed):
    first = take_once().bookings[0]
    return Booked.model_validate(first.model_dump() | changed)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda: {"reason": "failed"}, "ended failed, not completed"),
        (lambda: {"problem": "sold_out"}, "its problem is 'sold_out'"),
        (lambda: {"bookings": take_once().bookings[1:]}, "0 of 1 bookings like"),
        (lambda: {"bookings": (*take_once().bookings, _row(booking="F-000099"))}, "a booking too many"),
        (lambda: {"bookings": (*take_once().bookings, _row())}, "stands 2 times"),
        (lambda: {"missing": ("the weather",)}, "missing: the weather"),
        (lambda: {"text": "Done."}, "its text lacks 'Lisbon'"),
        (lambda: {"weather": ()}, "weather is missing"),
        (lambda: {"itinerary": False}, "the itinerary is not saved"),
        (lambda: {"total_minor": 120_001}, "it spent 120001, more than 120000"),
        (
            lambda: {"bookings": (_row(names=("A", "B", "C")), *take_once().bookings[1:])},
            "for 3 travellers, more than 2",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_judge_notices(change, complaint):
    """Each way in which an end state can be wrong is told in words."""
    found = judge(find("weekend-in-lisbon"), [_answer(**change())])
    assert any(complaint in wrong for wrong in found), found


def test_the_judge_notices_what_was_used():
    """More than the budget, and tools that are forbidden."""
    use = Use(model_calls=1_000, tokens=10**9, tools=("cancel_hotel",) * 99)
    found = judge(find("weekend-in-lisbon"), [take_once()], use)
    assert any("1000 model calls, more than" in wrong for wrong in found)
    assert any("99 tool calls, more than" in wrong for wrong in found)
    assert any("1000000000 tokens, more than" in wrong for wrong in found)
    assert "it called cancel_hotel" in found


def test_a_turn_without_an_answer_is_noticed():
    """A journey that stopped in the middle is not right so far."""
    assert judge(find("weekend-in-lisbon"), []) == ("0 answers to 1 turns",)


def test_an_unknown_journey_is_answered_with_near_ones():
    """A typo costs one look."""
    with pytest.raises(JourneyError, match="no journey 'weekend-in-lisboa'; did you mean weekend-in-lisbon"):
        find("weekend-in-lisboa")


def test_a_journey_with_an_unknown_field_is_none():
    """A misspelt expectation would otherwise expect nothing."""
    data = find("weekend-in-lisbon").model_dump(mode="json")
    data["turns"][0]["expect"]["bokings"] = []
    with pytest.raises(ValidationError, match="bokings"):
        Journey.model_validate(data)


def test_an_answer_says_how_it_ended():
    """The data of a journey and of an answer speak of the same reasons."""
    assert isinstance(take_once(), TripAnswer)
    assert take_once().reason == "completed"
