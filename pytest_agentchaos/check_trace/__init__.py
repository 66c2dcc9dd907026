"""Judging traces that production exported: ``agentchaos check-trace``, and the same for scripts.

report = check_trace.check(["spans.json"], ["complete_trace", "at_most(steps, 40)"])
print(report.reason, report.exit_code)
"""

from __future__ import annotations

from pytest_agentchaos.check_trace.asked import DEFAULT as DEFAULT
from pytest_agentchaos.check_trace.judging import LIMIT as LIMIT
from pytest_agentchaos.check_trace.judging import check as check
from pytest_agentchaos.check_trace.report import Report as Report
