"""``agentchaos proxy``: one trial between clients and an upstream."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from pytest_agentchaos import faults
from pytest_agentchaos.cli import main
from pytest_agentchaos.cli.injecting import rule_of
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.schedule import on
from pytest_agentchaos.traces import otlp_protobuf
from pytest_agentchaos.wires.chronicle import MOST

DEADLINE_S = 30
CALL = """
import os, sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for path in sys.argv[2:]:
    status = 0
    while not status or "until" in path and status != 200:
        try:
            with opener.open(os.environ[sys.argv[1]] + path, b"{}") as answer:
                answer.read()
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
    print(status)
"""
SCENARIO = """
version: 1
system: nobody:looks_for_it
faults:
  - {fault: unavailable, on: {http: "*", nth: 1}}
invariants: [{at_most: {metric: errors, limit: 0}}]
"""


@pytest.fixture(scope="module")
def upstream():
    """It answers everything."""
    with serve(lambda _: Reply(200, (("content-type", "application/json"),), b"{}")) as url:
        yield url


def proxied(*options):
    """The verb, in this process."""
    return CliRunner().invoke(main, ["proxy", *options])


def calling(variable, *paths):
    """A command that calls what stands in a variable."""
    return ["--", sys.executable, "-c", CALL, variable, *paths]


def test_a_command_calls_through_it_and_its_exit_code_is_passed_on(upstream, capfd):
    """Standard output is the command's; what became of the faults stands on standard error."""
    done = proxied(
        "--upstream", f"{upstream}/v1", "--fault", "unavailable on http nth=1", *calling("OPENAI_BASE_URL", "/x", "/x")
    )
    assert done.exit_code == 0
    assert capfd.readouterr().out.split() == ["503", "200"]
    assert f"-> {upstream}/v1" in done.stderr
    assert "requests: 2" in done.stderr
    assert "fired 1 of 2: faults.Unavailable()" in done.stderr
    assert done.stdout == ""
    assert proxied("--upstream", upstream, "--", sys.executable, "-c", "raise SystemExit(7)").exit_code == 7


def test_upstreams_have_names_and_variables(upstream, tmp_path, capfd):
    """A call goes to the name, in selectors and in the history that is written down."""
    history = tmp_path / "history.jsonl"
    options = ["--upstream", f"flights.local={upstream}", "--upstream", f"http://crm.local={upstream}"]
    options += ["--fault", "overloaded on any target=crm.local", "--history", str(history), "--json"]
    done = proxied(*options, *calling("AGENTCHAOS_PROXY_HTTP___CRM_LOCAL", "/x"))
    assert capfd.readouterr().out.split() == ["503"]
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [one["name"] for one in told[:2]] == ["http://flights.local", "http://crm.local"]
    assert told[2] == {"requests": 1, "calls": 1}
    assert told[3]["fired"] == told[3]["matched"] == 1
    assert [one.call.target for one in History.load(history).calls()] == ["crm.local"]


def test_a_scenario_brings_faults_and_what_has_to_hold(upstream, tmp_path, capfd):
    """Its system is not looked for: that is the command. What does not hold is exit code 1."""
    (tmp_path / "strict.chaos.yaml").write_text(SCENARIO, encoding="utf-8")
    done = proxied(
        "--upstream", upstream, "--scenario", str(tmp_path / "strict.chaos.yaml"), *calling("AGENTCHAOS_PROXY", "/x")
    )
    assert capfd.readouterr().out.split() == ["503"]
    assert done.exit_code == 1
    assert "fail     at_most(errors, 0):" in done.stderr


def test_a_fault_that_never_fired_proves_nothing(upstream):
    """And that is exit code 3."""
    done = proxied("--upstream", upstream, "--fault", "latency on tool=book_*", "--", sys.executable, "-c", "")
    assert done.exit_code == 3
    assert "fired 0 of 0" in done.stderr
    assert "it would match a tool call named 'book_*'\nNo call has come.\n" in done.stderr


def test_what_was_seen_is_told_where_a_fault_never_fired(upstream):
    """The nearest calls first: a name that was written wrong is mended by that."""
    done = proxied(
        "--upstream", upstream, "--fault", "latency on http=POST*/y", "--json", *calling("AGENTCHAOS_PROXY", "/x")
    )
    (told,) = [line["never_fired"] for line in map(json.loads, done.stderr.splitlines()) if "never_fired" in line]
    assert told[-1].startswith("  http POST /x @ ")


def test_the_usual_invariants_are_asked_in_place_of_their_name(upstream, tmp_path):
    """The shipped scenarios all say so."""
    (tmp_path / "usual.chaos.yaml").write_text(
        SCENARIO.replace("{at_most", "usual, {at_most").replace("limit: 0", "limit: 9")
    )
    done = proxied(
        "--upstream", upstream, "--scenario", str(tmp_path / "usual.chaos.yaml"), *calling("AGENTCHAOS_PROXY", "/x")
    )
    assert done.exit_code == 0, done.stderr
    assert "pass     terminates:" in done.stderr
    assert "unknown" not in done.stderr


def test_a_command_runs_where_nothing_can_read_its_spans(upstream, monkeypatch, capfd):
    """The package for that is another's; what is missing is named."""
    for cached in (otlp_protobuf.message, otlp_protobuf._decode_error):
        cached.cache_clear()
    for name in ("opentelemetry.proto.trace.v1.trace_pb2", "google.protobuf.message"):
        monkeypatch.setitem(sys.modules, name, None)
    try:
        done = proxied("--upstream", upstream, *calling("AGENTCHAOS_PROXY", "/x"))
    finally:
        for cached in (otlp_protobuf.message, otlp_protobuf._decode_error):
            cached.cache_clear()
    assert capfd.readouterr().out.split() == ["200"]
    assert done.exit_code == 0
    assert "pip install" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "Missing option '--upstream'"),
        (["--upstream", "https://api.example.com"], "--allow api.example.com"),
        (["--upstream", "nowhere"], "no upstream of a proxy"),
        (["--upstream", "http://h/?api_key=a"], "'http://h/?api_key=[hidden]' is no upstream of a proxy"),
        (["--upstream", "a=http://127.0.0.1:1", "--upstream", "a=http://127.0.0.1:1"], "the same name"),
        (["--upstream", "http://127.0.0.1:1", "--listen", "9000"], "write HOST:PORT"),
        (["--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:99999"], "write HOST:PORT"),
        (["--upstream", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"], "--allow-remote-clients"),
        (["--upstream", "http://127.0.0.1:1", "--fault", "latencie"], "did you mean 'latency'?"),
        (["--upstream", "http://127.0.0.1:1", "--fault", "latency(5)"], "write for example"),
        (["--upstream", "http://127.0.0.1:1", "--fault", "latency on tol=x"], "did you mean 'tool'?"),
        (["--upstream", "http://127.0.0.1:1", "--fault", "latency on any seconds=2"], "brackets: latency(seconds=5)"),
        (["--upstream", "http://127.0.0.1:1", "--scenario", "overloadd"], "did you mean 'model/overloaded'?"),
        (["--upstream", "http://127.0.0.1:1", "--history", "no/h.jsonl"], "no/h.jsonl: nothing can be written"),
        (["--upstream", "http://127.0.0.1:1", "--scenario", "no-such-one"], "no-such-one"),
        (["--upstream", "http://127.0.0.1:1", "--for", "0"], "--for"),
        (["--upstream", "http://127.0.0.1:1", "--", "no-such-command"], "no-such-command: it cannot be started"),
    ],
)  # fmt: skip
def test_wrong_usage_starts_nothing(options, told):
    """It says what is wrong, and what to write."""
    done = proxied(*options)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())


def test_a_port_that_is_taken_is_wrong_usage(upstream):
    """The address stands in what is said."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
        done = proxied("--upstream", upstream, "--listen", address)
    assert done.exit_code == 2
    assert f"{address}: a proxy cannot listen there" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("text", "fault", "selector"),
    [
        ("drop_response", faults.DropResponse(), on.any()),
        ("latency(seconds=5, jitter_s=1.5) on tool=book_*", faults.Latency(seconds=5, jitter_s=1.5), on.tool("book_*")),
        ("bandwidth(direction=reply)", faults.Bandwidth(direction="reply"), on.any()),
        ("reset on write nth=2", faults.Reset(), on.write(nth=2)),
        ("reset on model agent=planner probability=0.5", faults.Reset(), on.model(agent="planner", probability=0.5)),
        ("unavailable on any between=1,2", faults.Unavailable(), on.any(between=(1, 2))),
        ("poisoned_content(text='now on and on') on tool", faults.PoisonedContent(text="now on and on"), on.tool()),
    ],
)
def test_a_fault_is_written_in_one_line(text, fault, selector):
    """Its name, its parameters, the calls."""
    rule = rule_of(text)
    assert (rule.fault, rule.selector) == (fault, selector)


@pytest.mark.parametrize(
    "text", ["", "latency(seconds=f())", "latency on nth=x", "latency on 'tool", "latency(seconds=-1)"]
)
def test_what_is_no_fault_is_refused(text):
    """With the text itself."""
    with pytest.raises(UsageError, match="--fault "):
        rule_of(text)


@contextmanager
def started(*options):
    """The verb, as a process; a test that fails leaves neither it nor its command behind."""
    code = "from pytest_agentchaos.cli import main; main()"
    command = [sys.executable, "-c", code, "proxy", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_after_its_time_it_only_passes(upstream, capfd):
    """So nobody who forgets it is left with faults; what asks again and again is answered at last."""
    done = proxied(
        "--upstream", upstream, "--fault", "unavailable", "--for", "0.3", *calling("AGENTCHAOS_PROXY", "/until")
    )
    assert capfd.readouterr().out.split() == ["200"]
    assert "healed" in done.stderr


def test_it_serves_until_a_signal_ends_it(upstream):
    """Also when its faults are over."""
    with started("--upstream", upstream, "--fault", "unavailable on model", "--for", "0.1") as process:
        url = process.stdout.readline().split()[2]
        assert process.stdout.readline().startswith("healed")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, b"{}", DEADLINE_S) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(DEADLINE_S) == 3
    assert "requests: 1" in rest
    assert "fired 0 of 0" in rest


def test_a_history_is_there_while_it_goes_on_and_outlasts_kill(upstream, tmp_path):
    """What a call was told is in the file soon, and nothing takes it away."""
    path = tmp_path / "history.jsonl"
    with started("--upstream", upstream, "--fault", "unavailable on http nth=2", "--history", str(path)) as process:
        url = process.stdout.readline().split()[2]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, b"{}", DEADLINE_S) as answer:
            assert answer.read() == b"{}"  # a client that leaves before has stopped waiting, and that is what is told
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(url, b"{}", DEADLINE_S)
        refused.value.close()
        deadline_s = wall_s() + DEADLINE_S
        while [exchange.ending for exchange in History.load(path).calls()].count("ok") < 2:
            assert wall_s() < deadline_s, path.read_text(encoding="utf-8")
        process.kill()
        process.wait(DEADLINE_S)
    assert [(exchange.ending, exchange.faults) for exchange in History.load(path).calls()] == [
        ("ok", ()),
        ("ok", ("unavailable",)),
    ]


def test_what_is_asked_in_the_end_is_asked_of_every_call(upstream, tmp_path, capfd):
    """Also of those that memory has let go of long before."""
    (tmp_path / "first.chaos.yaml").write_text(SCENARIO, encoding="utf-8")
    options = ["--upstream", upstream, "--scenario", str(tmp_path / "first.chaos.yaml"), "--json"]
    history = tmp_path / "history.jsonl"
    done = proxied(*options, "--history", str(history), *calling("AGENTCHAOS_PROXY", *["/x"] * (MOST + 1)))
    assert capfd.readouterr().out.split() == ["503", *["200"] * MOST]
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [(one["status"], one["reason"]) for one in told if "invariant" in one] == [("fail", "errors = 1, above 0")]
    kept = History.load(history)
    assert kept.begun == MOST + 1
    assert kept[len(kept) - 1].data["outcome"] == "completed"


def test_a_signal_is_passed_on_to_the_command(upstream):
    """Which ends as it likes."""
    child = "import signal, sys; signal.signal(15, lambda *_: sys.exit(5)); print('ready', flush=True); signal.pause()"
    with started("--upstream", upstream, "--", sys.executable, "-c", child) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 5


def test_a_proxy_that_is_killed_takes_its_command_along():
    """Else it would call addresses at which nobody listens any more, or somebody else."""
    child = "import signal; print('ready', flush=True); signal.pause()"
    with started("--upstream", "http://127.0.0.1:1", "--", sys.executable, "-c", child) as process:
        assert process.stdout.readline() == "ready\n"
        process.kill()
        assert process.stdout.read() == ""  # ends when the last of them has let go of it
