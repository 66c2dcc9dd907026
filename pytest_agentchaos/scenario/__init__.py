"""Scenario files: read, found, described for editors, written.

from pytest_agentchaos import scenario

for plan in scenario.load("lost-ack.chaos.yaml").plans(seed=7):
    print(perform(plan).result.status)
"""

from pytest_agentchaos.problems import DocumentError, Place, Problem
from pytest_agentchaos.scenario.catalogue import files, find, names, shipped
from pytest_agentchaos.scenario.reading import load
from pytest_agentchaos.scenario.scenario import SUFFIX, Case, Scenario, Variant, selected
from pytest_agentchaos.scenario.schema import schema
from pytest_agentchaos.scenario.writing import written

__all__ = [
    "SUFFIX",
    "Case",
    "DocumentError",
    "Place",
    "Problem",
    "Scenario",
    "Variant",
    "files",
    "find",
    "load",
    "names",
    "schema",
    "selected",
    "shipped",
    "written",
]
