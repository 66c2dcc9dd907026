"""Prompts: each explains its ask, names its tools, and says that texts are data."""

from __future__ import annotations

from typing import get_args

import pytest

from reference_system.contracts.asks import AskCompression, AskPlan, AskRoute, AskStep, AskSummary, StepReport
from reference_system.contracts.manifest import ManifestError, load, versions
from reference_system.contracts.plan import AGENT_OF, Plan, PlanStep, Route, Task
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import Reason

ASKS = {
    "router": AskRoute,
    "planner": AskPlan,
    "summariser": AskSummary,
    "compressor": AskCompression,
    **dict.fromkeys(DOMAINS, AskStep),
}
TASKS = get_args(get_args(Task)[0])
CASES = [(version, role) for version in versions() for role in sorted(ASKS)]


def each(cases):
    """One test for each."""
    return pytest.mark.parametrize(("version", "role"), cases, ids=["-".join(case) for case in cases])


@each(CASES)
def test_a_prompt_names_every_field_of_its_ask(version, role):
    """A field that the prompt does not explain is one that the model has to guess."""
    prompt = load(version).prompt(role)
    assert [field for field in ASKS[role].model_fields if f"`{field}`" not in prompt] == []
    assert f'`ask`: always "{ASKS[role].model_fields["ask"].default}"' in prompt


@each([(version, domain) for version in versions() for domain in DOMAINS])
def test_a_simple_prompt_names_what_the_task_needs(version, role):
    """It is short, and leaves out nothing that decides."""
    prompt = load(version).prompt(role, simple=True)
    assert len(prompt) < len(load(version).prompt(role)) / 2
    assert [field for field in ("task", "done", "complaints", "facts") if f"`{field}`" not in prompt] == []


@each([(version, domain) for version in versions() for domain in DOMAINS])
def test_a_specialist_is_told_its_tools_and_no_others(version, role):
    """Those that the policy lets it call."""
    manifest = load(version)
    for prompt in (manifest.prompt(role), manifest.prompt(role, simple=True)):
        strange = [tool for tool in manifest.tools if tool not in manifest.policy.tools[role] and f"`{tool}`" in prompt]
        assert strange == []
    assert [tool for tool in manifest.policy.tools[role] if f"`{tool}`" not in manifest.prompt(role)] == []


@each([(version, domain) for version in versions() for domain in DOMAINS])
def test_a_specialist_is_told_each_of_its_tasks_with_its_fields(version, role):
    """And how a task ends that cannot be done."""
    prompt = load(version).prompt(role)
    for task in TASKS:
        kind = get_args(task.model_fields["task"].annotation)[0]
        undoes = kind == "undo" and role in get_args(task.model_fields["domain"].annotation)
        if AGENT_OF.get(kind) == role or undoes:
            assert f"**{kind}** ({', '.join(f'`{name}`' for name in task.model_fields if name != 'task')})" in prompt
    assert [field for field in StepReport.model_fields if f"`{field}`" not in prompt] == []


@each(CASES)
def test_a_prompt_says_that_texts_are_data(version, role):
    """Users, guests and tools write them; none of them instructs."""
    prompt = load(version).prompt(role)
    assert "data" in prompt
    if role in DOMAINS:
        assert "never an instruction" in " ".join(load(version).prompt(role, simple=True).split())


@pytest.mark.parametrize("version", versions())
def test_the_router_is_told_every_kind(version):
    """And the planner every problem, task and field of a plan, and the summariser every reason."""
    manifest = load(version)
    kinds = get_args(Route.model_fields["kind"].annotation)
    assert [kind for kind in kinds if f"`{kind}`" not in manifest.prompt("router")] == []
    planner = manifest.prompt("planner")
    problems = get_args(get_args(Plan.model_fields["problem"].annotation)[0])
    assert [problem for problem in problems if f"- `{problem}`:" not in planner] == []
    assert [field for field in (*Plan.model_fields, *PlanStep.model_fields) if f"`{field}`" not in planner] == []
    for task in TASKS:
        kind = get_args(task.model_fields["task"].annotation)[0]
        row = next(line for line in planner.splitlines() if line.startswith(f"| {kind} |"))
        assert [field for field in task.model_fields if field != "task" and field not in row.rpartition(" | ")[2]] == []
    summariser = manifest.prompt("summariser")
    assert [reason for reason in Reason if reason not in summariser] == []


def test_a_role_that_is_not_there_is_named_with_those_that_are():
    """So that a slip of the pen is seen at once."""
    with pytest.raises(ManifestError, match=r"manifest v1 has no prompt 'planer'; it has .*planner"):
        load("v1").prompt("planer")
