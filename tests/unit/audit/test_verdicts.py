"""Verdicts of an audit: each of them reached, with small servers that are right or wrong in one way."""

from __future__ import annotations

import pytest

from pytest_agentchaos.audit import Examples, Options, audit

WITNESS = "list_orders"


def statuses(outcomes):
    """Experiment -> status."""
    return {name: outcome.status for name, outcome in outcomes.items()}


def rules(tool):
    """What was found of a tool."""
    return [finding.rule for finding in tool.findings]


@pytest.fixture(scope="module")
def tools(audited):
    """Those that can be audited in one go."""
    return audited(
        WITNESS, "add_order", "withdraw", "upsert", "register", "pay", "pay_forgetful",
        "ticket", "ticket_kept", "counted", "notify", "picky",
    )  # fmt: skip


def test_a_tool_that_appends_executes_twice_in_every_experiment(tools):
    """The usual case, and what it looks like."""
    tool = tools["add_order"]
    assert tool.verdict == "executes twice"
    assert set(statuses(tool.outcomes).values()) == {"twice"}
    assert tool.witnesses == [WITNESS, "the files"]
    assert "list_orders orders[]: +audit-{token}" in tool.why
    assert "idempotency key" in tool.cure


def test_a_number_that_goes_down_twice_is_seen(tools):
    """No new thing is made: a balance differs by another amount."""
    assert set(statuses(tools["withdraw"].outcomes).values()) == {"twice"}
    assert "balance: -2" in tools["withdraw"].why


def test_an_upsert_is_retry_safe_and_a_late_copy_of_it_wins(tools):
    """Two executions leave what one leaves; only a newer value is lost to an older one."""
    tool = tools["upsert"]
    assert (tool.verdict, tool.why) == ("retry-safe", "two executions leave what one leaves")
    assert statuses(tool.outcomes).pop("overtaken") == "stale"
    assert rules(tool) == ["late-copy-wins"]


def test_a_tool_that_refuses_the_second_is_retry_safe_and_its_client_sees_an_error(tools):
    """The world decides; that the client will think it failed is told."""
    tool = tools["register"]
    assert tool.verdict == "retry-safe"
    assert rules(tool) == ["retry-sees-error"]
    assert "answer lost: the client sees an error: audit-{token} exists already" in tool.findings[0].text


def test_a_key_that_is_kept_makes_it_safe_and_without_it_everything_is_done_twice(tools):
    """Both are tried: a client may leave an optional key out."""
    tool = tools["pay"]
    assert (tool.verdict, tool.key) == ("retry-safe", "idempotency_key")
    assert set(statuses(tool.outcomes).values()) == {"safe"}
    assert set(statuses(tool.without_key).values()) == {"twice"}
    assert rules(tool) == ["key-not-required"]


def test_keys_that_are_only_in_memory_do_not_survive_a_restart(tools):
    """The one experiment in which the server is killed shows it."""
    tool = tools["pay_forgetful"]
    assert tool.verdict == "executes twice"
    assert [name for name, status in statuses(tool.outcomes).items() if status == "twice"] == ["restarted"]


def test_a_promise_to_be_idempotent_that_is_not_kept_is_a_lie(tools):
    """Clients retry what says that it is idempotent."""
    assert rules(tools["counted"]) == ["executes-twice", "idempotent-but-executes-twice"]


def test_a_tool_that_says_nothing_is_called_in_a_sandbox_and_told_of(tools):
    """It counts as destructive by the protocol, but its process and its folder are ours."""
    assert tools["ticket"].verdict == "executes twice"
    assert "not-annotated" in rules(tools["ticket"])


def test_where_nothing_else_sees_it_a_new_id_in_the_answer_decides(tools):
    """Two tickets were opened."""
    tool = tools["ticket"]
    assert (tool.verdict, tool.witnesses) == ("executes twice", ["the answers"])
    assert "with another id" in tool.why


def test_the_id_that_the_first_call_got_shows_that_nothing_was_done_again(tools):
    """It was remembered; only a restart makes the server forget, and give another."""
    outcomes = statuses(tools["ticket_kept"].outcomes)
    assert outcomes.pop("restarted") == "twice"
    assert outcomes.pop("overtaken") == "not run"
    assert set(outcomes.values()) == {"safe"}


def test_an_answer_that_counts_tells_a_second_execution_from_the_first(tools):
    """Nothing else sees what it does."""
    tool = tools["counted"]
    assert tool.verdict == "executes twice"
    assert statuses(tool.outcomes)["answer lost"] == "twice"
    assert statuses(tool.outcomes)["restarted"] == "safe"


def test_what_nobody_sees_is_undecidable(tools):
    """And why: a tool that always says `done` may do anything."""
    assert tools["notify"].verdict == "undecidable"
    assert "nothing that can be seen changes" in tools["notify"].why


def test_arguments_that_are_refused_are_told_with_the_words_of_the_server_and_without_its_secrets(tools):
    """Nothing that a terminal obeys, and no password."""
    tool = tools["picky"]
    assert tool.verdict == "undecidable"
    assert r"\x1b[31mnot with me" in tool.why
    assert "hunter22" not in tool.why


def test_what_only_reads_is_listed_as_such(tools):
    """It was called, and nothing changed."""
    assert (tools[WITNESS].verdict, tools[WITNESS].findings) == ("reads", [])


def test_two_at_once_get_in_between_the_look_and_the_deed(audited):
    """A key that is looked up first and stored later."""
    tool = audited(WITNESS, "pay_racing")["pay_racing"]
    assert statuses(tool.outcomes)["answer lost"] == "safe"
    assert statuses(tool.outcomes)["twice at once"] == "twice"
    assert tool.verdict == "executes twice"


def test_a_tool_that_says_that_it_destroys_is_not_called(audited, tmp_path):
    """Unless somebody says so, by its name or for all."""
    marker = tmp_path / "called"
    tool = audited("--marker", str(marker), "destroy")["destroy"]
    assert tool.verdict == "undecidable"
    assert "--allow-destructive destroy" in tool.why
    assert not marker.exists()
    audited("--marker", str(marker), "destroy", options=Options(destructive=frozenset({"destroy"})))
    assert marker.exists()


def test_a_tool_that_says_that_it_reads_and_writes_is_a_liar(audited):
    """Another one sees what it changes; it is audited like the others that write."""
    tools = audited("peeks", "peek", "add_order", WITNESS)
    assert rules(tools["peek"])[0] == "read-only-but-writes"
    assert tools["peek"].verdict == "executes twice"
    assert tools["peeks"].verdict == "reads"
    assert tools["add_order"].witnesses == [WITNESS, "the files"]


def test_a_world_that_does_not_stand_still_proves_nothing(command):
    """Its only witness says something else each time."""
    report = audit(command("weather", "notify"), Options())
    assert report.named("undecidable") == ["notify"]
    assert any("weather" in remark for remark in report.remarks)


def test_the_other_witnesses_go_on_where_one_is_restless(audited):
    """Only what changes by itself is left out."""
    assert audited("weather", WITNESS, "add_order")["add_order"].verdict == "executes twice"


def test_examples_are_what_it_is_called_with_and_setup_comes_first(audited):
    """Calls that others need, and a second list of arguments as the newer call."""
    setup = [{"name": "upsert", "arguments": {"name": "tea", "stock": 1}}]
    examples = Examples({"upsert": [{"name": "tea", "stock": 5}, {"name": "tea", "stock": 7}]}, setup)
    tools = audited(WITNESS, "upsert", options=Options(examples), setup=setup)
    assert "stock.tea: +6 instead of" in tools["upsert"].outcomes["overtaken"].why or tools["upsert"].outcomes


def test_one_tool_can_be_asked_for(audited):
    """The others are witnesses only."""
    assert list(audited(WITNESS, "add_order", "notify", options=Options(only=frozenset({"notify"})))) == ["notify"]


def test_a_server_that_dies_of_a_retry_is_undecidable_with_its_last_words(audited):
    """The world cannot be looked at any more; that is told, and the audit goes on."""
    tools = audited(WITNESS, "die", "upsert")
    assert tools["die"].verdict == "undecidable"
    assert "exit code 7" in tools["die"].why
    assert tools["upsert"].verdict == "retry-safe"


def test_a_call_that_is_never_answered_ends_with_the_patience(audited):
    """One candidate is enough to know."""
    tool = audited("hang", timeout_s=2.0)["hang"]
    assert tool.verdict == "undecidable"
    assert "no answer within 2 s" in tool.why
