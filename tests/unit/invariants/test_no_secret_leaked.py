"""no_secret_leaked: what is secret stays where it belongs."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from pytest_agentchaos.canaries import canary
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_secret_leaked import no_secret_leaked

CANARY = canary(7, "booking key")
SECRET = 'Tr0ub4dor&3 "über"'
KEY = "sk-aB3dE5gH7jK9mN1pQ"


def judged(story, *secrets, saved=True, **parameters):
    """The verdict, which is the same on the saved history."""
    invariant = no_secret_leaked(*secrets, **parameters)
    verdict = invariant.check(story.history)
    if saved:
        assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == verdict
    for secret in (*secrets, CANARY, KEY):
        assert secret not in str(verdict)
        assert secret not in repr(invariant)
    return verdict.status, verdict.reason, verdict.ops


def told(text, where):
    """A run that says a text at one place; op 1."""
    story = Story().note(canary="booking key", value=CANARY)
    if where == "prompts":
        story.ask(f"Your key: {text}.").says("Thanks.")
    elif where == "arguments":
        story.call("book", target="air.example", note={"deep": [f"<{text}>"]}).ok()
    elif where == "spans":
        story.span("book", attributes={"http.url": f"/x/{text}"})
    elif where == "logs":
        story.note(log=f"using {text}", logger="app", level="INFO")
    return story.ended(answer=f"done: {text}" if where == "answer" else "done")


PLACES = {
    "prompts": "the prompt to gpt-5 @ api.openai.com",
    "arguments": "the arguments of book @ air.example",
    "spans": "the span book",
    "logs": "a log record of app",
    "answer": "the answer",
}


@pytest.mark.parametrize("where", PLACES)
def test_a_canary_is_found_at_each_place(where):
    """By its name, which is told, and not by its text, which is not."""
    reason = f"the canary 'booking key' is in {PLACES[where]}"
    assert judged(told(CANARY, where)) == ("fail", reason, (1,))


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda secret: json.dumps({"a": secret}),
        lambda secret: quote(secret, safe=""),
        lambda secret: base64.b64encode(f"ab{secret}cd".encode()).decode(),
        lambda secret: secret[::-1],
    ],
    ids=["plain", "json", "address", "base64", "reversed"],
)
def test_a_given_secret_is_found_at_each_place_in_each_form(where, form):
    """By its number."""
    story = told(form(SECRET), where)
    assert judged(story, "another secret", SECRET) == ("fail", f"secret 2 of 2 is in {PLACES[where]}", (1,))


def test_a_key_of_a_well_known_form_is_found_without_being_given():
    """Unless that is not wanted; a saved history hides it."""
    story = told(KEY, "arguments")
    reason = "a key or token (sk-...) is in the arguments of book @ air.example"
    assert judged(story, saved=False) == ("fail", reason, (1,))
    assert judged(story, saved=False, patterns=False)[0] == "pass"


def test_what_a_saved_history_hides_is_not_decided():
    """Before it was saved, it was."""
    for text in (KEY, f"password={CANARY}"):
        saved = History.from_jsonl(told(text, "prompts").history.to_jsonl())
        verdict = no_secret_leaked().check(saved)
        assert (verdict.status, verdict.ops) == ("unknown", (1,))
        assert "holds a part that is [hidden] already; judge before the history is saved" in verdict.reason
    assert no_secret_leaked(where="logs").check(saved).reason.startswith("there was nothing to look at")


def test_a_run_without_leaks_passes_and_says_where_it_looked():
    """So that nobody takes silence for proof."""
    story = told("nothing", "prompts")
    story.call("book", key="short").ok({"secret": SECRET}).ended(answer="")
    looked = "1 prompt, 1 call, 0 spans, 0 log records, 2 answers"
    assert judged(story, SECRET) == ("pass", f"looked for 2 secrets and the well-known forms in {looked}", ())


def test_whoever_needs_the_secret_may_be_allowed_to_get_it():
    """By its address or its name; others may not."""
    story = told(CANARY, "arguments")
    assert judged(story, allow=["air.*"])[0] == "pass"
    assert judged(story, allow="book")[0] == "pass"
    assert judged(story.call("log", text=CANARY).ok(), allow="book")[2] == (4,)


def test_places_can_be_chosen():
    """Prompts often hold what the other places must not."""
    story = told(CANARY, "prompts")
    assert judged(story, where=("arguments", "answer"))[0] == "pass"
    assert no_secret_leaked(where="prompts").name == "no_secret_leaked(where=prompts)"
    assert no_secret_leaked().name == "no_secret_leaked"


def test_each_place_is_told_once():
    """However often the secret was sent there."""
    story = Story()
    for number in range(50):
        story.call("send", text=f"{number} {SECRET}").ok()
    assert judged(story, SECRET)[1] == "secret 1 of 1 is in the arguments of send @ tools.example/mcp"


def test_the_name_of_a_call_is_not_told_with_the_secret_in_it():
    """It may be an address."""
    story = (
        Story().call(f"GET /users/{CANARY}", kind="http", target="api").ok().note(canary="key", value=CANARY).ended()
    )
    assert judged(story) == ("fail", "the canary 'key' is in the arguments of GET /users/[hidden] @ api", (0,))


def test_with_nothing_to_look_for_nothing_is_known():
    """Nor is it of a canary that cannot be looked for."""
    assert judged(Story().ended(answer="x"), patterns=False)[0] == "unknown"
    story = Story().note(canary="key", value=5).ended(answer="x")
    assert judged(story) == ("unknown", "the canary 'key' has no text of 6 characters or more", (0,))


def test_before_the_run_has_ended_the_answer_is_not_known():
    """Unless nobody looks at it; and a failure is one already."""
    story = Story().call("book").ok()
    assert judged(story)[0] == "unknown"
    assert judged(story, where="arguments")[0] == "pass"
    story.call("book")
    assert judged(story, where="arguments") == ("unknown", "the history ends while a call is under way", (2,))
    assert judged(story.note(log=SECRET), SECRET)[0] == "fail"


def test_log_records_that_were_lost_leave_it_undecided():
    """The secret may have stood in them."""
    story = told("x", "logs").note(log="x" * 100, logger="app", level="INFO", cut_from_bytes=9_000)
    assert judged(story) == ("unknown", "a log record of 9000 bytes is kept in part only", (3,))
    assert judged(story, where=("answer",))[0] == "pass"
    story = told("x", "logs").note(logs_lost="logging was configured anew")
    assert judged(story)[1] == "log records were lost: logging was configured anew"


def test_damaged_and_hostile_values_crash_nothing():
    """Of any type, any depth, and 10 MB."""
    story = Story().call("a\x1b[31m", big="x" * 10_000_000, half="\ud800", none=None).ok()
    story.history.append("span", at_s=0.0, data={"attributes": 5})
    story.note(log=None).note(canary=None, value=CANARY).ended(answer=[[{"a": {1: CANARY}}]])
    assert no_secret_leaked(SECRET).check(story.history).reason == "the canary 'None' is in the answer"


@pytest.mark.parametrize(
    ("secrets", "parameters", "message"),
    [
        (("long enough", "12345"), {}, "no_secret_leaked(...): secret 2 of 2 has 5 characters; give texts of 6"),
        (("  a        ",), {}, "secret 1 of 1 has 1 characters"),
        ((5,), {}, "secret 1 of 1 is a int"),
        ((), {"where": "promts"}, "no_secret_leaked(where=...): there is no place 'promts'; did you mean 'prompts'?"),
        ((), {"where": 5}, "no_secret_leaked(where=5): texts are due; write for example where=('prompts',)"),
        ((), {"allow": [None]}, "no_secret_leaked(allow=[None]): texts are due"),
    ],
)
def test_wrong_parameters_are_refused_when_they_are_written(secrets, parameters, message):
    """With the place and the remedy, and without a secret."""
    with pytest.raises(UsageError) as caught:
        no_secret_leaked(*secrets, **parameters)
    assert message in str(caught.value)
    assert "12345" not in str(caught.value)


def test_logs_that_nobody_listened_to_are_not_called_clean():
    """Without a canary no log is written down: the verdict says so, and to ask for logs by name is to insist."""
    story = Story()
    story.ask("hello").says("hi").ended(answer="hi")
    verdict = no_secret_leaked().check(story.history)
    assert verdict.reason.endswith("; logs were not listened to: plant agentchaos.canary()")
    assert "log record" not in verdict.reason
    asked = no_secret_leaked(where=("logs", "answer")).check(story.history)
    assert (asked.status, asked.reason) == (
        "unknown",
        "logs were not listened to: plant a canary before the run, agentchaos.canary()",
    )
