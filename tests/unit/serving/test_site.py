"""A site: which request gets which answer."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos.evidence.decision import Decision, RuleVerdict
from pytest_agentchaos.serving.gates import BusyError
from pytest_agentchaos.serving.reading import Asked
from pytest_agentchaos.serving.shelf import Shelf
from pytest_agentchaos.serving.site import ADVANCING, Site

TOKEN = "a-token-of-thirty-two-characters"
REASON = "Rule 'floor' was looked at: 3 of 5 trials."


class Says:
    """A gate that always says the same."""

    def __init__(self, word):
        rule = RuleVerdict("floor", "pass_rate", "required", "inconclusive", REASON)
        self.says = Decision(word, REASON, (rule,), "ours", runs_needed=7)

    def decision(self):
        """It."""
        return self.says


class Busy:
    """A gate that is never done."""

    def decision(self):
        """Never."""
        raise BusyError


def site(word="promote", **more):
    """A site with one gate."""
    return Site({"default": Says(word)}, **more)


def get(path, **headers):
    """A GET."""
    target, _, query = path.partition("?")
    return Asked("GET", target, query, {"host": "localhost:8765", **headers})


def post(path, body, **headers):
    """A POST."""
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Asked("POST", path, "", {"host": "localhost", **headers}, told)


def hook(kind, **metadata):
    """What Flagger sends."""
    body = {"name": "travel", "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b"}
    return post(f"/flagger/{kind}", body | ({"metadata": metadata} if metadata else {}))


@pytest.mark.parametrize("word", ["promote", "rollback", "hold", "invalid"])
def test_argo_reads_each_decision_under_result(word):
    """With success: to Argo an error is a server that cannot answer, and a decision is none."""
    answer = site(word).answer(get("/gate"))
    told = json.loads(answer.body)
    assert (answer.status, answer.media_type, answer.note) == (200, "application/json", word)
    assert told["result"] == {
        "decision": word,
        "ok": word == "promote",
        "exit_code": {"promote": 0, "rollback": 1, "hold": 2, "invalid": 3}[word],
        "reason": REASON,
        "runs_needed": 7,
        "policy": "ours",
        "policy_sha256": "",
        "suite_sha256": "",
        "failing": ["floor"],
    }
    assert told["decision"]["rules"][0]["id"] == "floor"


@pytest.mark.parametrize(("word", "status"), [("promote", 200), ("rollback", 403), ("hold", 403), ("invalid", 403)])
@pytest.mark.parametrize("kind", ADVANCING)
def test_hooks_of_flagger_go_on_only_when_it_is_promoted(kind, word, status):
    """The one line goes into its events."""
    answer = site(word).answer(hook(kind))
    assert (answer.status, answer.body) == (status, f"{word}: {REASON}\n".encode())


@pytest.mark.parametrize(("word", "status"), [("promote", 403), ("rollback", 200), ("hold", 403), ("invalid", 403)])
def test_the_rollback_hook_is_the_other_way_round(word, status):
    """What is not known rolls nothing back."""
    assert site(word).answer(hook("rollback")).status == status


def test_a_gate_is_named_in_the_path_in_the_body_or_in_metadata():
    """Among those that the server was started with."""
    two = Site({"eu": Says("promote"), "us": Says("rollback")})
    assert two.answer(get("/gate")).note == "promote"
    assert two.answer(get("/gate/us")).note == "rollback"
    assert two.answer(post("/gate", {"gate": "us"})).note == "rollback"
    assert two.answer(post("/gate", b"")).note == "promote"
    assert two.answer(hook("rollback", gate="us")).status == 200


@pytest.mark.parametrize("name", ["asia", "../../etc/passwd", "/etc/passwd", "eu/../us", ["eu"], {"a": 1}, 7])
def test_no_other_gate_can_be_named(name):
    """A name is looked up and never made into a path."""
    one = site()
    assert one.answer(post("/gate", {"gate": name})).status == 404
    assert one.answer(hook("confirm-promotion", gate=name)).status == 404
    assert one.answer(get(f"/gate/{name}")).status == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (get("/nowhere"), 404),
        (get("/healthz/x"), 404),
        (get("//gate"), 404),
        (get("/gate?policy=/etc/passwd"), 400),
        (get("/flagger/rollback"), 405),
        (post("/", b""), 405),
        (post("/gate", b"{"), 400),
        (post("/gate", b"[" * 50_000), 400),
        (post("/gate", b"[]"), 400),
        (post("/gate", b"\xff"), 400),
        (post("/flagger/rollbck", {"name": "a"}), 404),
        (post("/flagger/rollback", b"no json"), 400),
        (post("/flagger/rollback", {"namespace": "a"}), 400),
        (post("/flagger/rollback", {"name": "a", "metadata": ["x"]}), 400),
        (get("/reports/index.html"), 404),
    ],
)
def test_what_is_no_request_of_theirs_gets_its_own_answer(asked, status):
    """None is a success, so that a misspelt hook stops a rollout rather than to let it through."""
    assert site("rollback").answer(asked).status == status


def test_a_server_that_only_shows_reports_has_no_gate():
    """It says how to get one."""
    answer = Site({}).answer(get("/gate"))
    assert (answer.status, b"--results DIR" in answer.body) == (404, True)


def test_a_decision_that_takes_too_long_is_asked_for_again_and_health_is_not_held_up():
    """Health asks no gate."""
    one = Site({"default": Busy()})
    answer = one.answer(get("/gate"))
    assert (answer.status, answer.headers) == (503, {"Retry-After": "10"})
    assert one.answer(get("/healthz")).body == b"ok\n"


def test_with_a_token_every_request_needs_it():
    """Health and the front page, too."""
    one = site(token=TOKEN)
    for path in ("/", "/gate", "/healthz", "/reports/index.html", "/nowhere"):
        assert one.answer(get(path)).status == 401
        assert one.answer(get(path, authorization=f"Bearer {TOKEN}")).status != 401
    assert TOKEN.encode() not in one.answer(get("/")).body


def test_flagger_which_can_send_no_header_brings_the_token_in_its_metadata():
    """Only hooks may; a wrong header is not made good by it."""
    one = site(token=TOKEN)
    assert one.answer(hook("confirm-promotion", token=TOKEN)).status == 200
    assert one.answer(hook("confirm-promotion", token=f"{TOKEN}x")).status == 401
    assert one.answer(hook("confirm-promotion")).status == 401
    assert one.answer(post("/flagger/rollback", b"no json")).status == 401
    assert one.answer(post("/gate", {"metadata": {"token": TOKEN}})).status == 401
    body = {"name": "a", "metadata": {"token": TOKEN}}
    assert one.answer(post("/flagger/rollback", body, authorization="Bearer wrong")).status == 401


def test_a_page_from_elsewhere_that_was_pointed_here_reads_nothing():
    """On this machine the server answers under the names of this machine."""
    asked = Asked("GET", "/gate", "", {"host": "evil.test:8765"})
    assert site().answer(asked).status == 421
    assert site(is_local=False, token=TOKEN).answer(asked).status == 401
    assert site().answer(Asked("GET", "/gate")).status == 200  # HTTP/1.0


def test_the_front_page_escapes_what_it_lists(tmp_path):
    """Names of folders and what summaries say may come from anywhere."""
    folder = tmp_path / "<img src=x onerror=alert(1)>"
    folder.mkdir()
    (folder / "index.html").write_text("page")
    (folder / "summary.json").write_text(json.dumps({"verdict": "<script>alert(2)</script>", "reason": "\u202ea"}))
    answer = site(shelf=Shelf(tmp_path)).answer(get("/"))
    told = answer.body.decode()
    assert "<img" not in told
    assert "<script" not in told
    assert "\u202e" not in told
    assert 'href="/reports/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/index.html"' in told
    assert 'href="/gate/default"' in told
    assert "script-src" not in answer.csp
    assert "default-src 'none'" in answer.csp


def test_pages_of_reports_may_run_their_own_scripts_and_reach_nothing(tmp_path):
    """No network, no form, no frame around them."""
    (tmp_path / "index.html").write_text("page")
    answer = site(shelf=Shelf(tmp_path)).answer(get("/reports/index.html"))
    assert (answer.status, answer.body) == (200, b"page")
    head = answer.head(keeps=True).decode()
    for said in ("default-src 'none'", "frame-ancestors 'none'", "X-Content-Type-Options: nosniff", "no-referrer"):
        assert said in head
