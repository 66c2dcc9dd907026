"""The stage of live trials: real processes that are as good as new for each, and nothing of it stays."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from pytest_agentchaos import Chaos, faults, on
from pytest_agentchaos.doubles import Request
from reference_system.hardening import Hardening
from reference_system.live import kept
from reference_system.live.collector import Collector
from reference_system.live.stage import halt
from reference_system.system import QUIET, travel

WEEKEND = {"text": "A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, under 900 euros.", "user": "Ada"}
UP = """
from reference_system.hardening import Hardening
from reference_system.live import kept
from reference_system.system import QUIET

stage = kept(Hardening(), QUIET)
print("up", flush=True)
input()
"""


def health(stage):
    """What the service says of itself, to somebody whom no trial looks at."""
    connection = HTTPConnection(urlsplit(stage.service_url).netloc, timeout=60)
    with closing(connection):
        connection.request("GET", "/health")
        return connection.getresponse().status


@pytest.fixture
def stage():
    """The one that trials of the usual system use."""
    return kept(Hardening(), QUIET)


def test_the_next_trial_finds_a_system_as_good_as_new(stage):
    """Records are gone, numbers begin anew, capacities are what they were told to be; the tool servers run on."""
    before = {name: stage.pid(name) for name in ("service", "flights", "model")}
    first = travel().live()
    httpx2.post(f"{stage.service_url}/trips", json=WEEKEND, timeout=60).raise_for_status()
    booked = {row.booking for row in first.store.bookings()}
    first.close()

    second = travel(capacities={"room:H-LIS-1:2027-03-05": 1}).live()
    assert (second.store.bookings(), second.store.trips(), second.store.messages()) == ((), (), ())
    assert second.store.left({"room:H-LIS-1:2027-03-05": 9}) == {"room:H-LIS-1:2027-03-05": 1}
    httpx2.post(f"{stage.service_url}/trips", json=WEEKEND, timeout=60).raise_for_status()
    assert {row.booking for row in second.store.bookings()} == booked
    second.close()

    after = {name: stage.pid(name) for name in ("service", "flights", "model")}
    assert after["service"] != before["service"]
    assert {**after, "service": None} == {**before, "service": None}


def test_faults_get_hold_of_its_processes(stage):
    """By the hosts that calls go to: killed, started again, stopped, and going on."""
    members = stage.processes()
    assert members["service"] == members["service.travel.local"]
    weather = members["weather.travel.local"]
    first = psutil.Process(stage.pid("weather"))
    weather.kill()
    assert not first.is_running()
    assert stage.pid("weather") is None
    weather.pause()  # nobody is there to stop
    weather.start()
    weather.start()  # it runs already
    second = psutil.Process(stage.pid("weather"))
    weather.pause()
    assert second.status() == psutil.STATUS_STOPPED
    weather.resume()
    assert second.status() != psutil.STATUS_STOPPED
    weather.start()  # it answers


@pytest.mark.parametrize("instead", [signal.SIGKILL, 0], ids=["dies", "sleeps"])
def test_a_process_that_does_not_stop_is_not_waited_for(monkeypatch, instead):
    """One that dies meanwhile, or one to which no signal gets through for now."""
    with subprocess.Popen(["/bin/sh", "-c", "sleep 1000"]) as process:
        real = os.kill
        monkeypatch.setattr(os, "kill", lambda pid, _: real(pid, instead))
        halt(process.pid)
        monkeypatch.undo()
        process.kill()
    halt(process.pid)  # it is gone, and its number with it


def test_it_has_no_part_in_the_trials_of_others(stage):
    """It stands while they come and go; their faults do not act on it, its calls are not in their histories."""
    other, own = Chaos(), Chaos()
    own.wires(stage.wires)
    for chaos in (other, own):
        chaos.inject(faults.Reset(), on.http("GET /health"))
    with other.live():
        assert health(stage) == 200
    with own.live(), pytest.raises(ConnectionResetError):
        health(stage)
    assert not other.history.begun
    assert [one.call.name for one in own.history.calls() if one.call.kind == "http"] == ["GET /health"]


def test_nothing_of_it_survives_whoever_built_it():
    """Killed without a chance to clear up: seven processes and PostgreSQL end by themselves."""
    builder = subprocess.Popen([sys.executable, "-c", UP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with builder:
        assert builder.stdout.readline() == "up\n"
        began = psutil.Process(builder.pid).children(recursive=True)
        names = {process.name() for process in began}
        builder.send_signal(signal.SIGKILL)
    assert len(began) > 8
    assert "postgres" in names
    _, alive = psutil.wait_procs(began, timeout=60)
    assert not alive


def test_a_collector_hands_on_only_while_somebody_asks():
    """Between trials spans are taken and forgotten, so that exporters do not pause."""
    got = []
    with Collector() as collector:
        url = collector.environment()["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"
        with httpx2.Client() as client:
            assert client.post(url, content=b"early").status_code == 200
            collector.hand_on = got.append
            reply = client.post(url, content=b"\n", headers={"content-type": "application/x-protobuf"})
            collector.hand_on = None
            assert client.post(url, content=b"late").status_code == 200
    assert reply.status_code == 200
    [request] = got
    assert isinstance(request, Request)
    assert (request.url, request.body, request.header("content-type")) == (
        "/v1/traces",
        b"\n",
        "application/x-protobuf",
    )


def test_a_stage_that_cannot_be_renewed_is_not_kept(stage, monkeypatch):
    """It is taken down, so that the next trial gets another one."""
    monkeypatch.setattr(stage, "renew", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        travel().live()
    assert not any(stage.pid(name) for name in ("service", "model", "flights"))
