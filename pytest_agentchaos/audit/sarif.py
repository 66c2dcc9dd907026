"""SARIF 2.1.0: findings as code scanners exchange them. A tool is no line of a file: it is a logical location."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from pytest_agentchaos.audit.advice import RULES
from pytest_agentchaos.audit.report import Report

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def document(report: Report) -> dict[str, Any]:
    """One run with one result for each finding."""
    rules = list(RULES)
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": rules.index(finding.rule),
            "level": RULES[finding.rule].level,
            "message": {"text": f"{tool.name}: {finding.text or RULES[finding.rule].told} {RULES[finding.rule].cure}"},
            "locations": [
                {
                    "logicalLocations": [
                        {
                            "name": tool.name,
                            "kind": "function",
                            "fullyQualifiedName": f"{report.server}/{tool.name}",
                        }
                    ]
                }
            ],
            "partialFingerprints": {"tool/v1": f"{report.server}/{tool.name}/{finding.rule}"},
            "properties": {"verdict": tool.verdict, "seenBy": list(tool.witnesses)},
        }
        for tool in report.tools
        for finding in tool.findings
    ]
    driver = {
        "name": "agentchaos audit",
        "version": version("pytest-agentchaos"),
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.told},
                "help": {"text": rule.cure},
                "defaultConfiguration": {"level": rule.level},
            }
            for rule in RULES.values()
        ],
    }
    server = {"server": report.server, "serverVersion": report.version, "protocol": report.protocol}
    run = {"tool": {"driver": driver}, "results": results, "properties": server, "columnKind": "unicodeCodePoints"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
