"""The adapter around toxiproxy-python: what that client gets wrong, done right, on any server."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from pathlib import Path

import pytest
from toxiproxy.api import APIConsumer

import pytest_agentchaos
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.tcp.toxics import Toxic
from pytest_agentchaos.wires.tcp.toxiproxy import Toxiproxy

PROXY = {"name": "p", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2", "enabled": True, "Logger": {}, "toxics": []}
NUMBER = itertools.count(1)


@pytest.fixture
def proxy(toxiproxy, echo):
    """A proxy before the service that echoes, gone afterwards."""
    made = toxiproxy.create(f"agentchaos-test-{next(NUMBER)}", echo.address)
    yield made
    if made.name in toxiproxy.proxies():
        toxiproxy.destroy(made.name)


def _port(address):
    return int(address.rpartition(":")[2])


def _refuses(address):
    try:
        socket.create_connection(("127.0.0.1", _port(address)), 10).close()
    except ConnectionRefusedError:
        return True
    return False


def test_nothing_else_imports_the_client():
    """One module knows its weaknesses."""
    root = Path(pytest_agentchaos.__file__).parent
    imports = re.compile(r"^\s*(?:from|import)\s+toxiproxy\b", re.MULTILINE)
    importers = {
        one.relative_to(root).as_posix() for one in root.rglob("*.py") if imports.search(one.read_text("utf-8"))
    }
    assert importers == {"wires/tcp/toxiproxy.py"}


# On a real server, or the embedded one


def test_a_proxy_is_made_found_and_removed(toxiproxy, echo):
    """It listens on the port that the server says."""
    made = toxiproxy.create("agentchaos-test", echo.address)
    assert made == toxiproxy.proxy("agentchaos-test") == toxiproxy.proxies()["agentchaos-test"]
    assert (made.name, made.upstream, made.enabled, made.toxics) == ("agentchaos-test", echo.address, True, ())
    with socket.create_connection(("127.0.0.1", _port(made.listen)), 10) as client:
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"
    toxiproxy.destroy("agentchaos-test")
    assert "agentchaos-test" not in toxiproxy.proxies()


def test_the_version_is_a_text(toxiproxy):
    """Not the bytes of an answer."""
    assert toxiproxy.version()[0].isdigit()


def test_a_toxic_is_added_changed_and_removed(toxiproxy, proxy):
    """Each time as the server has it now; the client returns nothing, and cannot change one."""
    toxic = Toxic("latency", "upstream", {"latency": 5, "jitter": 0}, 0.5, "slow")
    assert toxiproxy.add(proxy.name, toxic) == toxic
    changed = Toxic("latency", "upstream", {"latency": 9, "jitter": 1}, 0.25, "slow")
    assert toxiproxy.update(proxy.name, changed) == changed
    assert toxiproxy.toxics(proxy.name) == toxiproxy.proxy(proxy.name).toxics == (changed,)
    toxiproxy.remove(proxy.name, "slow")
    assert toxiproxy.toxics(proxy.name) == ()


def test_a_toxic_without_a_name_gets_one(toxiproxy, proxy):
    """The server's."""
    assert toxiproxy.add(proxy.name, Toxic("timeout", "downstream", {"timeout": 0})).name == "timeout_downstream"


def test_the_address_is_known_once_a_proxy_on_port_0_listens(toxiproxy, echo):
    """The client's object goes on saying port 0."""
    made = toxiproxy.create("agentchaos-test-0", echo.address, enabled=False)
    try:
        assert not made.enabled
        listen = toxiproxy.enable(made.name).listen
        assert _port(listen) > 0
        assert not _refuses(listen)
        assert toxiproxy.disable(made.name).enabled is False
        assert _refuses(listen)
    finally:
        toxiproxy.destroy(made.name)


def test_a_port_that_is_taken_is_an_error(toxiproxy, proxy, echo):
    """Of 500, which the client takes for a proxy, or for a success."""
    with pytest.raises(UsageError, match=r"answers 500: .*in use; choose an address") as creating:
        toxiproxy.create("agentchaos-test-taken", echo.address, listen=echo.address)
    assert "agentchaos-test-taken" in str(creating.value)
    listen = toxiproxy.disable(proxy.name).listen
    with (
        socket.create_server(("127.0.0.1", _port(listen))),
        pytest.raises(UsageError, match=f"enabling the proxy '{proxy.name}', answers 500: .*in use"),
    ):
        toxiproxy.enable(proxy.name)


@pytest.mark.parametrize("name", ["agentchaos a b", "agentchaos%2e", "agentchaos?x=1", "agentchaos#1", "agentchaos-ä"])
def test_any_name_is_quoted(toxiproxy, echo, name):
    """A blank, a percent sign, a question mark: part of the name, not of the address."""
    toxiproxy.create(name, echo.address)
    assert toxiproxy.add(name, Toxic("timeout", "upstream", {"timeout": 1}, name=f"{name}!")).name == f"{name}!"
    toxiproxy.remove(name, f"{name}!")
    assert toxiproxy.proxy(name).name == name
    toxiproxy.destroy(name)
    assert name not in toxiproxy.proxies()


@pytest.mark.parametrize("name", ["", "a/b", ".", ".."])
def test_a_name_that_no_path_leads_to_is_refused(toxiproxy, proxy, name):
    """The server would make it, and nobody could remove it."""
    for attempt in (
        lambda: toxiproxy.create(name, "127.0.0.1:1"),
        lambda: toxiproxy.populate([{"name": name, "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}]),
        lambda: toxiproxy.remove(proxy.name, name),
    ):
        with pytest.raises(UsageError, match=f"{name!r} cannot be the name"):
            attempt()


def test_errors_are_told_in_the_servers_words(toxiproxy, proxy):
    """With what was asked for, and what to do."""
    with pytest.raises(UsageError, match=r"a proxy '.*' on 127.0.0.1:0, answers 409: proxy already exists; use what"):
        toxiproxy.create(proxy.name, "127.0.0.1:1")
    with pytest.raises(UsageError, match="the proxy 'nobody', answers 404: proxy not found; it was never made"):
        toxiproxy.proxy("nobody")
    with pytest.raises(UsageError, match=f"the toxic 'nonsense' on '{proxy.name}', answers 400: invalid toxic type"):
        toxiproxy.add(proxy.name, Toxic("nonsense", "upstream"))
    with pytest.raises(UsageError, match=r"removing the toxic 'gone' of .*, answers 404: toxic not found"):
        toxiproxy.remove(proxy.name, "gone")


def test_several_proxies_are_made_at_once(toxiproxy, echo):
    """By the server: the client never asks for that."""
    names = ["agentchaos-test-a", "agentchaos-test-b"]
    made = toxiproxy.populate([{"name": one, "listen": "127.0.0.1:0", "upstream": echo.address} for one in names])
    try:
        assert [one.name for one in made] == names
        assert all(_port(one.listen) for one in made)
    finally:
        for name in names:
            toxiproxy.destroy(name)


# On a server that answers by a script


def test_two_servers_do_not_mix(script, other_script):
    """The client's host and port belong to its class, and stay what they were."""
    before = APIConsumer.host, APIConsumer.port
    one, other = Toxiproxy(script.url), Toxiproxy(other_script.url)
    script.will(200, {"version": "1"})
    other_script.will(200, {"version": "2"})
    script.will(200, {"version": "3"})
    assert [one.version(), other.version(), one.version()] == ["1", "2", "3"]
    assert (APIConsumer.host, APIConsumer.port) == before


def test_it_goes_straight_to_the_server(script, monkeypatch, tmp_path):
    """Neither a proxy of the environment nor a password of a .netrc has to do with it, and it claims no browser."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.will(200, {"version": "1"})
    assert Toxiproxy(script.url).version() == "1"
    headers = script.asked[0][3]
    assert "Authorization" not in headers
    assert not headers["User-Agent"].startswith("Mozilla/")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            500,
            b'{"error":"listen tcp: bind: denied","status":500}\n',
            "answers 500: listen tcp: bind: denied; choose an",
        ),
        (503, b"", "answers 503: nothing; its log may say why"),
        (302, b"elsewhere", "answers 302: elsewhere"),
        (403, b"no browsers", "answers 403: no browsers; it takes this client for a browser"),
        (
            500,
            b'{"error": ["\\u001b[31m", "sk-12345678901234567890"]}',
            r"answers 500: \['\\x1b\[31m', '\[hidden\]'\]",
        ),
        (200, b"<html>", "answers '<html>'; is there a Toxiproxy behind"),
        (200, b"7", "answers 7; is there a Toxiproxy behind"),
        (200, b"[" * 100_000, "is there a Toxiproxy behind"),
        (200, {"name": "p"}, "is there a Toxiproxy behind"),
        (200, {**PROXY, "toxics": [{"stream": "sideways"}]}, "is there a Toxiproxy behind"),
        (200, {**PROXY, "toxics": 3}, "is there a Toxiproxy behind"),
    ],
)
def test_no_answer_is_taken_for_a_success(script, status, body, told):
    """Neither an error nor what a Toxiproxy would never say; in one line that a terminal can show."""
    script.will(status, body, Location="/elsewhere")
    with pytest.raises(UsageError, match=told) as error:
        Toxiproxy(script.url).enable("p")
    assert str(error.value).isprintable()
    assert len(script.asked) == 1


def test_a_server_that_is_silent_or_gone_is_told_of(script):
    """The client would wait for ever."""
    began_s = wall_s()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UsageError, match=r"does not answer .*time.*, asked for its version; is it running"):
            Toxiproxy(url, timeout_s=0.05).version()
    assert wall_s() - began_s < 15
    with pytest.raises(UsageError, match=rf"Toxiproxy at {url} does not answer .*refused"):
        Toxiproxy(url).version()


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"])
def test_a_server_that_answers_byte_by_byte_is_told_of(begun):
    """Each byte would have a time of its own."""
    over = threading.Event()

    def drip(listener):
        client, _ = listener.accept()
        with client:
            client.sendall(begun)
            for _ in range(2000):  # not for ever
                if over.wait(0.01):
                    break
                client.sendall(b"X")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with pytest.raises(UsageError, match=r"not complete after 0\.4 s\), asked for its version"):
                Toxiproxy(url, timeout_s=0.2).version()
        finally:
            over.set()
            thread.join()


def test_an_answer_beyond_all_measure_is_told_of(script, monkeypatch):
    """Before it is all there."""
    monkeypatch.setattr("pytest_agentchaos.wires.tcp.toxiproxy._ANSWER_BYTES", 1000)
    script.will(200, {"version": "1" * 1000})
    with pytest.raises(UsageError, match="more than 1,000 bytes"):
        Toxiproxy(script.url).version()


@pytest.mark.parametrize("listen", ["127.0.0.1:x", "a\x1b[2J:1", "nowhere", ""])
def test_a_new_proxy_has_to_listen_somewhere(script, listen):
    """Its address is shown, and given to others."""
    script.will(200, {**PROXY, "listen": listen})
    with pytest.raises(UsageError, match="asked for where it listens"):
        Toxiproxy(script.url).create("p", "127.0.0.1:1")


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8474", "https://127.0.0.1", "http://", "http://h:x", "http://h/path", "http://me:pw@h"]
)
def test_what_is_no_address_is_refused(url):
    """With an example."""
    with pytest.raises(UsageError, match="is no address of a Toxiproxy server; write for example http://127") as error:
        Toxiproxy(url)
    assert "me:pw" not in str(error.value)


def test_another_machine_has_to_be_allowed(monkeypatch):
    """As everything that leads somewhere."""
    monkeypatch.delenv("AGENTCHAOS_ALLOW", raising=False)
    with pytest.raises(UsageError, match="nobody has allowed it"):
        Toxiproxy("http://toxiproxy:8474")
    assert Toxiproxy("http://toxiproxy", allow=["toxi*"]).url == "http://toxiproxy:8474"
    assert Toxiproxy("http://[::1]:1").url == "http://[::1]:1"


def test_a_lease_is_known_to_the_embedded_server_alone(script):
    """Another one answers that there is no such thing, and that is no error."""
    script.will(404, b"404 page not found\n")
    script.will(200, {"seconds": 10})
    toxiproxy = Toxiproxy(script.url)
    assert [toxiproxy.lease(10), toxiproxy.lease(10)] == [False, True]
    assert [one[:3] for one in script.asked] == [("POST", "/agentchaos/lease", {"seconds": 10})] * 2


def test_a_reset_that_fails_is_an_error(script):
    """The client says False."""
    script.will(204)
    script.will(500, b"no")
    toxiproxy = Toxiproxy(script.url)
    toxiproxy.reset()
    with pytest.raises(UsageError, match="a reset, answers 500: no"):
        toxiproxy.reset()


@pytest.mark.parametrize("listen", ["203.0.113.7:80", "[2001:db8::1]:80", "printer:9100", ":80", "[::]:80"])
def test_a_new_proxy_has_to_listen_on_this_machine(script, monkeypatch, listen):
    """Who connects to a link is not led to another one by what a server says; and the proxy does not stay there."""
    script.will(201, {**PROXY, "listen": listen})
    script.will(204)
    with pytest.raises(UsageError, match="a machine that is not this one, and nobody has allowed it"):
        Toxiproxy(script.url).create("p", "127.0.0.1:2")
    assert [asked[:2] for asked in script.asked] == [("POST", "/proxies"), ("DELETE", "/proxies/p")]


def test_a_proxy_may_listen_where_it_was_allowed(script):
    """By the same name as the server itself."""
    script.will(201, {**PROXY, "listen": "chaos.test:80"})
    assert Toxiproxy(script.url, allow=("chaos.test",)).create("p", "127.0.0.1:2").listen == "chaos.test:80"
