"""A million exported spans judged by ``check-trace``: how much memory it takes, and how long."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Measurement

TRACES: Final = 20_000
SPANS_OF_TRACE: Final = 50
INTERLEAVED: Final = 100
"""Traces under way at one moment: their spans are scattered among each other."""
BATCH: Final = 500
BEGAN_NS: Final = 1_790_000_000_000_000_000

CHILD: Final = """
import json, resource, sys, time
from pytest_agentchaos import check_trace

report = check_trace.check(sys.argv[1:])
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
told = {"seconds": time.process_time(), "peak_mb": peak_mb, "reason": report.reason}
print(json.dumps({**told, "spans": report.spans, "traces": report.traces}))
"""


def measurements() -> Iterator[Measurement]:
    """One million spans in 20,000 traces, in 1,000 of 1,000, in 20 of 50,000, and all in one."""
    most_mb, slowest_s, details = 0.0, 0.0, []
    for traces, size in ((TRACES, SPANS_OF_TRACE), (1_000, 1_000), (20, 50_000), (1, 1_000_000)):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "spans.json"
            write(file, traces, size)
            told = judged(file)
        assert (told["traces"], told["spans"]) == (traces, traces * size), told
        most_mb, slowest_s = max(most_mb, told["peak_mb"]), max(slowest_s, told["seconds"])
        details.append(f"{traces:,} x {size:,}: {told['peak_mb']:.0f} MB, {told['seconds']:.0f} s")
    detail = "; ".join(details)
    yield Measurement("memory for 1,000,000 spans", most_mb, "MB", 500, "at_most", detail)
    yield Measurement("CPU time for 1,000,000 spans", slowest_s, "s", 300, "at_most", detail)


def judged(file: Path) -> dict[str, Any]:
    """What a process of its own says that judges the file."""
    done = subprocess.run([sys.executable, "-c", CHILD, str(file)], stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def write(file: Path, traces: int, size: int) -> None:
    """An export as the collector writes it: a batch a line, the traces interleaved."""
    with file.open("w", encoding="ascii") as out:
        for first in range(0, traces, INTERLEAVED):
            under_way = range(first, min(first + INTERLEAVED, traces))
            batch: list[str] = []
            for number in range(size):
                for trace in under_way:
                    batch.append(_span(trace, number, size))
                    if len(batch) == BATCH:
                        out.write(_line(batch))
                        batch.clear()
            if batch:
                out.write(_line(batch))


def _line(spans: list[str]) -> str:
    resource = '{"attributes":[{"key":"service.name","value":{"stringValue":"travel"}}]}'
    scope = f'{{"scope":{{"name":"reference_system"}},"spans":[{",".join(spans)}]}}'
    return f'{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{scope}]}}]}}\n'


def _span(trace: int, number: int, size: int) -> str:
    """The first span is the root; then agents, each with a chat and tools."""
    start_ns = BEGAN_NS + trace * 1_000_000 + number * 2_000_000
    end_ns = start_ns + 1_000_000
    operation, name, parent = ("execute_tool", f"search_{number % 7}", number - number % 10 or 1)
    if number == 0:
        operation, name, parent, end_ns = ("invoke_workflow", "trip", -1, start_ns + size * 2_000_000)
    elif number == 1 or number % 10 == 0:
        operation, name, parent = ("invoke_agent", f"agent_{number % 4}", 0)
        end_ns = start_ns + 20_000_000
    elif number % 10 == 1:
        operation, name = ("chat", "gpt-5")
    subject = {"invoke_agent": "agent.name", "chat": "request.model", "execute_tool": "tool.name"}
    attributes = {
        "gen_ai.operation.name": operation,
        f"gen_ai.{subject.get(operation, 'workflow.name')}": name,
        "gen_ai.conversation.id": f"conversation-{trace}",
        "travel.correlation": f"c-{trace:032x}",
        "travel.step": f"step-{number}",
        "server.address": "tools.example",
        "gen_ai.tool.call.id": f"call-{trace}-{number}",
        "gen_ai.tool.call.arguments": f'{{"city": "Lisbon", "page": {number}}}',
    }
    told = [f'{{"key":"{key}","value":{{"stringValue":{json.dumps(value)}}}}}' for key, value in attributes.items()]
    told += [
        f'{{"key":"gen_ai.usage.{way}_tokens","value":{{"intValue":"{number * 10 + at}"}}}}'
        for at, way in enumerate(("input", "output"))
    ]
    parent_id = f"{trace * size + parent + 1:016x}" if parent >= 0 else ""
    return (
        f'{{"traceId":"{trace + 1:032x}","spanId":"{trace * size + number + 1:016x}","parentSpanId":"{parent_id}",'
        f'"name":"{operation} {name}","kind":1,"startTimeUnixNano":"{start_ns}","endTimeUnixNano":"{end_ns}",'
        f'"attributes":[{",".join(told)}],"status":{{}}}}'
    )
