"""A plan: everything that one trial needs, as plain data."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace

import pytest

from pytest_agentchaos import Effect, faults, invariants, on
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.run import ENDS
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.invariants.registry import registered
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.questions import invariant_from_data, invariant_to_data
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

SYSTEM = System.of("reference_system:travel")
WHOLE = Plan(
    SYSTEM,
    "weekend-in-lisbon",
    (
        rule(faults.DropResponse(), on.write(nth=1)),
        rule(faults.Latency(seconds=3), on.tool("search_*", between=(0, 9), probability=0.5)),
        rule(faults.Hang(), on.any(site="|tool|x.local|book||1")),
    ),
    7,
    (invariants.no_duplicate_effect(), invariants.at_most("steps", 40), invariants.valid_messages(where=("result",))),
    ("completed", "degraded"),
    "lost-ack",
    sometimes=("retry_succeeded",),
    effects=(Effect("seat", tool="book_*", key=("flight",), id="result.id"),),
    if_unfired="skip",
)


@dataclass(frozen=True)
class own_rule:  # noqa: N801 - invariants read as phrases where they are used
    """One of a project."""

    limit: int = 3
    words: tuple[str, ...] = ()

    name = "own_rule"

    def check(self, history):
        """Judge."""
        return Verdict(self.name, "pass", "always")


def through_json(plan):
    """As a file has it."""
    return json.loads(json.dumps(plan.to_data(), allow_nan=False))


def test_a_plan_survives_being_written_down():
    """Every field that makes a difference to the trial."""
    again = Plan.from_data(through_json(WHOLE))
    assert again == WHOLE
    assert again.id == WHOLE.id
    assert pickle.loads(pickle.dumps(WHOLE)) == WHOLE  # noqa: S301 - our own


def test_what_is_usual_is_not_written_down():
    """Short lines; and a field that is added later changes no name of a trial."""
    assert Plan(SYSTEM).to_data() == {"system": "reference_system:travel", "schedule": [], "seed": 0}
    assert Plan.from_data({"system": "reference_system:travel"}) == Plan(SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        {"system": System.of('reference_system:travel("idempotency")')},
        {"journey": "another"},
        {"journey": None},
        {"schedule": WHOLE.schedule[:2]},
        {"schedule": WHOLE.schedule[::-1]},
        {"seed": 8},
        {"invariants": WHOLE.invariants[:2]},
        {"expect": ("completed",)},
        {"scenario": "other"},
        {"sometimes": ()},
        {"effects": ()},
        {"if_unfired": "invalid"},
    ],
)
def test_another_trial_has_another_name(change):
    """Whatever the difference."""
    assert replace(WHOLE, **change).id != WHOLE.id


def test_what_does_not_change_the_trial_does_not_change_its_name():
    """How long to wait for it, and what to look at in passing."""
    assert replace(WHOLE, stuck_s=1.0, observe=Observe()).id == WHOLE.id


def test_the_name_is_the_same_in_every_version_of_python_and_on_every_machine():
    """Results that were written yesterday are found again."""
    assert Plan(SYSTEM).id == "2ec3e95615f08cb6"


def test_another_system_may_take_the_place_of_the_one_that_is_named():
    """Which need not even be there then."""
    data = {**through_json(WHOLE), "system": "nowhere:trip"}
    assert Plan.from_data(data, system=SYSTEM) == WHOLE


@pytest.mark.parametrize("word", ["done", "", "Completed"])
def test_an_end_that_no_journey_has_is_refused(word):
    """With the words that there are."""
    with pytest.raises(UnknownNameError, match="cannot end so"):
        Plan(SYSTEM, expect=(word,))
    assert Plan(SYSTEM, expect=ENDS).expect == ENDS


@pytest.mark.parametrize("data", [None, [], "x", {}, {"seed": 1}])
def test_what_is_no_plan_is_refused(data):
    """Named."""
    with pytest.raises(UsageError, match="is no plan of a trial"):
        Plan.from_data(data)


@pytest.mark.parametrize(
    ("invariant", "data"),
    [
        (invariants.terminates(), "terminates"),
        (invariants.at_most("steps", 40), {"at_most": {"metric": "steps", "limit": 40}}),
        (invariants.no_progress_loop(except_for=["poll_*"]), {"no_progress_loop": {"except_for": ["poll_*"]}}),
        (own_rule(), f"{__name__}:own_rule"),
        (own_rule(5, ("a",)), {f"{__name__}:own_rule": {"limit": 5, "words": ["a"]}}),
    ],
)
def test_an_invariant_is_written_as_its_name_and_what_is_not_usual(invariant, data):
    """The shipped ones by their name, others by their address."""
    assert invariant_to_data(invariant) == data


@pytest.mark.parametrize(
    "data", ["terminates", {"at_most": ["steps", 40]}, {"at_most": {"metric": "cost", "limit": 1}}]
)
def test_an_invariant_is_read_as_it_is_written(data):
    """Parameters by name or in order."""
    made = invariant_from_data(data)
    assert isinstance(made, Invariant)
    assert invariant_from_data(invariant_to_data(made)) == made


def test_every_shipped_invariant_that_needs_nothing_survives_being_written_down():
    """By its name alone."""
    for name, make in registered().items():
        if name == "no_secret_leaked":
            continue  # see the test below
        try:
            made = make()
        except (TypeError, UsageError):
            continue  # it needs a parameter
        assert invariant_to_data(made) == name
        assert invariant_from_data(name) == made


@pytest.mark.parametrize(
    "invariant",
    [
        invariants.no_secret_leaked(),
        invariants.no_secret_leaked(where=("prompts",)),
        invariants.no_oversell(WHOLE.effects[0], 3),
        invariants.no_duplicate_effect(WHOLE.effects[0]),
        invariants.at_most("cost", 1, prices={"m": [1, 2]}),
    ],
    ids=["secrets", "where", "effect and number", "effect", "prices"],
)
def test_an_invariant_whose_parameters_are_no_plain_data_survives_being_written_down(invariant):
    """A trial that names one can be run in another process."""
    assert invariant_from_data(json.loads(json.dumps(invariant_to_data(invariant)))) == invariant


@pytest.mark.parametrize(
    ("invariant", "lost"),
    [
        (invariants.no_secret_leaked("sk-a-secret", patterns=False), "secrets"),
        (invariants.no_duplicate_effect(Effect("seat", tool="book", key=lambda given, _: given["flight"])), "effect"),
    ],
    ids=["secrets", "function"],
)
def test_secrets_and_functions_are_not_written_down_and_are_missed_when_it_is_read(invariant, lost):
    """A file of results is no place for a secret; and what asks less than it did must not look the same."""
    data = invariant_to_data(invariant)
    assert "sk-a-secret" not in json.dumps(data)
    with pytest.raises(UsageError, match=f"{lost} were not written down"):
        invariant_from_data(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("at_mos", "did you mean 'at_most'"),
        ({"at_most": {}}, "at_most: .* missing"),
        ({"at_most": {"metrik": "steps", "limit": 1}}, "metrik"),
        ({"at_most": {"metric": "stepz", "limit": 1}}, "did you mean 'steps'"),
        ({"terminates": 3}, "terminates"),
        ({"a": 1, "b": 2}, "is no invariant"),
        (3, "is no invariant"),
        (None, "is no invariant"),
        ("nowhere:x", "there is no invariant 'nowhere:x'"),
        ("reference_system:nothing", "there is no invariant 'reference_system:nothing'"),
    ],
)
def test_what_names_no_invariant_is_refused(data, why):
    """With the nearest name, or what is wrong with its parameters."""
    with pytest.raises(UsageError, match=why):
        invariant_from_data(data)
