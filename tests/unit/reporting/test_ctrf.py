"""ctrf.json: the Common Test Report Format."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema_rs
import pytest

from pytest_agentchaos.reporting.ctrf import ctrf
from pytest_agentchaos.reporting.making import make

TEXT, COUNT, ANY = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "object"}
NAME = {"type": "string", "minLength": 1}


def thing(required, **optional):
    """An object that has these, may have those, and nothing else."""
    properties = required | optional
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


SCHEMA = thing(
    {
        "reportFormat": {"const": "CTRF"},
        "specVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "results": thing(
            {
                "tool": thing({"name": NAME}, version=TEXT),
                "summary": thing(
                    dict.fromkeys(("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop"), COUNT),
                    suites=COUNT,
                    duration=COUNT,
                    extra=ANY,
                ),
                "tests": {
                    "type": "array",
                    "items": thing(
                        {
                            "name": NAME,
                            "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
                            "duration": COUNT,
                        },
                        suite={"type": "array", "items": TEXT, "minItems": 1},
                        rawStatus=TEXT,
                        message=TEXT,
                        trace=TEXT,
                        parameters=ANY,
                        extra=ANY,
                    ),
                },
            },
            environment=thing(
                {}, **dict.fromkeys(("reportName", "appName", "appVersion", "commit", "branchName", "buildId"), TEXT),
                healthy={"type": "boolean"}, extra=ANY,
            ),
        ),
    },
    generatedBy=TEXT,
)  # fmt: skip
"""What the format's own schema (version 1.0.0) says of the fields that we write: it takes no others."""
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def written(bench):
    """The file, read again, and held against the schema."""
    told = json.loads(ctrf(make(bench.gathered(), timelines=0)))
    VALIDATOR.validate(told)
    return told["results"]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("pass", "passed"),
        ("fail", "failed"),
        ("inapplicable", "skipped"),
        ("unknown", "other"),
        ("invalid", "other"),
        ("infrastructure", "other"),
    ],
)
def test_each_status_has_its_word(bench, status, word):
    """And keeps its own beside it."""
    bench.trial(status, "stale", why="so it is")
    told = written(bench)
    (test,) = told["tests"]
    assert (test["status"], test["rawStatus"]) == (word, status)
    assert told["summary"][word] == told["summary"]["tests"] == 1


def test_it_says_what_ran_when_and_what_came_of_it(bench):
    """Times in milliseconds; labels where the format has a field for them."""
    bench.head = replace(bench.head, labels={"release": "1.4", "commit": "abc", "shard": "2"})
    bench.trial()
    bench.trial("fail", "stale", seed=4)
    told = written(bench)
    assert told["summary"]["start"] == 1_772_344_800_000
    assert told["summary"]["stop"] - told["summary"]["start"] == told["summary"]["duration"] == 500
    assert (told["environment"]["appVersion"], told["environment"]["commit"]) == ("1.4", "abc")
    assert told["environment"]["healthy"] is False
    failed = told["tests"][1]
    assert failed["parameters"] == {"journey": "trip", "seed": 4}
    assert failed["extra"]["replay"].startswith("agentchaos replay ")
    assert "schedule: stale at write #1" in failed["trace"]


def test_a_time_that_nobody_knows_is_the_beginning_of_all_times(bench):
    """Results of older versions do not tell."""
    bench.head = replace(bench.head, at="")
    bench.trial()
    assert written(bench)["summary"]["start"] == 0
