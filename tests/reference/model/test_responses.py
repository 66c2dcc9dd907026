"""The client asks as the API wants to be asked, and within what a trip may use."""

import asyncio
import json
from dataclasses import replace

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import Reply, call_tool, call_tools, refuse, say
from pytest_agentchaos.schedule import rule
from reference_system.contracts.plan import Route
from reference_system.errors import (
    BudgetExhaustedError,
    ChainLostError,
    DeadlineExceededError,
    ModelError,
    ModelInvalidError,
    ModelRefusedError,
    ModelUnavailableError,
)
from reference_system.model.connect import connect
from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.foundry import FoundryModel
from reference_system.model.responses import ResponsesModel
from reference_system.resilience.budget import Budget
from reference_system.settings import Settings


class Answers:
    """Stands behind the address and answers with what it is given, in order; the last one for ever."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.seen = []

    def handle(self, request):
        """The next reply."""
        self.seen.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def body(**fields):
    """A reply of the API with these fields."""
    words = {"type": "output_text", "text": '{"kind": "trip", "language": "en"}'}
    item = {"type": "message", "role": "assistant", "content": [words]}
    value = {"id": "resp_1", "status": "completed", "output": [item], **fields}
    return Reply(200, (("content-type", "application/json"),), json.dumps(value).encode())


def problem(status, code=None, **headers):
    """An error of the API."""
    value = {"error": {"message": "no", "type": "error", "param": None, "code": code}}
    sent = (("content-type", "application/json"), *((name.replace("_", "-"), text) for name, text in headers.items()))
    return Reply(status, sent, json.dumps(value).encode())


# -- what is asked, what comes back ----------------------------------------------------------------------------------


def test_a_structured_answer_is_an_instance_of_its_contract(scene, questions):
    """The text is JSON, and what is handed on is the type."""
    reply = scene().ask(questions["structured"])
    assert reply.parsed == Route(kind="trip", language="en")
    assert (reply.input_tokens, reply.output_tokens) == (9, 9)


def test_tools_and_formats_are_sent_strict(scene, questions):
    """Function tools with closed schemas, and the contract's schema as the format."""
    answers = Answers(body())
    with pytest.raises(ModelInvalidError):
        scene(upstream=answers).ask(questions["tools"])
    sent = json.loads(answers.seen[0].body)
    assert [tool["name"] for tool in sent["tools"]] == ["search_flights", "hold_flight", "book_flight", "cancel_flight"]
    assert all(tool["strict"] and not tool["parameters"]["additionalProperties"] for tool in sent["tools"])
    assert "idempotency_key" not in sent["tools"][1]["parameters"]["properties"]
    assert sent["text"]["format"]["name"] == "StepReport"
    assert sent["text"]["format"]["strict"] is True
    assert sent["model"] == "travel-steady"
    assert sent["instructions"] == questions["tools"].instructions


def test_calls_come_back_with_their_arguments_as_text(scene, questions):
    """They are an object, and nothing more is believed of them."""
    reply = scene().ask(questions["tools"])
    assert [call.name for call in reply.calls] == ["search_flights"]
    assert json.loads(reply.calls[0].arguments)["destination"] == "Lisbon"
    assert reply.parsed is None


def test_outputs_continue_the_chain(scene, questions, continued):
    """Only the outputs are sent; the endpoint knows the rest."""

    async def step(model, allowance):
        first = await model.ask(questions["tools"], allowance)
        return await model.ask(continued(first), allowance)

    assert scene().run(step).parsed.outcome == "done"


def test_a_stream_adds_up_to_the_whole_text(scene, questions, said):
    """The summary comes in pieces and is handed on as one."""
    assert scene().ask(questions["streamed"]).text == said


def test_a_server_that_does_not_stream_is_understood_as_well(scene, questions, said):
    """It was asked for a stream and sent a body."""
    words = {"type": "output_text", "text": said}
    answers = Answers(body(output=[{"type": "message", "role": "assistant", "content": [words]}]))
    assert scene(upstream=answers).ask(questions["streamed"]).text == said


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"kind": "trip", "language": "en"}\n```',
        'Sure! Here it is: {"kind": "trip", "language": "en"} Anything else?',
    ],
)
def test_a_fence_or_a_few_words_around_the_object_are_forgiven(scene, questions, text):
    """Real models do that; what is inside must keep the contract all the same."""
    assert scene(think=lambda _: say(text)).ask(questions["structured"]).parsed.kind == "trip"


def test_thoughts_of_the_model_are_passed_over(scene, questions):
    """A reasoning item is no answer and no harm."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    words = {"type": "output_text", "text": '{"kind": "trip", "language": "en"}'}
    message = {"type": "message", "role": "assistant", "content": [words]}
    assert scene(upstream=Answers(body(output=[thought, message]))).ask(questions["structured"]).parsed


# -- what is no answer -----------------------------------------------------------------------------------------------

NO_ANSWERS = {
    "no output": body(output=None),
    "output missing": Reply(200, (("content-type", "application/json"),), b"{}"),
    "a list": Reply(200, (("content-type", "application/json"),), b"[]"),
    "no id": body(id=""),
    "an item of an unknown type": body(output=[{"type": "surprise"}]),
    "an item without a type": body(output=[{"name": "search_flights"}]),
    "content that is no list": body(output=[{"type": "message", "role": "assistant", "content": "hello"}]),
    "a text that is a number": body(
        output=[{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": 7}]}]
    ),
    "still under way": body(status="in_progress"),
    "an unknown status": body(status="fine"),
    "not our contract": body(
        output=[{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": '{"kind": 1}'}]}]
    ),
    "two objects": body(
        output=[{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "{} and {}"}]}]
    ),
    "two answers": body(
        output=[
            {
                "type": "message",
                "role": "assistant",
                "content": [
                    {
                        "type": "output_text",
                        "text": '{"kind": "trip", "language": "en"} or {"kind": "change", "language": "en"}',
                    }
                ],
            }
        ]
    ),
    "a message that is half done": body(
        output=[
            {
                "type": "message",
                "role": "assistant",
                "status": "in_progress",
                "content": [{"type": "output_text", "text": '{"kind": "trip", "language": "en"}'}],
            }
        ]
    ),
    "a call that nobody offered": body(
        output=[{"type": "function_call", "call_id": "c", "name": "search_flights", "arguments": "{}"}]
    ),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
def test_what_breaks_the_shape_or_the_contract_is_asked_for_again_and_then_given_up(scene, questions, case):
    """Four attempts, then an error that says what is wrong."""
    answers = Answers(NO_ANSWERS[case])
    with pytest.raises(ModelInvalidError, match="no valid reply to the router: "):
        scene(upstream=answers).ask(questions["structured"])
    assert len(answers.seen) == 4


@pytest.mark.parametrize("arguments", ["", "[]", "7", "null", "{", '{"a": NaN'])
def test_arguments_that_are_no_object_are_asked_for_again(scene, questions, arguments):
    """A tool cannot be called with them."""
    item = {"type": "function_call", "call_id": "c", "name": "search_flights", "arguments": arguments}
    with pytest.raises(ModelInvalidError, match="the arguments of search_flights are no JSON object"):
        scene(upstream=Answers(body(output=[item]))).ask(questions["tools"])


def test_a_call_that_is_half_done_is_asked_for_again(scene, questions):
    """Its arguments may be whole by chance only."""
    item = {
        "type": "function_call",
        "call_id": "c",
        "name": "search_flights",
        "arguments": "{}",
        "status": "incomplete",
    }
    with pytest.raises(ModelInvalidError, match="a function_call in it is incomplete"):
        scene(upstream=Answers(body(output=[item]))).ask(questions["tools"])


def test_two_calls_with_one_id_are_asked_for_again(scene, questions):
    """Their outputs could not be told apart."""
    item = {"type": "function_call", "call_id": "c", "name": "search_flights", "arguments": "{}"}
    with pytest.raises(ModelInvalidError, match="two calls have the id 'c'"):
        scene(upstream=Answers(body(output=[item, item]))).ask(questions["tools"])


def test_a_reply_that_is_better_the_second_time_is_taken(scene, questions):
    """Invalid content costs one more question, not the trip."""
    answers = Answers(body(output=[]), body())
    assert scene(upstream=answers).ask(questions["structured"]).parsed.kind == "trip"
    assert len(answers.seen) == 2


def test_a_failed_response_is_tried_again(scene, questions):
    """Status 200, and the model failed nevertheless: that is trouble at the endpoint, no invalid answer."""
    failed = body(status="failed", error={"code": "server_error", "message": "oh"}, output=[])
    assert scene(upstream=Answers(failed, body())).ask(questions["structured"]).parsed.kind == "trip"
    with pytest.raises(ModelUnavailableError, match="the model failed: oh"):
        scene(upstream=Answers(failed)).ask(questions["structured"])


def test_a_refusal_is_final(scene, questions):
    """Asking again would be asking somebody who said no."""
    refusing = scene(think=lambda _: refuse("I will not."))
    with pytest.raises(ModelRefusedError, match="I will not"):
        refusing.ask(questions["structured"])
    assert len(refusing.calls) == 1


# -- errors of the API -----------------------------------------------------------------------------------------------


def test_a_chain_that_the_endpoint_has_forgotten_is_told_apart(scene, questions, continued):
    """The endpoint was restarted: the step begins again from its ask, so this is an error of its own, at once."""
    scenery = scene()

    async def step(model, allowance):
        first = await model.ask(questions["tools"], allowance)
        restarted = ModelEndpoint(scenery.think, api_key=scenery.settings.api_key)
        scenery.trial.upstreams.declare("http://model.travel.local", restarted)
        await model.ask(continued(first), allowance)

    with pytest.raises(ChainLostError, match="does not know the reply"):
        scenery.run(step)
    assert len(scenery.calls) == 2


def test_a_wrong_key_is_an_error_that_does_not_quote_it(scene, questions, key):
    """What the server says of a key is not repeated."""
    wrong = scene(upstream=ModelEndpoint(lambda _: "x", api_key="another"))
    with pytest.raises(ModelUnavailableError, match=r"refuses the key \(401\); check OPENAI_API_KEY") as caught:
        wrong.ask(questions["structured"])
    assert key not in str(caught.value)
    assert len(wrong.calls) == 1


def test_a_server_says_itself_whether_to_try_again(scene, questions):
    """x-should-retry is obeyed both ways."""
    answers = Answers(problem(400, x_should_retry="true"), body())
    assert scene(upstream=answers).ask(questions["structured"]).parsed
    answers = Answers(problem(503, x_should_retry="false"), body())
    with pytest.raises(ModelUnavailableError, match="503"):
        scene(upstream=answers).ask(questions["structured"])


@pytest.mark.parametrize(
    ("headers", "at_least_s"),
    [({"retry_after": "7"}, 7), ({"retry_after_ms": "2500", "retry_after": "99"}, 2.5), ({"retry_after": "soon"}, 0)],
)
def test_retry_after_is_waited_for(scene, questions, headers, at_least_s):
    """In seconds or milliseconds; what cannot be read is no wish."""
    waiting = scene(upstream=Answers(problem(429, **headers), body()))
    waiting.ask(questions["structured"])
    assert at_least_s <= waiting.seconds <= at_least_s + 1


@pytest.mark.parametrize("quota", [False, True], ids=["for now", "for good"])
def test_retry_after_binds_all_questions(scene, questions, quota):
    """Those that come after it, whether or not the one that was told so is asked again."""
    told = scene([rule(faults.RateLimited(retry_after_s=5, quota=quota), on.model(nth=1))])

    async def work(model, allowance):
        first = asyncio.create_task(model.ask(questions["structured"], allowance))
        await asyncio.sleep(1)
        return await asyncio.gather(first, model.ask(questions["tools"], allowance), return_exceptions=True)

    first, second = told.run(work)
    assert isinstance(first, ModelUnavailableError) is quota
    assert second.calls
    began_s = [op.at_s for op in told.calls]
    assert len(began_s) == (2 if quota else 3)
    assert all(at_s >= 5 for at_s in began_s[1:])


def test_retry_after_may_be_a_date(scene, questions):
    """HTTP knows that form too."""
    date = "Fri, 01 Jan 2100 00:00:00 GMT"
    answers = Answers(problem(503, retry_after=date), body())
    with pytest.raises(ModelUnavailableError):  # that is too long to wait for
        scene(upstream=answers).ask(questions["structured"])
    assert len(answers.seen) == 1


# -- budgets, deadline, breaker --------------------------------------------------------------------------------------


def test_each_attempt_is_a_model_call_of_the_trip(scene, questions):
    """Two attempts of the first question leave one of three."""
    budget = Budget(model_calls=3)
    faulty = scene([rule(faults.Reset(), on.model(nth=1))], budget=budget)
    with pytest.raises(BudgetExhaustedError, match="model calls"):
        faulty.ask(questions["structured"], questions["structured"], questions["structured"])
    assert len(faulty.calls) == 3


def test_tokens_are_counted_also_of_replies_that_are_good_for_nothing(scene, questions):
    """They cost the same."""
    budget = Budget(tokens=40)
    useless = scene(think=lambda _: "nonsense", budget=budget)
    with pytest.raises(BudgetExhaustedError, match="tokens"):
        useless.ask(questions["structured"])
    assert budget.used()["tokens"] > 40


def test_tokens_are_estimated_when_the_reply_does_not_tell(scene, questions):
    """No usage is not no cost."""
    budget = Budget()
    reply = scene(upstream=Answers(body(usage=None)), budget=budget).ask(questions["structured"])
    assert reply.input_tokens == -(-(len("You are the router.") + len('{"ask": "route"}')) // 4)
    assert reply.output_tokens > 0
    assert budget.used()["tokens"] == reply.input_tokens + reply.output_tokens


@pytest.mark.parametrize("usage", [7, {}, {"input_tokens": "9"}, {"input_tokens": -1, "output_tokens": 2}])
def test_odd_usage_is_no_reason_to_throw_a_good_reply_away(scene, questions, usage):
    """It is estimated instead."""
    assert scene(upstream=Answers(body(usage=usage))).ask(questions["structured"]).parsed.kind == "trip"


def test_retries_are_taken_from_the_trips_budget(scene, questions):
    """With two left, a third failure is final."""
    budget = Budget(retries=2)
    faulty = scene([rule(faults.Reset(), on.model())], budget=budget)
    with pytest.raises(ModelUnavailableError):
        faulty.ask(questions["structured"])
    assert len(faulty.calls) == 3


def test_a_dripped_body_is_cut_by_the_wall_clock(scene, questions):
    """Each read is in time, the whole is not; four attempts of 30 s and the pauses between them."""
    dripping = scene([rule(faults.Bandwidth(bytes_per_s=20, direction="reply", piece_bytes=20), on.model())])
    with pytest.raises(ModelUnavailableError, match="within 30 s"):
        dripping.ask(questions["structured"])
    assert 120 <= dripping.seconds <= 130


def test_the_trips_own_deadline_comes_first(scene, questions):
    """It is an error of the trip, and nothing is tried any more."""
    stuck = scene([rule(faults.Hang(), on.model())], deadline_s=45)
    with pytest.raises(DeadlineExceededError):
        stuck.ask(questions["structured"])
    assert stuck.seconds == pytest.approx(45, abs=0.1)


def test_a_model_that_keeps_failing_is_left_alone_and_then_tried_once(scene, questions):
    """Five failures in a row open the circuit; after its time one question goes through and closes it."""
    failing = scene([rule(faults.Reset(), on.model(times=5))], errors={"attempts_at_most": 2, "breaker_open_s": 20})
    seen = []

    async def work(model, allowance):
        for pause_s in (0, 0, 0, 0, 25, 0):
            await asyncio.sleep(pause_s)
            try:
                seen.append((await model.ask(questions["structured"], allowance)).parsed.kind)
            except ModelUnavailableError as error:
                seen.append("alone" if "left alone" in str(error) else "failed")

    failing.run(work)
    assert seen == ["failed", "failed", "failed", "alone", "trip", "trip"]
    assert len(failing.calls) == 7


@pytest.mark.parametrize(
    ("reply", "attempts"),
    [
        (body(output=[]), 12),
        (body(output=None), 12),
        (problem(429), 12),
        (problem(500), 5),
        (Reply(200, (("content-type", "text/html"),), b"<html>"), 5),
    ],
    ids=["says nothing", "wrong shape", "rate limit", "error", "no JSON"],
)
def test_only_what_speaks_of_the_endpoints_health_opens_the_circuit(scene, questions, reply, attempts):
    """An endpoint whose model talks nonsense, or that has no time now, is up: another question may fare better."""
    answers = Answers(reply)

    async def work(model, allowance):
        for _ in range(3):
            with pytest.raises(ModelError):
                await model.ask(questions["structured"], allowance)

    scene(upstream=answers).run(work)
    assert len(answers.seen) == attempts


# -- what is told ----------------------------------------------------------------------------------------------------


def test_each_attempt_is_a_chat_span(scene, questions):
    """With the names of the GenAI conventions, and what it cost."""
    faulty = scene([rule(faults.Reset(), on.model(nth=1))])
    faulty.ask(questions["structured"])
    failed, ok = faulty.telemetry.spans()
    assert ok.name == "chat travel-steady"
    assert ok.attributes["gen_ai.operation.name"] == "chat"
    assert ok.attributes["gen_ai.provider.name"] == "openai"
    assert ok.attributes["gen_ai.usage.input_tokens"] == 9
    assert ok.attributes["gen_ai.response.id"].startswith("resp_")
    assert ok.attributes["travel.cost_micro"] == (9 * 1_250 + 9 * 10_000) // 1000
    assert failed.attributes["error.type"]
    assert not failed.status.is_ok


def test_question_and_reply_are_in_the_message_log(scene, questions):
    """With the trip and the correlation id, from whom to whom."""
    talking = scene()
    talking.ask(questions["tools"])
    asked, answered = talking.telemetry.pending()
    assert (asked.sender, asked.receiver, asked.kind) == ("flights", "model", "model_call")
    assert (answered.sender, answered.receiver, answered.kind) == ("model", "flights", "model_reply")
    assert {message.trip for message in (asked, answered)} == {"T-1"}
    assert {message.correlation for message in (asked, answered)} == {"c-1"}
    assert answered.body["calls"][0]["name"] == "search_flights"


def test_an_attempt_that_failed_is_in_the_message_log(scene, questions):
    """With what was wrong, so that a timeline explains the repetition."""
    faulty = scene([rule(faults.EmptyOutput(), on.model(nth=1))])
    faulty.ask(questions["structured"])
    told = [(message.kind, message.body.get("error", "")) for message in faulty.telemetry.pending()]
    assert [kind for kind, _ in told] == ["model_call", "model_error", "model_call", "model_reply"]
    assert "said nothing" in told[1][1]


def test_the_correlation_id_and_the_trace_go_along(scene, questions):
    """As HTTP headers; without the switches, none."""
    answers = Answers(body())
    scene(upstream=answers).ask(questions["structured"])
    assert "c-1" in answers.seen[0].header("baggage")
    assert answers.seen[0].header("traceparent")
    silent = scene(upstream=answers)
    silent.hardening = silent.hardening.without("correlation", "tracing")
    silent.__post_init__()
    silent.ask(questions["structured"])
    assert answers.seen[1].header("baggage") is None
    assert answers.seen[1].header("traceparent") is None


def figures(telemetry):
    """All that is counted, by name and labels."""
    lines = [line for line in telemetry.exposition().decode().splitlines() if not line.startswith("#")]
    return {name: float(count) for name, count in (line.rsplit(" ", 1) for line in lines)}


def test_figures_count_questions_by_what_came_of_them(scene, questions):
    """One question, however often it was asked; the retries and the tokens of all attempts beside it."""
    faulty = scene([rule(faults.Reset(), on.model(nth=1)), rule(faults.EmptyOutput(), on.model(nth=2))])
    faulty.ask(questions["structured"])
    counted = figures(faulty.telemetry)
    assert counted['travel_model_calls_total{outcome="ok",role="router"}'] == 1
    assert counted['travel_retries_total{what="model"}'] == 2
    assert counted['gen_ai_client_inference_usage_input_tokens_total{role="router"}'] == 18
    assert counted['gen_ai_client_inference_duration_seconds_sum{role="router"}'] == faulty.seconds


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (faults.Refused(), "unavailable"),
        (faults.EmptyOutput(), "invalid"),
        (faults.Refusal(), "refused"),
        (faults.Hang(), "limit"),
    ],
    ids=str,
)
def test_figures_say_how_a_question_failed(scene, questions, fault, outcome):
    """In the words of the errors."""
    faulty = scene([rule(fault, on.model())], deadline_s=20)
    with pytest.raises((ModelError, DeadlineExceededError)):
        faulty.ask(questions["structured"])
    assert figures(faulty.telemetry)[f'travel_model_calls_total{{outcome="{outcome}",role="router"}}'] == 1


def test_the_key_is_nowhere_but_in_its_header(scene, questions, key):
    """Not in spans, messages, figures, errors or what objects show of themselves."""
    answers = Answers(problem(500))
    asking = scene(upstream=answers)
    shown = []

    async def work(model, allowance):
        try:
            await model.ask(questions["tools"], allowance)
        except ModelUnavailableError as error:
            shown.extend([repr(error), repr(error.__cause__), repr(vars(model))])

    asking.run(work)
    spans = [f"{span.name} {dict(span.attributes)} {span.events} {span.status}" for span in asking.telemetry.spans()]
    shown += [*spans, repr(asking.telemetry.pending()), asking.telemetry.exposition().decode(), repr(asking.settings)]
    assert answers.seen[0].header("authorization") == f"Bearer {key}"
    assert all(key not in text for text in shown)


# -- choosing --------------------------------------------------------------------------------------------------------


def test_the_settings_choose_the_client(scene, foundry):
    """A Foundry project if they name one, else a Responses endpoint."""
    some = scene()
    args = (some.policy, some.telemetry, some.hardening)
    assert type(connect(some.settings, *args)) is ResponsesModel
    assert type(connect(foundry, *args)) is FoundryModel


def test_another_model_is_another_address_and_key_in_the_environment(scene, questions):
    """Nothing else has to change."""
    settings = Settings.from_environment({"OPENAI_BASE_URL": "https://real.example/v1", "OPENAI_API_KEY": "k"})
    answers = Answers(body())
    elsewhere = scene(settings=replace(settings, model="gpt-5"))
    elsewhere.trial.upstreams.declare("https://real.example", answers)
    assert elsewhere.ask(questions["structured"]).parsed
    assert answers.seen[0].url == "https://real.example/v1/responses"
    assert json.loads(answers.seen[0].body)["model"] == "gpt-5"


def test_several_calls_of_one_turn_all_arrive(scene, questions):
    """In their order, each with its id; words beside them are kept."""
    both = call_tools(call_tool("search_flights", origin="A"), call_tool("hold_flight", flight="LX1"), text="Both.")
    reply = scene(think=lambda _: both).ask(questions["tools"])
    assert [call.name for call in reply.calls] == ["search_flights", "hold_flight"]
    assert len({call.call_id for call in reply.calls}) == 2
    assert reply.text == "Both."
