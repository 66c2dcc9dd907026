"""ctrf.json: the Common Test Report Format, 1.0.0. Unknown, invalid and infrastructure are ``other`` to it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from pytest_agentchaos.evidence.compact import VERSION
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.reporting.cases import Case, cases
from pytest_agentchaos.reporting.report import Report

SPEC: Final = "1.0.0"
STATUSES: Final = {"pass": "passed", "fail": "failed", "inapplicable": "skipped"}
_ALL: Final = ("passed", "failed", "skipped", "pending", "other")


def ctrf(report: Report) -> str:
    """The file."""
    tests = [_test(case) for case in cases(report)]
    counts = Counter(str(test["status"]) for test in tests)
    begun = _milliseconds(report.provenance.at)
    took = round(1000 * report.real_s)
    provenance = report.provenance
    told = {
        "reportFormat": "CTRF",
        "specVersion": SPEC,
        "generatedBy": f"pytest-agentchaos {VERSION}",
        "results": {
            "tool": {"name": "pytest-agentchaos", "version": printable(provenance.version or VERSION)},
            "summary": {"tests": len(tests)}
            | {status: counts[status] for status in _ALL}
            | {"suites": len({case["suite"][0] for case in tests}), "start": begun, "stop": begun + took}
            | {"duration": took, "extra": {"trials": dict(report.statuses), "verdict": report.verdict}},
            "tests": tests,
            "environment": {
                "reportName": printable(report.title, 200),
                "appName": printable(", ".join(provenance.systems[:3]), 300),
                **_labels(report),
                "healthy": report.verdict == "pass",
                "extra": {"reason": printable(report.reason, 600), "suite_sha256": printable(provenance.suite_sha256)},
            },
        },
    }
    return json.dumps(told, allow_nan=False, ensure_ascii=True, separators=(",", ":")) + "\n"


def _test(case: Case) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": case.name or "trial",
        "status": STATUSES.get(case.status, "other"),
        "duration": round(1000 * case.seconds),
        "suite": [case.suite],
        "rawStatus": case.status,
    }
    if case.message:
        told |= {"message": case.message, "trace": case.details}
    if (row := case.row) is not None:
        told["parameters"] = {"journey": printable(row.journey, 300), "seed": row.seed}
        told["extra"] = {"trial": printable(row.trial), "schedule": printable(row.schedule, 600), "ended": row.ended}
        told["extra"] |= {"replay": case.replay} if case.replay else {}
    return told


def _labels(report: Report) -> dict[str, str]:
    """What the format has a field for."""
    names = {"release": "appVersion", "commit": "commit", "branch": "branchName", "build": "buildId"}
    labels = report.provenance.labels
    return {field: printable(labels[name], 200) for name, field in names.items() if name in labels}


def _milliseconds(at: str) -> int:
    """Since the epoch; 0 if nobody knows."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return 0
    return round(1000 * (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
