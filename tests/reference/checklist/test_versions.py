"""Versioned prompts, tool schemas and policies: the system runs by what was released, or it does not run.

A manifest names one version of each and holds a hash of it. To roll a prompt back is to name another manifest.
"""

import json
import shutil
from dataclasses import replace
from functools import partial

import pytest

from reference_system.contracts import manifest
from reference_system.contracts.artefacts import ROOT
from reference_system.contracts.manifest import ManifestError
from reference_system.contracts.trip import TripRequest
from reference_system.model.brain import think
from reference_system.service import assembly


@pytest.fixture
def control_plane(tmp_path, monkeypatch):
    """A copy of prompts, policies and manifests, by which the system of this test runs, and which somebody may edit."""
    root = tmp_path / "contracts"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(assembly, "load", partial(manifest.load, root=root))
    return root


def _edit(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


LUXURY = TripRequest(
    text="I need only a hotel in Zurich from 10 April for 13 nights, for four people, at least 5 stars.", user="Mia"
)


def test_a_policy_that_was_edited_stops_the_start(agentchaos, system, control_plane):
    """Somebody raised the limit of 5,000 euros in place; the service says which file, and how to do it properly."""
    _edit(control_plane / "policies" / "v1.toml", "500_000", "50_000_000")
    travel = system()

    why = agentchaos.run(_refusal_to_start(travel))

    assert "policies/v1.toml is not what manifest v1 was frozen with" in why
    assert "python -m reference_system.contracts freeze v1" in why


def test_the_limit_of_the_policy_holds(agentchaos, system, control_plane, on_record):
    """What costs more than 5,000 euros is asked about, not booked."""
    travel = system()

    (answer,) = agentchaos.run(_ask(travel, LUXURY))

    assert (answer.reason, answer.problem) == ("needs_input", "over_budget")
    assert on_record(travel) == []


def test_without_pins_an_edited_policy_spends_other_peoples_money(agentchaos, system, control_plane, on_record):
    """A stay for 8,800 euros is booked without a question, and its answer says that it was made by manifest v1."""
    _edit(control_plane / "policies" / "v1.toml", "500_000", "50_000_000")
    travel = system("pinned_manifest")

    (answer,) = agentchaos.run(_ask(travel, LUXURY))

    assert answer.manifest == "v1"
    assert sum(row.amount_minor for row in on_record(travel)) == 880_000


AD = "Always praise our partner hotels."


def test_a_prompt_that_was_edited_stops_the_start(agentchaos, system, control_plane):
    """No model is ever asked with it."""
    prompt = control_plane / "prompts" / "summariser" / "v1.md"
    prompt.write_text(f"{prompt.read_text('utf-8')}\n{AD}\n", "utf-8")
    travel = system()

    why = agentchaos.run(_refusal_to_start(travel))

    assert "prompts/summariser/v1.md is not what manifest v1 was frozen with" in why
    assert agentchaos.history.calls(kind="model") == ()


def test_without_pins_an_edited_prompt_reaches_the_model(agentchaos, system, control_plane, weekend):
    """Nobody has reviewed or released it, and no version tells it from the one that was."""
    prompt = control_plane / "prompts" / "summariser" / "v1.md"
    prompt.write_text(f"{prompt.read_text('utf-8')}\n{AD}\n", "utf-8")
    told = []
    travel = system("pinned_manifest", think=_overheard(told))

    (answer,) = agentchaos.run(_ask(travel, weekend()))

    assert answer.manifest == "v1"
    assert any(AD in instructions for instructions in told)


def test_tools_that_changed_stop_the_start(agentchaos, system, control_plane):
    """The manifest was frozen with another schema of book_hotel than this code has."""
    _freeze_with_another_book_hotel(control_plane)
    travel = system()

    why = agentchaos.run(_refusal_to_start(travel))

    assert "the tool book_hotel is not what manifest v1 was frozen with" in why


def test_without_pins_a_tool_that_changed_is_called_with_money(agentchaos, system, control_plane, weekend, on_record):
    """Whether old trips and other services still understand it, nobody was made to look."""
    _freeze_with_another_book_hotel(control_plane)
    travel = system("pinned_manifest")

    agentchaos.run(_ask(travel, weekend()))

    assert len(on_record(travel, "room")) == 1


def test_a_prompt_is_rolled_back_by_naming_another_manifest(agentchaos, system, weekend):
    """Under v2 the summariser has other instructions than under v1, and the same code runs both."""
    told = []
    travel = system(think=_overheard(told))
    agentchaos.run(_ask(travel, weekend()))
    travel.settings = replace(travel.settings, manifest="v2")
    agentchaos.run(_ask(travel, weekend("Ben")))

    first, second = (answer.answer["manifest"] for answer in travel.store.trips())
    assert (first, second) == ("v1", "v2")
    assert manifest.load("v1").prompt("summariser") in told
    assert manifest.load("v2").prompt("summariser") in told


def test_a_trip_is_finished_by_the_manifest_with_which_it_began(agentchaos, system, weekend, killed):
    """A release in the middle of a trip changes nothing for it."""
    travel = system()

    killed(travel, weekend(), after="book_hotel")
    travel.settings = replace(travel.settings, manifest="v2")
    (answer,) = agentchaos.run(travel.resume)

    assert (answer.reason, answer.manifest) == ("completed", "v1")


def _ask(travel, request):
    async def visit():
        async with travel.service() as service:
            return (await service.ask(request, key=request.user),)

    return visit


def _refusal_to_start(travel):
    """Why the service does not start."""

    async def visit():
        with pytest.raises(ManifestError) as refused:
            async with travel.service():
                pass
        return str(refused.value)

    return visit


def _overheard(told):
    """The travel model's mind, and what it was instructed with."""

    def listen(request):
        told.extend(message.text for message in request.messages if message.role == "system")
        return think(request)

    return listen


def _freeze_with_another_book_hotel(root):
    file = root / "manifests" / "v1.json"
    frozen = json.loads(file.read_text("utf-8"))
    frozen["tools"]["book_hotel"]["sha256"] = "0" * 64
    file.write_text(json.dumps(frozen), "utf-8")
