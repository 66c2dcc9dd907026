"""A link in live trials: what clients of a real socket meet, and what the history tells."""

from __future__ import annotations

import math
import os
import socket
import threading
from contextlib import closing, contextmanager, suppress

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.standing import COMMON, Wires
from pytest_agentchaos.wires.tcp import Link
from pytest_agentchaos.wires.tcp import server as servers

from .conftest import until

PATIENCE_S = 30.0
SILENCE_S = 0.15
"""So long nothing comes where nothing is to come; how long a wait is until something comes never shows in a verdict."""

pytestmark = pytest.mark.usefixtures("toxiproxy")


@pytest.fixture
def link(echo):
    """A link to the service that echoes."""
    with Link(echo.address, name="echo", caller="agent") as link:
        yield link


@contextmanager
def live(*rules, seed=7):
    """A live trial under these faults."""
    chaos = Chaos(seed=seed)
    for fault, selector in rules:
        chaos.inject(fault, selector)
    with chaos.live():
        yield chaos
    chaos.trial.close()


class Moments:
    """A trial's time, which stands still until it is told."""

    def __init__(self):
        self.at_s = 0.0
        self.later = []

    def now_s(self):
        """What it is."""
        return self.at_s

    def after(self, _seconds, then):
        """What is due later happens when :meth:`pass_by` is called."""
        self.later.append(then)

    def pass_by(self):
        """What was due happens."""
        while self.later:
            self.later.pop(0)()


@contextmanager
def at_moments(*rules):
    """A live trial whose time the test tells."""
    trial, moments = Trial(tuple(rule(*one) for one in rules), seed=7), Moments()
    engine = trial.engine
    engine.clock = moments
    engine.processes.start_live(moments.after)
    active = Active(engine, moments, sim=False, upstreams=trial.upstreams, late=LateDeliveries(moments))
    with COMMON.joined(active):
        yield trial, moments


@contextmanager
def connected(link):
    """A client of the link."""
    with socket.create_connection((link.host, link.port), PATIENCE_S) as client:
        yield client


def echoed(client, data=b"ping"):
    """What comes back: as much as was sent, or what there was until the connection ended."""
    client.sendall(data)
    return received(client, len(data))


def received(client, size):
    """So many bytes, or fewer if the connection ends."""
    found = b""
    while len(found) < size and (more := client.recv(size - len(found))):
        found += more
    return found


def refused(link):
    """Whether nobody listens there."""
    try:
        socket.create_connection((link.host, link.port), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def told(chaos):
    """The ops of the link, in short."""
    return [op.kind if op.kind != "note" else _stands(op.data) for op in chaos.history if op.of == 0 or op.index == 0]


def _stands(data):
    return [f"{one['type']} {one['stream']}" for one in data["toxics"]] + ["refuses"] * data["refuses"]


def test_between_trials_and_without_faults_everything_passes(link):
    """The history has the link as one call, as long as the trial."""
    with connected(link) as client:
        assert echoed(client) == b"ping"
        with live() as chaos:
            assert echoed(client) == b"ping"
        assert echoed(client) == b"ping"
    (exchange,) = chaos.history.calls()
    assert str(exchange.call) == "agent -> tcp echo @ echo"
    assert exchange.ending == "ok"
    assert told(chaos) == ["invoke", "ok"]
    assert chaos.history[-1].data["outcome"] == "completed"


def test_the_line_is_slow(link):
    """At least as slow as was asked, there and only there, and not afterwards."""
    with connected(link) as client, live((faults.Latency(seconds=0.2), on.tcp("echo"))) as chaos:
        began_s = chaos.trial.clock.now_s()
        assert echoed(client) == b"ping"
        assert chaos.trial.clock.now_s() - began_s >= 0.2
    assert told(chaos) == ["invoke", ["latency upstream"], "fault", [], "ok"]
    assert chaos.history.calls()[0].faults == ("latency",)
    assert chaos.trial.unproven() is None


def test_a_lost_answer_is_work_that_was_done(link, echo):
    """The service has it, and the client hears nothing, until the end tears its connection."""
    with connected(link) as client:
        with live((faults.DropResponse(), on.tcp("echo"))):
            client.sendall(b"book")
            until(lambda: echo.heard == b"book")
            client.settimeout(SILENCE_S)
            with pytest.raises(TimeoutError):
                client.recv(1)
        client.settimeout(PATIENCE_S)
        assert client.recv(1) == b""


def test_a_lost_request_never_arrives(link, echo):
    """Nothing comes, in either direction."""
    with connected(link) as client, live((faults.DropRequest(), on.tcp("echo"))):
        client.sendall(b"book")
        client.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert not echo.heard


@pytest.mark.parametrize(("after", "heard"), [(True, b"book"), (False, b"")])
def test_a_connection_is_torn(link, echo, after, heard):
    """After the service has it, or before."""
    with live((faults.Reset(after=after), on.tcp("echo"))), connected(link) as client:
        client.sendall(b"book")
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
        if heard:
            until(lambda: echo.heard == heard)
        else:
            assert not echo.heard


def test_nobody_listens(link):
    """On the same address everything is as before when it is over."""
    with connected(link) as client:
        with live((faults.Refused(), on.tcp("echo"))) as chaos:
            assert refused(link)
            assert client.recv(1) == b""
        assert not refused(link)
    assert told(chaos) == ["invoke", ["refuses"], "fault", [], "ok"]


def test_an_answer_falls_silent(link):
    """The head of it is all that comes, and nothing says so."""
    with live((faults.Hang(at="body"), on.tcp("echo"))), connected(link) as client:
        client.sendall(b"ping")
        client.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_partition_begins_and_heals_when_it_should(link):
    """Both while the trial goes on; what is lost is lost."""
    groups = {"agents": ("agent",), "data": ("echo",)}
    partition = faults.Partition(groups=groups, start_s=5, end_s=15, refuse=True)
    with at_moments((partition, on.any())) as (trial, moments):
        assert not refused(link)
        moments.at_s = 5.1
        until(lambda: told(trial)[-1] == "fault")
        assert refused(link)
        moments.at_s = 15.1
        until(lambda: not refused(link))
        with connected(link) as client:
            assert echoed(client) == b"ping"
    assert told(trial) == ["invoke", ["refuses"], "fault", [], "ok"]
    assert [op.at_s for op in trial.history if op.of == 0] == [5.1, 5.1, 15.1, 15.1]


def test_a_window_is_looked_at_at_its_own_time(link):
    """In real time; not before, and soon afterwards."""
    with live((faults.Refused(), on.tcp("echo", between=(0.2, None)))) as chaos:
        until(lambda: refused(link))
        assert chaos.trial.clock.now_s() >= 0.2


def test_a_window_that_is_still_open_ends_with_the_trial(link):
    """Nobody waits for it."""
    with live((faults.Refused(), on.tcp("echo", between=(0, 3600)))):
        assert refused(link)
    assert not refused(link)


def test_several_rules_stand_together(link, toxiproxy):
    """Each with its own toxics; what one takes away, the others keep."""
    slow, later = (faults.Latency(seconds=0.01), on.tcp("echo")), (faults.Latency(seconds=0.02), on.tcp("echo"))
    brief = (faults.Bandwidth(bytes_per_s=1e6), on.tcp("echo", between=(0, 5)))
    with at_moments(slow, brief, later) as (trial, moments):
        assert told(trial)[1] == ["latency upstream", "bandwidth downstream", "latency upstream"]
        assert told(trial)[2:] == ["fault"] * 3
        moments.at_s = 5.1
        until(lambda: told(trial)[-1] == ["latency upstream", "latency upstream"])
        (proxy,) = [one for one in toxiproxy.proxies().values() if one.listen == link.address]
        assert [toxic.attributes["latency"] for toxic in proxy.toxics] == [10, 20]
        with connected(link) as client:
            assert echoed(client) == b"ping"


def test_a_fault_that_is_injected_later_acts(link):
    """Soon."""
    with live() as chaos:
        assert not refused(link)
        chaos.inject(faults.Refused(), on.tcp("echo"))
        until(lambda: refused(link))
    assert not refused(link)


def test_a_link_that_is_made_in_a_trial_joins_it(echo):
    """As one that stood before does."""
    with live((faults.Refused(), on.tcp("echo"))) as chaos, Link(echo.address, name="echo") as link:
        assert refused(link)
    assert told(chaos) == ["invoke", ["refuses"], "fault", [], "ok"]
    assert refused(link)


def test_a_share_of_the_connections_is_the_same_for_the_same_seed(echo):
    """Drawn for each connection, by the trial's seed, the name of the link and the number of the connection."""
    if os.environ.get(servers.VARIABLE):
        pytest.skip("only the embedded server draws by a seed")

    def draw(seed):
        torn = (faults.Reset(after=False), on.tcp(probability=0.5))
        with Link(echo.address, name="drawn") as link, live(torn, seed=seed):
            return tuple(_is_torn(link) for _ in range(12))

    first, again, other = draw(7), draw(7), draw(8)
    assert first == again != other
    assert {True, False} == set(first)


def _is_torn(link):
    with connected(link) as client:
        try:
            return echoed(client) != b"ping"
        except ConnectionResetError:
            return True


# Processes


def test_a_service_that_nobody_has_declared_crashes_as_a_closed_port(link):
    """And is back after its time."""
    with connected(link) as client, at_moments((faults.Crash(of="callee"), on.tcp("echo"))) as (trial, moments):
        assert refused(link)
        assert client.recv(1) == b""
        moments.pass_by()
        assert not refused(link)
    assert told(trial) == ["invoke", "fault", ["refuses"], [], "ok"]


def test_a_service_that_is_back_after_the_trial_changes_nothing(link):
    """It was healed already, with everything else."""
    with at_moments((faults.Crash(of="callee"), on.tcp("echo")), (faults.Reset(), on.tcp("echo"))) as (trial, moments):
        assert refused(link)
    assert not refused(link)
    moments.pass_by()
    assert told(trial)[-1] == "ok"
    with connected(link) as client:
        assert echoed(client) == b"ping"


def test_a_service_that_stands_still_works_on_afterwards(link):
    """Nothing is lost, and no connection ends."""
    with connected(link) as client:
        with live((faults.Pause(of="callee", seconds=0.2), on.tcp("echo"))) as chaos:
            assert echoed(client) == b"ping"
            assert chaos.trial.clock.now_s() >= 0.2
        assert echoed(client) == b"ping"
    assert told(chaos) == ["invoke", "fault", ["bandwidth upstream", "bandwidth downstream"], [], "ok"]


class Handle:
    """A process that remembers what was done to it."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        return lambda: self.done.append(name)


@pytest.mark.parametrize(("of", "name"), [("callee", "echo"), ("caller", "agent")])
@pytest.mark.parametrize(("fault", "done"), [("crash", ["kill", "start"]), ("pause", ["pause", "resume"])])
def test_a_process_that_was_declared_is_the_one_that_stops(link, of, name, fault, done):
    """At either end of the link; the port stays as it is."""
    handle, chaos = Handle(), Chaos()
    chaos.process(handle, name)
    stop = faults.Crash(of=of, down_s=0.01) if fault == "crash" else faults.Pause(of=of, seconds=0.01)
    chaos.inject(stop, on.tcp("echo"))
    with chaos.live():
        assert not refused(link)
    assert handle.done == done
    assert chaos.trial.unproven() is None


# What is refused, and what is left


@pytest.mark.parametrize(
    "upstream",
    ["", "postgres", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5432/db", "::1:5432", "a b:1"],
)
def test_what_is_no_address_is_refused(upstream):
    """With an example."""
    with pytest.raises(UsageError, match="not the address of a TCP service; write host:port, such as"):
        Link(upstream)


def test_another_machine_has_to_be_allowed(monkeypatch):
    """By name; a password in what was given is not repeated."""
    monkeypatch.delenv("AGENTCHAOS_ALLOW", raising=False)
    with pytest.raises(UsageError, match=r"^db.example: faults on the way there .* nobody has allowed it"):
        Link("db.example:5432")
    with pytest.raises(UsageError, match=r"Link\('postgres://\[hidden\]@h:5432'\)"):
        Link("postgres://me:secret@h:5432")


def test_a_link_needs_a_name_that_rules_can_use(echo):
    """By default its upstream."""
    with Link(echo.address) as link:
        assert link.name == echo.address
        assert repr(link) == f"<Link {echo.address} {link.address} -> {echo.address}>"
    with pytest.raises(UsageError, match="rules could not name it"):
        Link(echo.address, name="")


def test_two_links_of_one_name_are_two(echo):
    """Whatever characters it has."""
    with Link(echo.address, name="a/b c") as one, Link(echo.address, name="a/b c") as other:
        assert one.address != other.address
        with live((faults.Refused(), on.tcp("a/b c"))):
            assert refused(one)
            assert refused(other)


def test_a_closed_link_is_gone(echo, toxiproxy):
    """With every connection through it, once, also in a trial."""
    link, before = Link(echo.address, name="echo"), set(toxiproxy.proxies())
    with connected(link) as client, live((faults.Latency(seconds=0.01), on.tcp())) as chaos:
        link.close()
        link.close()
        assert client.recv(1) == b""
        assert refused(link)
    assert told(chaos)[-1] == "ok"
    assert len(before - set(toxiproxy.proxies())) == 1
    assert link not in COMMON._standing


def test_a_kept_link_has_no_part_in_the_trials_of_others(echo):
    """Their faults do not act on it; those of its own trials do."""
    kept = Wires()
    with Link(echo.address, name="echo", wires=kept) as link:
        with live((faults.Refused(), on.tcp())) as other, connected(link) as client:
            assert echoed(client) == b"ping"
        own = Chaos()
        own.wires(kept)
        own.inject(faults.Refused(), on.tcp())
        with own.live():
            assert refused(link)
    assert (other.history.begun, own.history.begun) == (0, 1)


def test_what_others_do_on_the_server_is_left_alone(link, toxiproxy, echo):
    """Their proxies and their toxics."""
    from pytest_agentchaos.wires.tcp.toxics import Toxic

    theirs = toxiproxy.create("theirs", echo.address)
    try:
        toxiproxy.add("theirs", Toxic("latency", "upstream", {"latency": 1}, name="their own"))
        before = toxiproxy.proxy("theirs")
        with live((faults.Refused(), on.tcp())):
            pass
        link.close()
        assert toxiproxy.proxy("theirs") == before
    finally:
        toxiproxy.destroy(theirs.name)


def test_a_link_of_another_process_is_refused(link, monkeypatch):
    """A fork has copies of the links, and two processes would heal each other's faults."""
    monkeypatch.setattr(link, "_process", os.getpid() + 1)
    chaos = Chaos()
    with pytest.raises(UsageError, match="of which this one is a copy"), chaos.live():
        pass
    link.close()
    monkeypatch.undo()
    assert not refused(link)


def test_a_toxic_that_somebody_took_away_is_a_problem_of_the_trial(link, toxiproxy):
    """It proves nothing then; everything is healed all the same."""
    (name,) = [one for one, proxy in toxiproxy.proxies().items() if proxy.listen == link.address]
    with at_moments((faults.Reset(), on.tcp()), (faults.DropRequest(), on.tcp())) as (trial, _):
        toxiproxy.remove(name, toxiproxy.toxics(name)[0].name)
    assert "asked for removing the toxic" in str(trial.engine.problems[0])
    assert told(trial)[-1] == "info"
    assert toxiproxy.toxics(name) == ()
    with connected(link) as client:
        assert echoed(client) == b"ping"


def test_a_server_that_is_gone_is_a_problem_of_the_trial(echo, monkeypatch):
    """And no error of a thread that nobody hears; the next link has another."""
    if os.environ.get(servers.VARIABLE):
        pytest.skip("it is not ours to kill")
    monkeypatch.setattr(servers, "_servers", {})
    link, server = Link(echo.address), servers.current()
    try:
        with at_moments() as (trial, moments):
            server.process["toxiproxy"].kill()
            trial.inject(rule(faults.Crash(of="callee"), on.tcp()))
            until(lambda: trial.engine.problems)
            moments.pass_by()
        assert all("does not answer" in str(problem) for problem in trial.engine.problems)
        with pytest.raises(UsageError, match="does not answer"):
            link.close()
        with Link(echo.address) as another, connected(another) as client:
            assert echoed(client) == b"ping"
    finally:
        server.close()
        servers.close()


@pytest.fixture
def leases(link, monkeypatch):
    """Each lease that was asked for; how long it is, says the test."""
    server = servers.current()
    if not server.embedded:
        pytest.skip("only the embedded server has a lease")
    lease, asked = server.toxiproxy.lease, []
    monkeypatch.setattr(server, "_held_s", -math.inf)
    monkeypatch.setattr(server.toxiproxy, "lease", lambda seconds: asked.append(seconds) or lease(asked[0]))
    return asked


def test_the_server_hears_from_us_as_long_as_a_fault_stands(link, leases, monkeypatch):
    """And not a word where none does."""
    monkeypatch.setattr(servers, "_RENEWED_S", 0.0)
    with at_moments((faults.Refused(), on.tcp(between=(5, None)))) as (_, moments):
        assert not leases
        moments.at_s = 5.1
        until(lambda: len(leases) > 3)
    assert set(leases) == {10}


def test_a_live_fault_is_healed_when_nobody_is_there_any_more(link, leases, monkeypatch):
    """By the server itself, when it has not heard from us for as long as we said; the trial proves nothing then."""
    monkeypatch.setattr(servers, "_LEASE_S", 0.1)
    monkeypatch.setattr(servers, "_RENEWED_S", 1e9)
    with at_moments((faults.Refused(), on.tcp())) as (trial, _):
        until(lambda: not refused(link))
    assert leases == [0.1]
    assert "for longer than 0.1 s" in str(trial.engine.problems[0])
    assert told(trial)[-1] == "info"


def test_a_lease_that_ran_out_between_two_trials_is_nobodys_loss(link, leases):
    """Nothing stood there."""
    for _ in range(2):
        with at_moments((faults.Refused(), on.tcp())) as (trial, _):
            assert refused(link)
        assert not trial.engine.problems
        servers.current()._held_s -= 100
    assert leases == [10, 10]


def test_clients_that_come_and_go_meanwhile_get_their_own_bytes(link):
    """While toxics come and go."""
    rules = [(faults.Latency(seconds=0.001), on.tcp(between=(at / 20, at / 20 + 0.02))) for at in range(1, 8)]
    wrong = []

    def talk(number):
        with suppress(ConnectionError), closing(socket.create_connection((link.host, link.port), PATIENCE_S)) as client:
            for turn in range(40):
                data = f"{number}:{turn};".encode() * 50
                if echoed(client, data) != data:
                    wrong.append((number, turn))

    with live(*rules):
        threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
