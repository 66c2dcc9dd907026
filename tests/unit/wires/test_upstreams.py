"""What stands behind a URL is declared once, found by its longest path, and missed by name."""

import pytest

from pytest_agentchaos.errors import NoUpstreamError, UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.wires.asgi import AsgiHost
from pytest_agentchaos.wires.upstreams import Upstreams, split


class _Answers:
    """Answers everything with its name."""

    def __init__(self, name):
        self.name = name

    def handle(self, request):
        return Reply(200, (), self.name.encode())


async def app(scope, receive, send):
    """Some ASGI app."""


def _declared(**things):
    upstreams = Upstreams()
    for url, thing in things.items():
        upstreams.declare(url, thing)
    return upstreams


def test_the_longest_path_wins_whatever_the_order():
    """A more particular declaration is found before a general one."""
    upstreams = Upstreams()
    assert not upstreams
    for url in ("https://a.test/v1/mcp", "https://a.test", "https://a.test/v1"):
        upstreams.declare(url, _Answers(url))
    assert upstreams
    asked = ("https://a.test/v1/mcp/x", "https://a.test/v1", "https://A.test:443/v")
    found = [upstream.url for url in asked if (upstream := upstreams.find(url)) is not None]
    assert found == ["https://a.test/v1/mcp", "https://a.test/v1", "https://a.test"]


@pytest.mark.parametrize(
    "url", ["https://a.test/v12", "http://a.test/v1", "https://a.test:8443/v1", "https://b.test/v1"]
)
def test_another_address_is_not_served(url):
    """Scheme, host, port and whole path segments have to agree."""
    upstreams = _declared(**{"https://a.test/v1": _Answers("a")})
    assert upstreams.find(url) is None


def test_a_later_declaration_replaces_an_earlier_one():
    """The same URL, however written, has one answerer."""
    upstreams = _declared(**{"https://a.test/": _Answers("old"), "https://a.test:443": _Answers("new")})
    assert upstreams.find("https://a.test/x").answer.name == "new"


@pytest.mark.parametrize("url", ["a.test/v1", "", "ftp://a.test", "https://", "http://a.test:port", "http://[::1"])
def test_what_is_no_address_is_refused(url):
    """The message shows how an address is written."""
    with pytest.raises(UsageError, match="write it like"):
        Upstreams().declare(url, _Answers("a"))


def test_a_missing_address_is_named_with_the_nearest_declared_one():
    """The error names what was called, what is near, and both ways out."""
    upstreams = _declared(**{"https://api.openai.com/v1": _Answers("a")})
    error = upstreams.missing("POST", "https://api.openai.org/v1/responses?x=1")
    assert isinstance(error, NoUpstreamError)
    address = "POST https://api.openai.org/v1/responses"
    for words in (address, "did you mean 'https://api.openai.com/v1'", "agentchaos.live()"):
        assert words in str(error)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://[::1]:8000/x", "http://[::1]:8000"),
        ("http://a.test:80/x", "http://a.test"),
        ("ws://a.test/s", "ws://a.test"),
    ],
)
def test_an_address_is_written_so_that_it_can_be_declared(url, address):
    """The proposed declaration can be pasted."""
    assert f'agentchaos.upstream("{address}", ...)' in str(Upstreams().missing("GET", url))
    assert split(address)[0] == split(url)[0]


@pytest.mark.parametrize("thing", [object(), _Answers, "https://b.test", None, lambda request: None, 7])
def test_what_cannot_answer_is_refused(thing):
    """A class in place of its instance, a name, a function of one argument: nothing of that answers requests."""
    with pytest.raises(UsageError, match=r"cannot stand behind https://a\.test"):
        Upstreams().declare("https://a.test", thing)


def test_an_asgi_app_and_an_mcp_server_are_hosted():
    """Both run as apps; an MCP server serves the path that was declared."""
    from mcp.server.mcpserver import MCPServer

    upstreams = _declared(**{"https://a.test": app, "https://m.test/mcp": MCPServer("m")})
    assert isinstance(upstreams.find("https://a.test/").answer, AsgiHost)
    assert isinstance(upstreams.find("https://m.test/mcp").answer, AsgiHost)
    assert not upstreams.running
    upstreams.hang_up()
