"""Manifests: what a version is made of is what it was when it was frozen, or it does not start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from reference_system.contracts import artefacts as artefacts_module
from reference_system.contracts import manifest as manifest_module
from reference_system.contracts.__main__ import main
from reference_system.contracts.artefacts import ROOT, pinned
from reference_system.contracts.base import Contract
from reference_system.contracts.compatibility import compare
from reference_system.contracts.freeze import freeze
from reference_system.contracts.manifest import ManifestError, load, path_of, read, stored, versions
from reference_system.contracts.tools import TOOLS, ToolContract

PATHS = sorted({pin.path for version in versions() for pin in read(version).pins()})


class Nothing(Contract):
    """A tool that does nothing."""


@pytest.mark.parametrize("version", versions())
def test_a_committed_manifest_is_right(version):
    """Every file is there, every hash matches, every tool is that of the code."""
    manifest = load(version)
    assert manifest.version == version
    assert manifest.tools.keys() == TOOLS.keys()
    assert all((ROOT / pin.path).is_file() for pin in manifest.pins)


def test_every_artefact_belongs_to_a_manifest():
    """A prompt that nothing names is dead."""
    there = {path.relative_to(ROOT).as_posix() for suffix in ("md", "toml") for path in ROOT.rglob(f"*.{suffix}")}
    assert there == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_an_artefact_that_was_changed_is_named(artefacts, path):
    """With both hashes, and the command that takes it as it is."""
    version = next(version for version in versions() if any(pin.path == path for pin in read(version).pins()))
    pin = next(pin for pin in read(version).pins() if pin.path == path)
    text = (artefacts / path).read_text(encoding="utf-8") + " "
    (artefacts / path).write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError) as raised:
        load(version, artefacts)
    said = str(raised.value)
    assert path in said
    assert pin.sha256 in said
    assert artefacts_module.sha256(text) in said
    assert f"python -m reference_system.contracts freeze {version}" in said


def test_an_artefact_that_is_gone_is_named(artefacts):
    """So is one that is no text."""
    gone, odd = "prompts/router/v1.md", "policies/v1.toml"
    (artefacts / odd).write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match=r"policies/v1\.toml, which a manifest names, cannot be read"):
        stored("v1", artefacts)
    (artefacts / gone).unlink()
    with pytest.raises(ManifestError, match=r"prompts/router/v1\.md, which a manifest names, cannot be read"):
        stored("v1", artefacts)


@pytest.mark.parametrize("change", ["other", "gone", "new"])
def test_a_tool_that_was_changed_is_named(artefacts, monkeypatch, change):
    """A manifest runs only with the contracts that it was frozen with."""
    tool = TOOLS["reserve_table"]
    others = {name: tool for name, tool in TOOLS.items() if name != "reserve_table"}
    tools, name = {
        "other": ({**others, tool.name: ToolContract(tool.name, "restaurants", Nothing, tool.result)}, tool.name),
        "gone": (others, tool.name),
        "new": ({**TOOLS, "idle": ToolContract("idle", "weather", Nothing, Nothing)}, "idle"),
    }[change]
    monkeypatch.setattr(manifest_module, "TOOLS", tools)
    with pytest.raises(
        ManifestError, match=rf"the tool {name} is not what manifest v1 was frozen with: its hash is"
    ) as raised:
        load("v1", artefacts)
    assert "compare v1 code" in str(raised.value)
    assert stored("v1", artefacts).tools[tool.name] == pinned(tool), "it can still be looked at"


def test_a_version_that_is_not_there_names_those_that_are():
    """So that a typing error in a setting is understood."""
    with pytest.raises(ManifestError, match=r"there is no manifest 'v9' in .*manifests; there are v1, v2"):
        load("v9")


@pytest.mark.parametrize("text", ["", "[]", '{"prompts": {}}', '{"prompts": 1}'])
def test_a_file_that_is_no_manifest_is_named(artefacts, text):
    """Whatever it is instead."""
    path_of("v1", artefacts).write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=r"manifests/v1\.json is not a manifest"):
        load("v1", artefacts)


@pytest.mark.parametrize("text", ["= nonsense", "attempts_at_most = 0", "unknown = 1"])
def test_settings_that_make_no_sense_are_named(artefacts, text):
    """Also when they were frozen like that."""
    (artefacts / "errors/v1.toml").write_text(text, encoding="utf-8")
    freeze("v1", artefacts)
    with pytest.raises(ManifestError, match=r"errors/v1\.toml, which manifest v1 names, is no ErrorPolicy"):
        load("v1", artefacts)


def test_a_manifest_can_name_nothing_outside(artefacts):
    """Its files are those of the control plane."""
    content = json.loads(path_of("v1", artefacts).read_text(encoding="utf-8"))
    content["prompts"]["router"]["path"] = "prompts/../../secret.md"
    path_of("v1", artefacts).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ManifestError, match="not a manifest"):
        load("v1", artefacts)


def test_line_ends_of_a_checkout_do_not_matter(artefacts):
    """Git may write them differently on other systems."""
    for pin in read("v1", artefacts).pins():
        path = artefacts / pin.path
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load("v1", artefacts).hash == load("v1").hash


def test_the_second_version_differs_where_it_was_meant_to():
    """Another summariser, and more turns of a conversation that stay whole; nothing that breaks anybody."""
    changes = compare(load("v1"), load("v2"))
    assert [(change.subject, change.path, change.what, change.breaking) for change in changes] == [
        ("prompt summariser", "", "has other words", False),
        ("workflow", "conversation_turns_kept", "8 -> 12", False),
    ]


def test_a_prompt_is_rolled_back_by_the_manifest_alone(artefacts):
    """The second version with the first one's summariser: one line of JSON, and no code."""
    content = json.loads(path_of("v2", artefacts).read_text(encoding="utf-8"))
    content["prompts"]["summariser"]["path"] = "prompts/summariser/v1.md"
    path_of("v3", artefacts).write_text(json.dumps(content), encoding="utf-8")
    assert freeze("v3", artefacts) == ("prompts/summariser/v1.md",)
    rolled_back = load("v3", artefacts)
    assert rolled_back.prompt("summariser") == load("v1").prompt("summariser")
    assert rolled_back.workflow == load("v2").workflow
    assert len({load(version, artefacts).hash for version in ("v1", "v2", "v3")}) == 3


def test_manifests_with_the_same_content_have_the_same_hash(artefacts):
    """However they are called, and in whatever order they are written."""
    content = json.loads(path_of("v1", artefacts).read_text(encoding="utf-8"))
    content["prompts"] = dict(reversed(content["prompts"].items()))
    path_of("v1-again", artefacts).write_text(json.dumps(dict(reversed(content.items()))), encoding="utf-8")
    assert load("v1-again", artefacts).hash == load("v1").hash


def test_a_manifest_is_loaded_once():
    """Every trip asks for it."""
    assert load("v1") is load("v1")


def test_freezing_what_has_not_changed_changes_nothing(artefacts):
    """Not a byte of the committed files."""
    for version in versions():
        assert freeze(version, artefacts) == ()
        assert path_of(version, artefacts).read_bytes() == path_of(version).read_bytes()


def test_freezing_takes_things_as_they_are(artefacts):
    """And says which were different."""
    (artefacts / "prompts/router/v1.md").write_text("Route.", encoding="utf-8")
    assert freeze("v1", artefacts) == ("prompts/router/v1.md",)
    assert load("v1", artefacts).prompt("router") == "Route."


def test_the_check_reports_every_manifest(capsys):
    """By its hash."""
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "".join(f"{version}: {load(version).hash}\n" for version in versions())


def test_an_unknown_version_is_an_error_of_the_command(capsys):
    """Without a stack trace."""
    assert main(["freeze", "v9"]) == 1
    assert capsys.readouterr().err.startswith("error: there is no manifest 'v9'")


def test_hashes_do_not_depend_on_the_process():
    """Another hash seed, the same manifest."""
    command = [sys.executable, "-m", "reference_system.contracts", "check"]
    outputs = {
        subprocess.run(
            command,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT.parents[1])},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {"".join(f"{version}: {load(version).hash}\n" for version in versions())}


def test_artefacts_are_shipped():
    """In the wheel, beside the code that reads them."""
    builder = WheelBuilder(str(ROOT.parents[1]))
    shipped = {Path(file.distribution_path) for file in builder.recurse_included_files()}
    artefacts = {*PATHS, *(f"manifests/{version}.json" for version in versions())}
    assert {Path("reference_system/contracts", path) for path in artefacts} <= shipped
