"""A scripted model behaves like a real one towards the real SDKs, and the same way each time."""

import asyncio
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx2
import openai
import pydantic
import pytest

from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.doubles.script import call_tool, call_tools, refuse, say
from pytest_agentchaos.doubles.scripted_model import ScriptedModel
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

TOOLS = [{"type": "function", "name": "search", "parameters": {"type": "object", "properties": {}}, "strict": False}]
CHAT_TOOLS = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}]


class City(pydantic.BaseModel):
    """A structured answer."""

    name: str


def transport(model):
    """The model in process, below the real SDK."""

    def handle(sent):
        reply = model.handle(Request(sent.method, str(sent.url), tuple(sent.headers.items()), sent.read()))
        return httpx2.Response(reply.status, headers=list(reply.headers), content=reply.body)

    return httpx2.MockTransport(handle)


def sdk(model):
    """The real SDK over the model."""
    return openai.OpenAI(api_key="k", max_retries=0, http_client=httpx2.Client(transport=transport(model)))


def post(model, **body):
    """One request to the Responses API without an SDK."""
    return model.handle(Request("POST", "https://api.openai.com/v1/responses", (), json.dumps(body).encode()))


# -- which entry comes next ------------------------------------------------------------------------------------------


def test_a_conversation_runs_through_the_script_with_responses():
    """Each turn of the model is the next entry; the client keeps the conversation."""
    model = ScriptedModel([call_tool("search", city="Lisbon"), "Two flights."])
    items = [{"role": "user", "content": "Lisbon"}]
    first = sdk(model).responses.create(model="gpt-5", input=items, tools=TOOLS)
    call = first.output[0]
    assert (call.name, json.loads(call.arguments)) == ("search", {"city": "Lisbon"})
    items += [call.to_dict(), {"type": "function_call_output", "call_id": call.call_id, "output": "[1, 2]"}]
    assert sdk(model).responses.create(model="gpt-5", input=items, tools=TOOLS).output_text == "Two flights."
    assert [request.turn for request in model.requests] == [0, 1]
    assert model.requests[1].tool_results[0].text == "[1, 2]"
    assert model.requests[1].tools == ("search",)
    assert model.requests[1].last_user == "Lisbon"


def test_a_conversation_runs_through_the_script_with_chat():
    """The same with Chat Completions."""
    model = ScriptedModel([call_tools(call_tool("search"), call_tool("search", n=2)), "Done."])
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "Lisbon"}]
    message = sdk(model).chat.completions.create(model="gpt-5", messages=messages, tools=CHAT_TOOLS).choices[0].message
    messages.append(message.to_dict())
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "ok"} for call in message.tool_calls]
    again = sdk(model).chat.completions.create(model="gpt-5", messages=messages, tools=CHAT_TOOLS)
    assert again.choices[0].message.content == "Done."


def test_a_conversation_runs_through_the_script_with_anthropic():
    """The same with Anthropic Messages, whatever their dialect is like."""
    model = ScriptedModel([call_tool("search", city="Lisbon"), "Done."])
    client = anthropic.Anthropic(api_key="k", max_retries=0, http_client=httpx2.Client(transport=transport(model)))
    messages = [{"role": "user", "content": "Lisbon"}]
    first = client.messages.create(model="claude", max_tokens=9, messages=messages)
    use = first.content[-1]
    messages += [
        {"role": "assistant", "content": [block.to_dict() for block in first.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "ok"}]},
    ]
    assert client.messages.create(model="claude", max_tokens=9, messages=messages).content[0].text == "Done."


def test_a_chain_of_responses_is_counted_and_remembered():
    """With ``previous_response_id`` the client sends only what is new."""
    model = ScriptedModel([call_tool("search"), "second", "third"])
    create = sdk(model).responses.create
    first = create(model="m", input="hi", instructions="one")
    output = [{"type": "function_call_output", "call_id": first.output[0].call_id, "output": "ok"}]
    second = create(model="m", previous_response_id=first.id, input=output, instructions="two")
    third = create(model="m", previous_response_id=second.id, input="and?")
    assert (second.output_text, third.output_text) == ("second", "third")
    assert [message.role for message in model.requests[2].messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert third.previous_response_id == second.id
    branch = create(model="m", previous_response_id=first.id, input="something else")
    assert branch.output_text == "second"


@pytest.mark.parametrize("previous", ["resp_unknown", 7, ["x"]])
def test_an_unknown_chain_is_refused_as_the_api_does(previous):
    """400 with the code that real clients look for."""
    reply = post(ScriptedModel(["x"]), previous_response_id=previous, input="hi")
    assert reply.status == 400
    assert json.loads(reply.body)["error"]["code"] == "previous_response_not_found"


def test_a_response_that_was_not_stored_cannot_be_continued():
    """``store=False`` means just that."""
    model = ScriptedModel(["one", "two"])
    response = sdk(model).responses.create(model="m", input="hi", store=False)
    with pytest.raises(openai.BadRequestError, match="not found"):
        sdk(model).responses.create(model="m", input="hi", previous_response_id=response.id)


def test_a_model_that_serves_for_long_remembers_the_latest_only():
    """Of the requests and of the responses as many as it was told; a chain that it forgot is an unknown one."""
    model = ScriptedModel(["x"] * 9, keep_requests=2, keep_chains=3)
    made = [json.loads(post(model, input=f"hello {number}").body)["id"] for number in range(5)]
    assert [request.last_user for request in model.requests] == ["hello 3", "hello 4"]
    statuses = [post(model, previous_response_id=response, input="more").status for response in made[::-1]]
    assert statuses == [200, 200, 400, 400, 400]  # each that goes on is a new response, and pushes an old one out


def test_a_repeated_request_does_not_push_others_out():
    """It is the same response, remembered once."""
    model = ScriptedModel(["x"] * 9, keep_chains=2)
    first = json.loads(post(model, input="one").body)["id"]
    for _ in range(5):
        post(model, input="two")
    assert post(model, previous_response_id=first, input="more").status == 200


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_object_is_not_known(conversation):
    """The double keeps none, and says so."""
    reply = post(ScriptedModel(["x"]), conversation=conversation, input="hi")
    assert reply.status == 404
    assert b"conv_1" in reply.body


def test_a_request_that_is_sent_again_gets_the_same_answer():
    """A retry, or a duplicate that a fault made, shifts nothing: byte for byte."""
    model = ScriptedModel([call_tool("search"), "two"])
    first = post(model, input="hi")
    assert [post(model, input="hi") for _ in range(3)] == [first] * 3
    assert len(model.requests) == 4
    again = post(ScriptedModel([call_tool("search"), "two"]), input="hi")
    assert again == first


def test_concurrent_conversations_do_not_disturb_each_other():
    """Many threads, one model: the same answers as one after the other."""
    model = ScriptedModel(["one", "two"])
    bodies = [{"input": f"hi {number}"} for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda body: post(model, **body), bodies))
    assert replies == [post(model, **body) for body in bodies]


def test_a_function_may_decide():
    """It sees the neutral request and gives any entry."""

    def decide(request):
        if not request.tool_results:
            return call_tool("search", city=request.last_user)
        return City(name=request.tool_results[-1].text)

    model = ScriptedModel(decide)
    call = sdk(model).responses.create(model="m", input="Lisbon", tools=TOOLS).output[0]
    assert json.loads(call.arguments) == {"city": "Lisbon"}
    items = [call.to_dict(), {"type": "function_call_output", "call_id": call.call_id, "output": "Lisboa"}]
    assert sdk(model).responses.parse(model="m", input=items, text_format=City).output_parsed == City(name="Lisboa")


def test_a_file_may_hold_the_script(tmp_path):
    """The recorded entries are played."""
    file = tmp_path / "script.jsonl"
    file.write_text('{"say": "from a file", "usage": {"input_tokens": 900, "output_tokens": 4}}\n', encoding="utf-8")
    response = sdk(ScriptedModel.from_file(file)).responses.create(model="m", input="hi")
    assert (response.output_text, response.usage.total_tokens) == ("from a file", 904)


# -- what is wrong is said -------------------------------------------------------------------------------------------


def test_a_script_that_is_over_is_an_error_that_names_the_request():
    """How long the script is, and what was asked."""
    with pytest.raises(UsageError, match=r"the script has 0 entries.*turn 1 .*'hi'.*add entry 1"):
        post(ScriptedModel([]), input="hi")


@pytest.mark.parametrize("script", ["hello", say("x"), None])
def test_a_script_is_a_list_or_a_function(script):
    """A text is not a list of letters."""
    with pytest.raises(UsageError, match="a list of entries or a function"):
        ScriptedModel(script)


def test_a_wrong_entry_is_found_before_anything_runs():
    """Its position is named; what a function gives is checked when it is given."""
    with pytest.raises(UsageError, match="entry 2 of the script is 7"):
        ScriptedModel(["x", 7])
    with pytest.raises(UsageError, match=r"what the script gave for turn 1 .* is None"):
        post(ScriptedModel(lambda _: None), input="hi")


# -- beside the conversation -----------------------------------------------------------------------------------------


def test_models_are_listed():
    """``GET /models``, as clients check it at start."""
    model = ScriptedModel([], models=["gpt-5", "gpt-5-mini"])
    assert [item.id for item in sdk(model).models.list()] == ["gpt-5", "gpt-5-mini"]


def test_other_addresses_do_not_exist():
    """404 and 400 as the API gives them, and nothing counts as a request to the model."""
    model = ScriptedModel(["x"])
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        sdk(model).embeddings.create(model="m", input="x")
    reply = model.handle(Request("POST", "https://x/v1/chat/completions", (), b"{"))
    assert (reply.status, b"parse the JSON body" in reply.body) == (400, True)
    assert model.requests == ()


def test_tokens_are_counted_from_the_text():
    """Four characters are one token; calls count as well."""
    model = ScriptedModel([call_tool("search", a=1)])
    assert Usage(2, 4) == Usage(*_counts(sdk(model).responses.create(model="m", input="hello").usage))


def _counts(usage):
    return usage.input_tokens, usage.output_tokens


# -- every path of the SDK -------------------------------------------------------------------------------------------


def test_streaming_and_parsing_work_on_every_path():
    """Raw streams, stream helpers and parse, of both APIs."""
    model = ScriptedModel([City(name="Lisbon")])
    client, ask = sdk(model), [{"role": "user", "content": "hi"}]
    with client.responses.create(model="m", input="hi", stream=True) as stream:
        assert list(stream)[-1].response.output_text == '{"name":"Lisbon"}'
    with client.responses.stream(model="m", input="hi", text_format=City) as stream:
        assert stream.get_final_response().output_parsed == City(name="Lisbon")
    assert client.responses.parse(model="m", input="hi", text_format=City).output_parsed == City(name="Lisbon")
    with client.chat.completions.stream(model="m", messages=ask, response_format=City) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == City(name="Lisbon")
    parsed = client.chat.completions.parse(model="m", messages=ask, response_format=City)
    assert parsed.choices[0].message.parsed == City(name="Lisbon")
    refused = sdk(ScriptedModel([refuse("no")])).chat.completions.parse(model="m", messages=ask, response_format=City)
    assert refused.choices[0].message.refusal == "no"


def test_the_async_sdk_works():
    """Async clients, plain and streamed, several at once."""

    async def ask():
        http = httpx2.AsyncClient(transport=transport(ScriptedModel(["hello you"])))
        async with openai.AsyncOpenAI(api_key="k", http_client=http) as client:
            plain = await asyncio.gather(*(client.responses.create(model="m", input=f"{at}") for at in range(3)))
            async with client.responses.stream(model="m", input="hi") as stream:
                return [response.output_text for response in plain], (await stream.get_final_response()).output_text

    assert asyncio.run(ask()) == (["hello you"] * 3, "hello you")


# -- over loopback ---------------------------------------------------------------------------------------------------


def test_it_can_be_served_on_a_port():
    """A client in another process would see the same; streams come in chunks."""
    model = ScriptedModel(["one two", "three"])
    with model.serve() as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        with openai.OpenAI(api_key="k", base_url=url, max_retries=0) as client:
            assert client.responses.create(model="m", input="hi").output_text == "one two"
            with client.responses.stream(model="m", input="hi") as stream:
                assert stream.get_final_response().output_text == "one two"
            with client.chat.completions.create(model="m", messages=[], stream=True) as stream:
                assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "one two"
            assert [item.id for item in client.models.list()] == ["scripted-model"]


def test_the_server_leaves_nothing_behind():
    """The port is free and the threads are gone, even while a client keeps its connection."""
    before = set(threading.enumerate())
    client = httpx2.Client()
    with ScriptedModel(["x"]).serve() as url:
        client.get(f"{url}/models")
        port = int(url.split(":")[2].split("/")[0])
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    client.close()


def test_several_models_are_served_at_once():
    """Each has a port of its own."""
    with ScriptedModel(["a"]).serve() as first, ScriptedModel(["b"]).serve() as second:
        said = [
            httpx2.post(f"{url}/responses", json={"input": "hi"}).json()["output"][0]["content"][0]["text"]
            for url in (first, second)
        ]
    assert said == ["a", "b"]


def test_an_error_in_the_script_is_raised_where_the_model_is_served():
    """The client gets an error that it does not retry; who swallows it still fails."""
    model = ScriptedModel([])
    with pytest.raises(UsageError, match="the script has 0 entries"), model.serve() as url:  # noqa: SIM117
        with (
            openai.OpenAI(api_key="k", base_url=url) as client,
            pytest.raises(openai.InternalServerError, match="0 entries"),
        ):
            client.responses.create(model="m", input="hi")
    assert len(model.requests) == 1


def test_the_error_of_the_test_comes_first():
    """A failure inside the block is not hidden by one of the script."""
    with pytest.raises(KeyError), ScriptedModel([]).serve() as url:  # noqa: PT012
        httpx2.post(f"{url}/responses", json={"input": "hi"})
        raise KeyError


def test_a_reply_that_cannot_be_sent_is_an_error_too():
    """A header outside Latin-1 is a defect of the double, not of the client."""
    with pytest.raises(UnicodeEncodeError), serve(lambda _: Reply(200, (("x-name", "\u2013"),))) as url:  # noqa: SIM117
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(url)


@pytest.mark.parametrize("headers", [{"content-length": "x"}, {"transfer-encoding": "chunked"}])
def test_a_body_without_a_length_is_refused(headers):
    """411, and the connection ends."""
    with ScriptedModel(["x"]).serve() as url:
        host, port = url.split("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            raw.sendall(f"POST /v1/responses HTTP/1.1\r\nhost: x\r\n{lines}\r\n".encode())
            raw.shutdown(socket.SHUT_WR)
            assert raw.makefile("rb").read().startswith(b"HTTP/1.1 411 ")


def test_a_client_that_hangs_up_is_no_error():
    """Half a request and a closed connection leave the server as it was."""
    with ScriptedModel(["x"]).serve() as url:
        host, port = url.split("/")[2].split(":")
        for sent in (b"", b"POST /v1/responses HTTP/1.1\r\ncontent-length: 99\r\n\r\n{"):
            with socket.create_connection((host, int(port)), timeout=5) as raw:
                raw.sendall(sent)
        assert httpx2.get(f"{url}/models").status_code == 200
