"""Policies: least privilege, and limits that make sense together."""

from __future__ import annotations

import pytest

from reference_system.contracts.manifest import load, versions
from reference_system.contracts.tools import DOMAINS, TOOLS, tools_of

each_version = pytest.mark.parametrize("version", versions())


@each_version
def test_a_specialist_has_the_tools_of_its_domain(version):
    """All of them and no others."""
    allowed = load(version).policy.tools
    for domain in DOMAINS:
        assert set(allowed[domain]) == {tool.name for tool in tools_of(domain)}
    assert set(allowed) == {*DOMAINS, "compensation", "health"}


@each_version
def test_nobody_but_the_specialists_can_spend(version):
    """Compensation can undo everything that can be undone, and nothing else; the health check holds and lets go."""
    allowed = load(version).policy.tools
    assert set(allowed["compensation"]) == {tool.undo for tool in TOOLS.values() if tool.undo}
    assert not any(TOOLS[tool].charges for tool in allowed["health"])
    assert all(
        not TOOLS[tool].writes or TOOLS[tool].undo in allowed["health"] or tool.startswith("cancel")
        for tool in allowed["health"]
    )


@each_version
def test_the_limits_fit_each_other(version):
    """One call ends before its trip; a pause is never longer than what is waited for; a step can use its tries."""
    manifest = load(version)
    workflow, errors = manifest.workflow, manifest.errors
    assert errors.tool_timeout_s < errors.model_timeout_s < workflow.deadline_s
    assert errors.backoff_first_s <= errors.backoff_cap_s <= errors.retry_after_cap_s <= workflow.deadline_s
    assert errors.attempts_at_most <= errors.retries_at_most
    assert errors.breaker_failures < errors.global_breaker_failures
    assert workflow.step_turns_at_most < workflow.model_calls_at_most
    assert workflow.conversation_tokens < workflow.tokens_at_most


def test_the_values_are_those_that_were_decided():
    """They are part of the product: a change of one is a change of manifest."""
    manifest = load("v1")
    assert manifest.policy.model_dump(exclude={"tools"}) == {
        "spend_limit_minor": 500_000,
        "travellers_at_most": 9,
        "nights_at_most": 14,
        "currency": "EUR",
    }
    assert manifest.workflow.model_dump() == {
        "model_calls_at_most": 60,
        "tokens_at_most": 200_000,
        "tool_calls_at_most": 60,
        "deadline_s": 180.0,
        "step_turns_at_most": 8,
        "plan_tries": 3,
        "repeated_calls_at_most": 2,
        "failures_in_row_at_most": 3,
        "conversation_tokens": 3_000,
        "conversation_turns_kept": 8,
    }
    assert manifest.errors.model_dump() == {
        "tool_timeout_s": 10.0,
        "model_timeout_s": 30.0,
        "attempts_at_most": 4,
        "retries_at_most": 20,
        "backoff_first_s": 0.5,
        "backoff_cap_s": 8.0,
        "retry_after_cap_s": 60.0,
        "breaker_failures": 5,
        "breaker_open_s": 20.0,
        "global_breaker_failures": 15,
    }
