"""The JSON Schema that editors read says what the reader accepts."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import jsonschema_rs
import pytest

from pytest_agentchaos.document import read
from pytest_agentchaos.evidence.run import ENDS
from pytest_agentchaos.faults.registry import registered
from pytest_agentchaos.problems import Problems
from pytest_agentchaos.scenario import files, schema, shipped

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "pytest_agentchaos" / "scenario" / "scenario.schema.json"


@pytest.fixture(scope="module")
def validator():
    """Of the schema that is shipped."""
    return jsonschema_rs.validator_for(json.loads(SHIPPED.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_up_to_date():
    """Run scripts/scenario_schema.py when a fault, an invariant or a key was added."""
    text = runpy.run_path(str(ROOT / "scripts" / "scenario_schema.py"))["text"]()
    assert SHIPPED.read_text(encoding="utf-8") == text


def test_every_shipped_scenario_fits_it(validator):
    """All of the catalogue."""
    for path in files(shipped()):
        node = read(path, Problems())
        assert not [error.message for error in validator.iter_errors(node.plain())], path


GOOD = {"version": 1, "system": "a:b", "faults": [{"fault": "latency", "seconds": 3, "on": {"tool": "*", "nth": 1}}]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"nmae": "x"},
        {"version": 2},
        {"faults": [{"fault": "latncy"}]},
        {"faults": [{"fault": "latency", "secnds": 3}]},
        {"faults": [{"fault": "latency", "seconds": -3}]},
        {"faults": [{"fault": "latency", "on": {"tol": "*"}}]},
        {"faults": [{"seconds": 3}]},
        {"invariants": ["no_duplicate_efect"]},
        {"invariants": [{"at_most": {"metric": "stepz", "limit": 3}}]},
        {"sometimes": ["retry_succeded"]},
        {"expect": {"outcome": "complete"}},
        {"trials": 0},
        {"if_unfired": "skp"},
    ],
)
def test_it_marks_what_the_reader_refuses(validator, wrong):
    """Each mistake by itself, in a file that is right without it."""
    assert validator.is_valid(GOOD)
    assert not validator.is_valid({**GOOD, **wrong})


@pytest.mark.parametrize(
    "right",
    [
        {"faults": [{"fault": "latency", "seconds": "${seconds}", "on": {"tool": "${what}", "nth": "${n}"}}]},
        {"faults": [{"fault": "${fault}"}], "matrix": {"fault": ["hang"]}},
        {"invariants": ["terminates", "my.own:invariant", {"at_most": ["steps", 3]}, {"my:own": {"a": 1}}]},
        {"expect": {"outcome": [*ENDS]}, "trials": "${n}"},
        {"journeys": ["a", {"b": 1}], "tags": "x", "include": ["a.yaml"]},
    ],
)
def test_it_leaves_alone_what_the_reader_accepts(validator, right):
    """Variables of a matrix, own invariants, one thing where a list may be."""
    assert validator.is_valid({**GOOD, **right})


def test_every_fault_is_offered_with_what_it_does():
    """An editor shows it while one types."""
    told = schema()
    for name, fault in registered().items():
        entry = told["$defs"][f"fault-{name}"]
        assert entry["description"]
        assert entry["properties"].keys() == {"fault", "on", *fault.model_fields}
