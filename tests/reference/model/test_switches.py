"""What each safeguard of the client is for: with it off, the harm is there."""

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import Reply, say
from pytest_agentchaos.schedule import rule
from reference_system.errors import ModelInvalidError, ModelUnavailableError
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget


def test_without_validation_whatever_comes_is_an_answer(scene, questions):
    """A page of HTML is a text, an empty turn an empty answer, half a text the whole, an unknown tool a call."""
    naive = Hardening().without("validate_results")
    html = scene([rule(faults.Malformed(how="html"), on.model())], naive).ask(questions["structured"])
    assert html.text.startswith("<")
    assert html.parsed is None
    empty = scene([rule(faults.EmptyOutput(), on.model())], naive).ask(questions["streamed"])
    assert empty.text == ""
    half = scene([rule(faults.Incomplete(), on.model())], naive).ask(questions["streamed"])
    assert 0 < len(half.text) < len(scene().ask(questions["streamed"]).text)
    unknown = scene([rule(faults.UnknownTool(), on.model())], naive).ask(questions["tools"])
    assert unknown.calls[0].name not in [tool.name for tool in questions["tools"].tools]
    refused = scene([rule(faults.Refusal(), on.model())], naive).ask(questions["streamed"])
    assert "can't help" in refused.text


def test_without_validation_a_broken_contract_is_handed_on(scene, questions):
    """An instance that does not keep its own type, or none at all."""
    naive = Hardening().without("validate_results")
    wrong = scene(think=lambda _: say('{"kind": 7}'), hardening=naive).ask(questions["structured"])
    assert (wrong.parsed.kind, wrong.parsed.language) == (7, None)
    for text in ("nonsense", "[1]"):
        assert scene(think=lambda _, text=text: say(text), hardening=naive).ask(questions["structured"]).parsed is None
    right = scene(hardening=naive).ask(questions["structured"])
    assert right.parsed == scene().ask(questions["structured"]).parsed
    assert scene(hardening=naive).ask(questions["tools"]).calls == scene().ask(questions["tools"]).calls


@pytest.mark.parametrize(
    "sent", [b"{}", b'{"output": 7, "usage": 7}', b'{"output": [{"content": 7}]}', b'"words"', b"\xff"]
)
def test_without_validation_nothing_is_an_error(scene, questions, sent):
    """Not even a body that is none; the system works with what it believes to be an answer."""

    class Odd:
        def handle(self, request):
            return Reply(200, (("content-type", "application/json"),), sent)

    naive = Hardening().without("validate_results")
    assert scene(upstream=Odd(), hardening=naive).ask(questions["structured"]).parsed is None
    with pytest.raises(ModelInvalidError):
        scene(upstream=Odd()).ask(questions["structured"])


def test_without_stream_completion_half_a_text_is_the_text(scene, questions, said):
    """The stream ended early, and nobody asked why."""
    cut = [rule(faults.StreamCut(after_events=12), on.model())]
    with pytest.raises(ModelUnavailableError, match="without its last one"):
        scene(cut).ask(questions["streamed"])
    half = scene(cut, Hardening().without("stream_completion")).ask(questions["streamed"])
    assert said.startswith(half.text)
    assert 0 < len(half.text) < len(said)
    failed = [rule(faults.StreamErrorEvent(after_events=12), on.model())]
    assert said.startswith(scene(failed, Hardening().without("stream_completion")).ask(questions["streamed"]).text)


def test_without_a_deadline_a_dripped_stream_takes_as_long_as_it_likes(scene, questions, said):
    """Each read is in time, so the client's own timeout never fires."""
    drip = [rule(faults.StreamDrip(interval_s=20), on.model())]
    patient = scene(drip, Hardening().without("deadline"))
    assert patient.ask(questions["streamed"]).text == said
    assert patient.seconds > 300
    with pytest.raises(ModelUnavailableError):
        scene(drip).ask(questions["streamed"])


def test_without_backoff_a_rate_limit_is_hammered(scene, questions):
    """All attempts at once, whatever the server asked for."""
    limited = [rule(faults.RateLimited(retry_after_s=9), on.model())]
    polite, rude = scene(limited), scene(limited, Hardening().without("retry_backoff"))
    for each in (polite, rude):
        with pytest.raises(ModelUnavailableError):
            each.ask(questions["structured"])
    assert polite.seconds >= 27
    assert rude.seconds == 0
    assert len(rude.calls) == 4


def test_without_a_retry_budget_each_question_retries_as_if_it_were_alone(scene, questions):
    """Trouble is multiplied by the number of questions."""
    reset = [rule(faults.Reset(), on.model())]

    async def many(model, allowance):
        for _ in range(4):
            with pytest.raises(ModelUnavailableError):
                await model.ask(questions["structured"], allowance)

    off = Hardening().without("breaker")
    frugal = scene(reset, off, budget=Budget(retries=4))
    wasteful = scene(reset, off.without("retry_budget"), budget=Budget(retries=4))
    frugal.run(many)
    wasteful.run(many)
    assert (len(frugal.calls), len(wasteful.calls)) == (8, 16)


def test_without_a_breaker_a_dead_endpoint_is_asked_for_ever(scene, questions):
    """With it, five failures are enough."""
    refused = [rule(faults.Refused(), on.model())]

    async def many(model, allowance):
        for _ in range(6):
            with pytest.raises(ModelUnavailableError):
                await model.ask(questions["structured"], allowance)

    careful, stubborn = scene(refused), scene(refused, Hardening().without("breaker"))
    careful.run(many)
    stubborn.run(many)
    assert (len(careful.calls), len(stubborn.calls)) == (5, 24)
