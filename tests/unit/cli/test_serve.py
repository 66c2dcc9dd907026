"""``agentchaos serve`` as a process, asked as Argo and Flagger ask, by the manifests that ``--emit`` prints."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.gating.emit import emit

TOKEN = "a-token-of-thirty-two-characters"
SCRIPT = "from pytest_agentchaos.cli import main; main(prog_name='agentchaos')"
POLICY = """
version: 1
name: ours
evidence: {max_age: 24h}
rules:
  - {id: floor, metric: pass_rate, min_lower_bound: 0.8}
"""


def campaign(folder, runs, failing=0):
    """Results of so many trials, of this moment."""
    folder.mkdir(exist_ok=True)
    lines = [Head(version="1.0", at=datetime.now(UTC).isoformat()).to_line()]
    for seed in range(runs):
        status = "fail" if seed < failing else "pass"
        verdicts = (Verdict("no_orphan", status, "seat stands"),)
        plan = {"system": "shop:agent", "schedule": [{"fault": "stale"}], "seed": seed}
        lines.append(Result(f"t{seed}", plan, status, verdicts=verdicts, fired=(1,), calls=3).to_line())
    (folder / "results.jsonl").write_text("\n".join([*lines, ""]))


class Serving:
    """The process."""

    def __init__(self, *arguments, cwd, token=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, "serve", "--port", "0", "--json", *arguments],
            cwd=cwd, env={"AGENTCHAOS_TOKEN": token} if token else {}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            self.told = json.loads(self.process.stdout.readline())
            self.url = self.told["url"]
        except BaseException:
            self.process.kill()
            self.process.communicate(timeout=10)
            raise

    def ask(self, method, url, headers=(), body=None):
        """Status and body, without any help of a library."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        try:
            connection.request(method, parts.path, body, dict(headers))
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def end(self, by=signal.SIGTERM):
        """Its exit code, what else it printed, and its log."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err


@pytest.fixture
def serving(tmp_path):
    """Starts servers in a folder of their own, and ends them."""
    begun = []

    def begin(*arguments, token=""):
        (tmp_path / "ours.yaml").write_text(POLICY)
        begun.append(Serving(*arguments, cwd=tmp_path, token=token))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate(timeout=10)


def argo(server, metric, args):
    """What a measurement of Argo's web provider comes to, by its documentation."""

    def filled(text):
        return re.sub(r"{{ *args\.(\w+) *}}", lambda found: args[found[1]], text)

    web = metric["provider"]["web"]
    headers = {one["key"]: filled(one["value"]) for one in web.get("headers", ())}
    status, body = server.ask(web.get("method", "GET"), filled(web["url"]), headers)
    if not 200 <= status < 300:
        return "Error"
    result = json.loads(body)
    for name in re.fullmatch(r"{\$((?:\.\w+)*)}", web["jsonPath"])[1].split(".")[1:]:
        result = result[name]

    def holds(condition):
        name, wanted = re.fullmatch(r'result\.(\w+) == "(\w+)"', condition).groups()
        return result[name] == wanted

    if holds(metric["failureCondition"]):
        return "Failed"
    return "Successful" if holds(metric["successCondition"]) else "Inconclusive"


def flagger(server, webhook, token):
    """Whether a hook is a success to Flagger, and what would stand in its events if not."""
    metadata = webhook["metadata"] | {"token": token}
    payload = {"name": "my-agents", "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b"}
    url = webhook["url"].replace("http://agentchaos:8765", server.url)
    body = json.dumps(payload | {"metadata": metadata})
    status, told = server.ask("POST", url, {"Content-Type": "application/json"}, body)
    return status in {200, 201, 202}, told.decode()


def test_argo_and_flagger_do_what_the_gate_says_while_results_grow(serving, tmp_path):
    """From before the first result to a rollback, with the manifests as they are printed, and with a token."""
    server = serving("--policy", "ours.yaml", "--results", "candidate", token=TOKEN)
    assert server.told == {"url": server.url, "gates": ["default"], "reports": None}
    documents = list(yaml.safe_load_all(emit("argo", "ours.yaml", compares=False)))
    [metric] = documents[0]["spec"]["metrics"]
    args = {"server": server.url, "gate": "default", "token": TOKEN}
    hooks = next(yaml.safe_load_all(emit("flagger", "ours.yaml", compares=False)))["spec"]["analysis"]["webhooks"]

    def told():
        rollback, promotion = (flagger(server, hook, TOKEN) for hook in hooks)
        assert promotion[1].count("\n") == 1
        return argo(server, metric, args), rollback[0], promotion[0], promotion[1].partition(":")[0]

    assert told() == ("Inconclusive", False, False, "invalid")
    campaign(tmp_path / "candidate", 5)
    assert told() == ("Inconclusive", False, False, "hold")
    campaign(tmp_path / "candidate", 20)
    assert told() == ("Successful", False, True, "promote")
    campaign(tmp_path / "candidate", 20, failing=12)
    assert told() == ("Failed", True, False, "rollback")
    (tmp_path / "candidate" / "results.jsonl").write_text('{"agentchaos":{"format":99}}\n')
    assert told() == ("Inconclusive", False, False, "invalid")

    assert argo(server, metric, args | {"token": "wrong"}) == "Error"
    assert argo(server, metric, args | {"gate": "other"}) == "Error"
    assert [flagger(server, hook, "wrong")[0] for hook in hooks] == [False, False]
    assert server.ask("GET", f"{server.url}/healthz")[0] == 401

    code, out, log = server.end()
    assert (code, out) == (0, "")
    assert TOKEN not in log
    lines = log.splitlines()
    assert len(lines) == 20
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (GET|POST) /[\w/-]+ \d{3} ", line) for line in lines)


def test_it_shows_reports_and_named_gates_and_ends_by_ctrl_c(serving, tmp_path):
    """Without a token, on this machine."""
    campaign(tmp_path / "candidate", 20)
    told = CliRunner().invoke(main, ["report", str(tmp_path / "candidate")])
    assert told.exit_code == 0
    server = serving("--gate", "eu=ours.yaml,candidate", "--gate", "us=ours.yaml,missing", "--reports", ".")
    assert server.told["gates"] == ["eu", "us"]
    _, front = server.ask("GET", server.url + "/")
    assert b'href="/reports/candidate/index.html"' in front
    status, page = server.ask("GET", server.url + "/reports/candidate/index.html")
    assert (status, page) == (200, (tmp_path / "candidate" / "index.html").read_bytes())
    assert server.ask("GET", server.url + "/reports/candidate/results.jsonl")[0] == 404
    decisions = [json.loads(server.ask("GET", f"{server.url}/gate/{name}")[1])["result"] for name in ("eu", "us")]
    assert [one["decision"] for one in decisions] == ["promote", "invalid"]
    assert server.end(signal.SIGINT)[0] == 0


def refused(*arguments, environment=None):
    """The command, which has to end at once."""
    told = CliRunner().invoke(main, ["serve", *arguments], env={"AGENTCHAOS_TOKEN": "", **(environment or {})})
    assert told.exit_code == 2, told.output
    return told.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "nothing to serve; give --results DIR"),
        (["--results", "a", "--policy", "cnary"], "did you mean 'canary'"),
        (["--results", "a", "--policy", "missing.yaml"], "missing.yaml"),
        (["--reports", "missing"], "does not exist"),
        (["--gate", "eu"], "eu=canary,reports/eu"),
        (["--gate", "eu=canary,a", "--gate", "eu=canary,b"], "two gates are called 'eu'"),
        (["--results", "a", "--gate", "default=canary,b"], "two gates are called 'default'"),
        (["--results", "a", "--host", "10.0.0.1"], "--token-file FILE or set AGENTCHAOS_TOKEN"),
        (["--results", "a", "--host", "10.0.0.1", "--token-file", "missing"], "cannot be read"),
        (["--results", "a", "--port", "99999"], "65535"),
    ],
)
def test_what_cannot_be_served_is_refused_at_the_start(tmp_path, monkeypatch, arguments, why):
    """With the value and the remedy; nothing listens."""
    monkeypatch.chdir(tmp_path)
    assert why in " ".join(refused(*arguments).split())


def test_a_weak_token_is_refused_and_not_repeated():
    """Wherever it comes from."""
    told = refused("--results", "a", environment={"AGENTCHAOS_TOKEN": "hunter2"})
    assert "openssl rand" in told
    assert "hunter2" not in told


def test_a_port_that_is_taken_is_told(tmp_path):
    """With the way to a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = subprocess.run(
            [sys.executable, "-c", SCRIPT, "serve", "--reports", ".", "--port", port],
            cwd=tmp_path, env={}, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert told.returncode == 2
    assert "or 0 for a free one" in " ".join(told.stderr.split())
