"""Whatever happens to a question or its reply: the caller gets the right reply or the right error, never garbage."""

import json
from typing import Any, NamedTuple

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.agents import calling_as
from pytest_agentchaos.faults.registry import load_shipped, registered
from pytest_agentchaos.schedule import rule
from reference_system.errors import ModelInvalidError, ModelRefusedError, ModelUnavailableError

RIGHT = None
"""The very reply that there is without a fault."""

EVERYWHERE = ("structured", "tools", "streamed")
CALLING = ("tools",)
STREAMED = ("streamed",)
WHOLE = ("structured", "tools")

CASES = [
    # fault, questions, what becomes of it if it happens once, and if it happens each time
    (faults.Bandwidth(bytes_per_s=2_000), EVERYWHERE, RIGHT, RIGHT),
    (faults.Bandwidth(bytes_per_s=20), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.DropRequest(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.DropResponse(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Duplicate(), EVERYWHERE, RIGHT, RIGHT),
    (faults.Duplicate(order="in_flight", copies=3), EVERYWHERE, RIGHT, RIGHT),
    (faults.Hang(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Hang(at="body"), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.LateDelivery(seconds=45), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.LateDelivery(seconds=45, torn_after_s=5), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Latency(seconds=5), EVERYWHERE, RIGHT, RIGHT),
    (faults.Latency(seconds=90), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Partition(groups={"us": ("asker",), "them": ("model.*",)}), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Refused(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Reorder(), EVERYWHERE, RIGHT, RIGHT),
    (faults.Reset(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Reset(after=False), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Empty(whole=True), WHOLE, RIGHT, ModelInvalidError),
    (faults.Empty(whole=True), STREAMED, RIGHT, ModelUnavailableError),
    (faults.ErrorStatus(status=500), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.ErrorStatus(status=502, after=True), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.ErrorStatus(status=408), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.ErrorStatus(status=409), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.ErrorStatus(status=400), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.ErrorStatus(status=401), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.ErrorStatus(status=403), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.ErrorStatus(status=404), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.Malformed(how="unclosed"), WHOLE, RIGHT, ModelInvalidError),
    (faults.Malformed(how="garbled"), WHOLE, RIGHT, ModelInvalidError),
    (faults.Malformed(how="html"), EVERYWHERE, RIGHT, ModelInvalidError),
    (faults.Malformed(how="unclosed"), STREAMED, RIGHT, ModelInvalidError),
    (faults.Overloaded(), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.Overloaded(retry_after_s=7), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.RateLimited(retry_after_s=9), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.RateLimited(retry_after_s=None), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.RateLimited(retry_after_s=600), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.RateLimited(quota=True), EVERYWHERE, ModelUnavailableError, ModelUnavailableError),
    (faults.Truncated(keep_bytes=90), WHOLE, RIGHT, ModelUnavailableError),
    (faults.Truncated(keep_bytes=90, then="reset"), WHOLE, RIGHT, ModelUnavailableError),
    (faults.Truncated(keep_bytes=90, then="hang"), WHOLE, RIGHT, ModelUnavailableError),
    (faults.Truncated(fraction=0.5), WHOLE, RIGHT, ModelInvalidError),
    (faults.Truncated(fraction=0.5), STREAMED, RIGHT, ModelUnavailableError),
    (faults.Unavailable(retry_after_s=3), EVERYWHERE, RIGHT, ModelUnavailableError),
    (faults.SlowFirstToken(seconds=10), STREAMED, RIGHT, RIGHT),
    (faults.StreamCut(after_events=6), STREAMED, RIGHT, ModelUnavailableError),
    (faults.StreamCut(after_events=6, how="reset"), STREAMED, RIGHT, ModelUnavailableError),
    (faults.StreamDrip(interval_s=0.1), STREAMED, RIGHT, RIGHT),
    (faults.StreamDrip(interval_s=9), STREAMED, RIGHT, ModelUnavailableError),
    (faults.StreamErrorEvent(), STREAMED, RIGHT, ModelUnavailableError),
    (faults.StreamStall(), STREAMED, RIGHT, ModelUnavailableError),
    (faults.ContentFilter(), EVERYWHERE, ModelRefusedError, ModelRefusedError),
    (faults.ContentFilter(on="input"), EVERYWHERE, ModelRefusedError, ModelRefusedError),
    (faults.EmptyOutput(), EVERYWHERE, RIGHT, ModelInvalidError),
    (faults.Incomplete(), EVERYWHERE, RIGHT, ModelInvalidError),
    (faults.MalformedArguments(), CALLING, RIGHT, ModelInvalidError),
    (faults.Refusal(), EVERYWHERE, ModelRefusedError, ModelRefusedError),
    (faults.UnknownTool(), CALLING, RIGHT, ModelInvalidError),
]

GATEWAYS_BUSINESS = {"repeated_call", "wrong_types"}
"""They make replies that are valid here; the gateway is who notices. They have tests of their own."""

OF_PROCESSES = {"crash", "pause"}
"""A model client that is gone, or stands still, has nothing to answer: see test_crash_everywhere.py."""


class Case(NamedTuple):
    """One fault on one kind of question."""

    fault: Any
    kind: str
    once: Any
    always: Any

    def __str__(self) -> str:
        return f"{self.fault}-{self.kind}".removeprefix("faults.")


EACH = [Case(fault, kind, once, always) for fault, kinds, once, always in CASES for kind in kinds]


def test_every_fault_that_can_happen_to_a_model_is_in_the_table():
    """A fault that is added to the plugin is missed here."""
    load_shipped()
    acting = {name for name, fault in registered().items() if "model" in fault.kinds}
    assert acting - GATEWAYS_BUSINESS - OF_PROCESSES == {fault.name for fault, *_ in CASES}


@pytest.mark.unmeasured
@pytest.mark.parametrize("case", EACH, ids=str)
def test_a_fault_that_happens_once_is_overcome(scene, questions, case):
    """One more attempt brings the right reply, unless trying again is wrong."""
    question = questions[case.kind]
    check(scene([rule(case.fault, on.model(nth=1))]), question, case.once, scene().ask(question))


@pytest.mark.unmeasured
@pytest.mark.parametrize("case", EACH, ids=str)
def test_a_fault_that_stays_ends_in_the_right_error(scene, questions, case):
    """After a bounded number of attempts the caller hears what is wrong."""
    faulty = scene([rule(case.fault, on.model())])
    check(faulty, questions[case.kind], case.always, scene().ask(questions[case.kind]))
    assert 1 <= len(faulty.calls) <= 4


def check(faulty, question, expected, right):
    """The fault fired, and what came of it is what was expected."""

    async def ask(model, allowance):
        with calling_as("asker"):
            return await model.ask(question, allowance)

    if expected is RIGHT:
        reply = faulty.run(ask)
        assert (reply.text, reply.parsed, reply.calls) == (right.text, right.parsed, right.calls)
    else:
        with pytest.raises(expected):
            faulty.run(ask)
    assert faulty.trial.unproven() is None


def test_arguments_of_wrong_types_are_left_to_the_gateway(scene, questions):
    """They are an object; which types a tool takes is its schema's business, and the model is told there."""
    faulty = scene([rule(faults.WrongTypes(), on.model(nth=1))])
    right, reply = scene().ask(questions["tools"]), faulty.ask(questions["tools"])
    assert reply.calls[0].name == right.calls[0].name
    assert json.loads(reply.calls[0].arguments) != json.loads(right.calls[0].arguments)


def test_a_repeated_call_arrives_as_two(scene, questions):
    """Each has an id that wants its output; that they are one effect is known to the gateway."""
    reply = scene([rule(faults.RepeatedCall(), on.model(nth=1))]).ask(questions["tools"])
    first, second = reply.calls
    assert (first.name, first.arguments) == (second.name, second.arguments)
    assert first.call_id != second.call_id
