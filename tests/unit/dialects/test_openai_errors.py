"""Problems look as the real API reports them, so that the SDK raises its own exceptions."""

import json

import httpx2
import openai
import pytest

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.dialects.openai_chat import OpenAIChat
from pytest_agentchaos.dialects.openai_errors import FORMS
from pytest_agentchaos.dialects.openai_responses import OpenAIResponses
from pytest_agentchaos.evidence.message import Request

EXPECTED = {
    "rate_limited": (openai.RateLimitError, 429, "rate_limit_exceeded"),
    "quota": (openai.RateLimitError, 429, "insufficient_quota"),
    "overloaded": (openai.InternalServerError, 503, None),
    "unavailable": (openai.InternalServerError, 503, None),
    "server_error": (openai.InternalServerError, 500, None),
    "timeout": (openai.APIStatusError, 408, None),
    "unauthorized": (openai.AuthenticationError, 401, "invalid_api_key"),
    "forbidden": (openai.PermissionDeniedError, 403, "missing_scope"),
    "not_found": (openai.NotFoundError, 404, "model_not_found"),
    "bad_request": (openai.BadRequestError, 400, "invalid_value"),
    "conflict": (openai.ConflictError, 409, "conversation_locked"),
    "content_filter": (openai.BadRequestError, 400, "content_filter"),
}


def sdk(problem, seen=None, retries=0):
    """The real SDK over a server that has this problem."""

    def handle(sent):
        asked = Request(sent.method, str(sent.url), tuple(sent.headers.items()), sent.read())
        dialect = OpenAIChat() if sent.url.path.endswith("/chat/completions") else OpenAIResponses()
        reply = dialect.problem(asked, problem)
        if seen is not None:
            seen.append(reply)
        return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return openai.OpenAI(
        api_key="k", max_retries=retries, http_client=httpx2.Client(transport=httpx2.MockTransport(handle))
    )


def reply_for(problem):
    """The reply itself."""
    return OpenAIResponses().problem(Request("POST", "https://x/v1/responses", (), b'{"model": "gpt-5"}'), problem)


def test_every_kind_of_problem_is_covered():
    """No kind is without a form, none without a test."""
    assert FORMS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_sdk_raises_its_own_exception(kind):
    """Both APIs; type, status and code are those of the real service."""
    exception, status, code = EXPECTED[kind]
    with pytest.raises(exception) as responses:
        sdk(Problem(kind)).responses.create(model="gpt-5", input="hi")
    with pytest.raises(exception) as chat:
        sdk(Problem(kind)).chat.completions.create(model="gpt-5", messages=[])
    for raised in (responses.value, chat.value):
        assert (type(raised), raised.status_code, raised.code) == (exception, status, code)
        assert raised.request_id.startswith("req_")


@pytest.mark.parametrize("kind", EXPECTED)
def test_status_and_message_can_be_given(kind):
    """What a fault says wins over what the API would say."""
    reply = reply_for(Problem(kind, status=599, message="my words"))
    assert reply.status == 599
    assert b"my words" in reply.body


def test_a_rate_limit_tells_its_limits_and_when_to_come_back():
    """The headers that real clients read are there, rounded up where they must be whole."""
    reply = reply_for(Problem("rate_limited", retry_after_s=1.25))
    assert reply.header("retry-after") == "2"
    assert reply.header("retry-after-ms") == "1250"
    assert reply.header("x-ratelimit-remaining-requests") == "0"
    assert reply.header("x-ratelimit-reset-requests") == "1.25s"
    assert "gpt-5" in json.loads(reply.body)["error"]["message"]
    assert "try again in 1.25s" in json.loads(reply.body)["error"]["message"]


def test_nothing_says_when_to_come_back_unless_the_fault_does():
    """Without a time there is no such header; other problems have no limits."""
    assert reply_for(Problem("rate_limited")).header("retry-after") is None
    assert reply_for(Problem("rate_limited")).header("x-ratelimit-reset-requests") == "120ms"
    overloaded = reply_for(Problem("overloaded", retry_after_s=3))
    assert overloaded.header("retry-after") == "3"
    assert overloaded.header("x-ratelimit-remaining-requests") is None


def test_a_gateway_that_is_down_does_not_speak_json():
    """The body of an unavailable service is plain text."""
    assert reply_for(Problem("unavailable")).header("content-type") == "text/plain"


def test_the_content_filter_tells_what_it_found():
    """As Azure OpenAI does."""
    error = json.loads(reply_for(Problem("content_filter")).body)["error"]
    assert error["status"] == 400
    assert error["innererror"]["content_filter_result"]["jailbreak"]["filtered"]


def test_the_sdk_obeys_the_time_that_the_reply_names():
    """The SDK reads the header: above its limit of patience it does not retry at all."""
    seen = []
    with pytest.raises(openai.RateLimitError):
        sdk(Problem("rate_limited", retry_after_s=600), seen, retries=2).responses.create(model="gpt-5", input="hi")
    assert len(seen) == 1
    seen.clear()
    with pytest.raises(openai.RateLimitError):
        sdk(Problem("rate_limited", retry_after_s=0.001), seen, retries=2).responses.create(model="gpt-5", input="hi")
    assert len(seen) == 3
