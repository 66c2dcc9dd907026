"""The second client: the same contracts, on agents that a Foundry project keeps, by the real azure-ai-projects."""

import asyncio
from dataclasses import replace

import pytest
from azure.core.credentials import AccessToken

from pytest_agentchaos import faults, on
from pytest_agentchaos.doubles import Reply
from pytest_agentchaos.schedule import rule
from reference_system.errors import ChainLostError, ModelInvalidError, ModelRefusedError, ModelUnavailableError
from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.foundry import FoundryModel
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.telemetry.null import NullTelemetry


class Recording:
    """An endpoint that writes down what it is asked."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.seen = []

    def handle(self, request):
        """Write it down and pass it on."""
        self.seen.append(f"{request.method} {request.url.partition('/api/projects/')[2].partition('?')[0]}")
        return self.endpoint.handle(request)


@pytest.fixture
def project(scene, foundry):
    """A scene in which the project is asked."""

    def make(*schedule, **options):
        return scene(schedule, settings=foundry, **options)

    return make


@pytest.mark.parametrize("kind", ["structured", "tools", "streamed"])
def test_the_answers_are_those_of_the_other_client(scene, project, questions, kind):
    """Same questions, same contracts, same checks."""
    direct, by_agent = scene().ask(questions[kind]), project().ask(questions[kind])
    assert (by_agent.text, by_agent.parsed) == (direct.text, direct.parsed)
    assert [(call.name, call.arguments) for call in by_agent.calls] == [
        (call.name, call.arguments) for call in direct.calls
    ]


def test_outputs_continue_the_chain(project, questions, continued):
    """With the same agent."""

    async def step(model, allowance):
        first = await model.ask(questions["tools"], allowance)
        return await model.ask(continued(first), allowance)

    assert project().run(step).parsed.outcome == "done"


def test_an_agent_is_made_once_and_found_again(scene, foundry, questions):
    """One version for each definition, also for a process that starts later; another prompt is another version."""
    endpoint = Recording(ModelEndpoint(scene().think))
    for _ in range(2):
        scene(settings=foundry, upstream=endpoint).ask(questions["structured"], questions["structured"])
    changed = replace(questions["structured"], instructions="You are another router.")
    scene(settings=foundry, upstream=endpoint).ask(changed, questions["structured"])
    assert [line for line in endpoint.seen if "versions" in line] == [
        "GET travel/agents/travel-router/versions",
        "POST travel/agents/travel-router/versions",
        "GET travel/agents/travel-router/versions",
        "GET travel/agents/travel-router/versions",
        "POST travel/agents/travel-router/versions",
        "GET travel/agents/travel-router/versions",
    ]


def test_the_definition_says_all_that_the_question_says_besides_its_input(scene, foundry, questions):
    """Instructions, strict tools, and the contract of the answer."""
    seen = []

    def think(asked):
        seen.append(asked)
        return scene().think(asked)

    scene(settings=foundry, think=think).ask(questions["tools"])
    body = seen[0].body
    assert body["instructions"] == questions["tools"].instructions
    assert body["model"] == "travel-steady"
    assert [tool["name"] for tool in body["tools"]] == [tool.name for tool in questions["tools"].tools]
    assert all(tool["strict"] for tool in body["tools"])
    assert body["text"]["format"]["name"] == "StepReport"


def test_agents_that_are_gone_are_made_again(project, questions):
    """The embedded project was restarted: the question is asked again, to a new version."""
    asking = project()

    async def work(model, allowance):
        await model.ask(questions["structured"], allowance)
        restarted = ModelEndpoint(asking.think, api_key=asking.settings.api_key)
        asking.trial.upstreams.declare("http://foundry.travel.local", restarted)
        return await model.ask(questions["structured"], allowance)

    assert asking.run(work).parsed.kind == "trip"


def test_a_chain_that_is_gone_is_told_apart(project, questions, continued):
    """The agent is made again, and its chain is lost all the same."""
    asking = project()

    async def step(model, allowance):
        first = await model.ask(questions["tools"], allowance)
        restarted = ModelEndpoint(asking.think, api_key=asking.settings.api_key)
        asking.trial.upstreams.declare("http://foundry.travel.local", restarted)
        await model.ask(continued(first), allowance)

    with pytest.raises(ChainLostError):
        asking.run(step)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.Reset(), ModelUnavailableError),
        (faults.Hang(), ModelUnavailableError),
        (faults.EmptyOutput(), ModelInvalidError),
        (faults.Refusal(), ModelRefusedError),
        (faults.Overloaded(), ModelUnavailableError),
        (faults.RateLimited(quota=True), ModelUnavailableError),
        (faults.Malformed(how="html"), ModelInvalidError),
    ],
    ids=str,
)
def test_faults_end_as_with_the_other_client(project, questions, fault, expected):
    """The checking is the same code."""
    faulty = project(rule(fault, on.model()))
    with pytest.raises(expected):
        faulty.ask(questions["structured"])
    assert faulty.trial.unproven() is None


@pytest.mark.parametrize(
    "fault",
    [
        faults.Reset(),
        faults.Refused(),
        faults.Hang(),
        faults.ErrorStatus(status=500),
        faults.RateLimited(retry_after_s=3),
        faults.Malformed(how="html"),
        faults.Truncated(keep_bytes=40),
        faults.Empty(whole=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_control_plane_in_trouble_is_tried_again(project, questions, fault, method):
    """Finding and making agents is part of the attempt."""
    faulty = project(rule(fault, on.http(f"{method} *versions", nth=1)))
    assert faulty.ask(questions["structured"]).parsed.kind == "trip"
    assert faulty.trial.unproven() is None


def test_a_control_plane_that_stays_in_trouble_is_given_up(project, questions):
    """After the system's own four attempts; the package adds none of its own."""
    failing = project(rule(faults.ErrorStatus(status=503), on.http("*versions")))
    with pytest.raises(ModelUnavailableError, match="it answered 503"):
        failing.ask(questions["structured"])
    assert len([op for op in failing.trial.history if op.kind == "invoke"]) == 4


def test_a_control_plane_that_says_no_is_final(project, questions):
    """Asking again would change nothing."""
    refusing = project(rule(faults.ErrorStatus(status=403), on.http("*versions")))
    with pytest.raises(ModelUnavailableError, match="it answered 403"):
        refusing.ask(questions["structured"])
    assert len([op for op in refusing.trial.history if op.kind == "invoke"]) == 1


def test_the_control_plane_keeps_the_deadline(project, questions):
    """A hang there is cut like one of the model."""
    stuck = project(rule(faults.Hang(), on.http("*versions")))
    with pytest.raises(ModelUnavailableError, match=r"within 30 s|nothing for too long"):
        stuck.ask(questions["structured"])
    assert 120 <= stuck.seconds <= 130


def test_an_agent_that_stays_away_is_given_up(scene, foundry, questions):
    """Made again, and not found again: four attempts."""

    class Forgetful(ModelEndpoint):
        def handle(self, request):
            if request.url.endswith("/openai/v1/responses"):
                return Reply(404, (("content-type", "application/json"),), b'{"error": {"message": "gone"}}')
            return super().handle(request)

    lost = scene(settings=foundry, upstream=Forgetful(scene().think))
    with pytest.raises(ModelUnavailableError, match="not there any more"):
        lost.ask(questions["structured"])
    assert len(lost.calls) == 4


@pytest.mark.parametrize(
    "url", ["https://mine.services.ai.azure.com/api/projects/p", "http://10.0.0.7/api/projects/p", "https://evil.local"]
)
def test_the_embedded_credential_is_for_this_machine_only(scene, foundry, url):
    """A token that is none must not be taken for one, and a key not be sent elsewhere."""
    some = scene()
    with pytest.raises(ValueError, match="DefaultAzureCredential"):
        FoundryModel(replace(foundry, foundry_url=url), some.policy, NullTelemetry(), some.hardening)


@pytest.mark.parametrize("url", [None, "", "foundry", "/api/projects/p"])
def test_an_address_that_is_none_is_refused(scene, foundry, url):
    """With an example of one."""
    some = scene()
    with pytest.raises(ValueError, match="write it like"):
        FoundryModel(replace(foundry, foundry_url=url), some.policy, NullTelemetry(), some.hardening)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8806/api/projects/p", "http://[::1]:8806/api/projects/p", "http://localhost/api/projects/p"],
)
def test_this_machine_needs_no_credential(scene, foundry, url):
    """Under any of its names."""
    some = scene()
    FoundryModel(replace(foundry, foundry_url=url), some.policy, NullTelemetry(), some.hardening)


def test_a_real_project_gets_the_credential_that_is_given(scene, foundry, questions, key):
    """Its token, over https, is what the project sees."""

    class Credential:
        async def get_token(self, *scopes, **options):
            assert scopes == ("https://ai.azure.com/.default",)
            return AccessToken(key, 10**10)

    some = scene()
    url = "https://mine.services.ai.azure.com"
    some.trial.upstreams.declare(url, some.endpoint)
    settings = replace(foundry, foundry_url=f"{url}/api/projects/p", api_key="not-this-one")

    async def go():
        model = FoundryModel(settings, some.policy, NullTelemetry(), some.hardening, credential=Credential())
        try:
            return await model.ask(questions["structured"], Allowance(Deadline(), Budget()))
        finally:
            await model.close()

    assert some.trial.run(go).parsed.kind == "trip"


def test_a_project_in_a_process_of_its_own_answers_too(scene, foundry, questions, process):
    """Over TCP: agents are made and asked."""
    some = scene()
    settings = replace(foundry, foundry_url=f"{process}/api/projects/travel")

    async def go():
        model = FoundryModel(settings, some.policy, some.telemetry, some.hardening)
        try:
            await model.ask(replace(questions["streamed"], input="hello"), Allowance(Deadline.after(60), Budget()))
            return await model.ask(replace(questions["streamed"], input="bye"), Allowance(Deadline.after(60), Budget()))
        finally:
            await model.close()

    assert "I plan trips" in asyncio.run(go()).text
