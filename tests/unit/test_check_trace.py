"""``agentchaos check-trace``: exports judged trace by trace, made by the real SDK, damaged on purpose, and hostile."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from google.protobuf.json_format import MessageToDict
from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from pytest_agentchaos import check_trace, invariants
from pytest_agentchaos.check_trace.asked import invariant
from pytest_agentchaos.cli import main
from pytest_agentchaos.cli.waiting import Waiting
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import registered

STRUCTURE = ["complete_trace", "terminates"]
READERS = {
    *("no_duplicate_effect", "no_orphan", "no_oversell", "no_phantom", "obeys_policy", "poisoned_content_ignored"),
    *("undone_if_failed", "valid_messages", "world_agrees"),
}


class Production:
    """A process whose spans are exported: real ones, from the real SDK."""

    def __init__(self, service="travel"):
        self._kept = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer = provider.get_tracer("tests")

    def journey(self, tools=2, error=None, **recorded):
        """One trace: an agent that asks a model, and calls tools."""
        attributes = {key.replace("__", "."): value for key, value in recorded.items()}
        with self.tracer.start_as_current_span("invoke_agent planner", context=api.Context()) as root:
            chat = {"gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 2}
            with self.tracer.start_as_current_span("chat gpt-5", kind=SpanKind.CLIENT, attributes=chat):
                pass
            for _ in range(tools):
                told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", **attributes}
                with self.tracer.start_as_current_span("execute_tool search", attributes=told):
                    pass
            if error:
                root.set_status(Status(StatusCode.ERROR, error))
        return f"{root.get_span_context().trace_id:032x}"

    def spans(self):
        """As JSON of the collector has them, in the order in which they ended."""
        encoded = MessageToDict(encode_spans(self._kept.get_finished_spans()))
        spans = [
            span
            for resource in encoded.get("resourceSpans", ())
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        for span in spans:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in span:
                    span[name] = base64.b64decode(span[name]).hex()
        return spans

    def protobuf(self):
        """As one message of the protocol."""
        return encode_spans(self._kept.get_finished_spans()).SerializeToString()


def line(*spans):
    """A line of the collector's file exporter."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "travel"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]})


@pytest.fixture
def production():
    """A process of this test."""
    return Production()


@pytest.fixture
def export(tmp_path):
    """Write spans into a file, each on a line of its own."""

    def write(spans, name="spans.json"):
        path = tmp_path / name
        path.write_text("".join(f"{line(span)}\n" for span in spans), encoding="utf-8")
        return path

    return write


def run(*arguments):
    """The command, as from a shell."""
    return CliRunner().invoke(main, ["check-trace", *map(str, arguments)])


def fails(report):
    """Check -> reasons of those that fail."""
    return {tally.name: [one.reason for one in tally.examples] for tally in report.checks if tally.failed}


# --- what the verdict rests on ----------------------------------------------------------------------------------------


def test_an_export_in_which_all_is_right_passes(production, export):
    """By the usual checks: three journeys."""
    for _ in range(3):
        production.journey()
    path = export(production.spans())
    report = check_trace.check([path])
    assert (report.verdict, report.exit_code, report.traces, report.spans) == ("pass", 0, 3, 12)
    assert [tally.passed for tally in report.checks] == [3] * 4
    assert report.reason == "4 checks hold for 3 traces with 12 spans"
    result = run(path)
    assert result.exit_code == 0
    assert "PASS: 4 checks hold" in result.output


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_protobuf_is_judged_as_well(production, tmp_path, packed):
    """The form is found from the content."""
    production.journey()
    body = production.protobuf()
    path = tmp_path / "spans"
    path.write_bytes(gzip.compress(body, mtime=0) if packed else body)
    assert check_trace.check([path]).verdict == "pass"


def test_a_trace_without_its_root_fails(production, export):
    """The others pass, and the line names it."""
    production.journey()
    broken = production.journey()
    spans = [span for span in production.spans() if span["traceId"] != broken or "parentSpanId" in span]
    report = check_trace.check([export(spans)], STRUCTURE)
    assert (report.verdict, report.failing) == ("fail", 1)
    (failing,) = report.failing_examples
    assert failing.trace == broken
    assert failing.root == "(no root)"
    assert {name for name, _ in failing.failures} == {"complete_trace"}


def test_a_span_that_never_ended_fails(production, export):
    """An end of zero is none."""
    production.journey()
    spans = production.spans()
    spans[0]["endTimeUnixNano"] = "0"
    assert "complete_trace" in fails(check_trace.check([export(spans)], STRUCTURE))


def test_a_parent_that_is_missing_fails(production, export):
    """A span in the middle was lost."""
    open_span = production.tracer.start_as_current_span
    with open_span("invoke_workflow trip"), open_span("invoke_agent planner"), open_span("chat gpt-5"):
        pass
    spans = [span for span in production.spans() if span["name"] != "invoke_agent planner"]
    assert "complete_trace" in fails(check_trace.check([export(spans)], STRUCTURE))


def test_duplicated_ids_fail(production, export):
    """Two different spans, one id."""
    production.journey()
    spans = production.spans()
    spans[1]["spanId"] = spans[0]["spanId"]
    assert "complete_trace" in fails(check_trace.check([export(spans)], STRUCTURE))


def test_a_span_id_may_occur_in_two_traces(production, export):
    """It is unique within its trace only."""
    production.journey()
    production.journey()
    spans = production.spans()
    spans[4]["spanId"] = spans[0]["spanId"]
    assert check_trace.check([export(spans)], STRUCTURE).verdict == "pass"


def test_two_journeys_under_one_trace_id_fail(production, export):
    """Two roots in one trace: the ids collided."""
    production.journey()
    production.journey()
    spans = production.spans()
    for span in spans:
        span["traceId"] = spans[0]["traceId"]
    report = check_trace.check([export(spans)], STRUCTURE)
    assert report.traces == 1
    assert "complete_trace" in fails(report)


def test_a_root_in_one_file_and_its_children_in_another_are_one_trace(production, export):
    """Alone, neither file passes."""
    production.journey()
    *children, root = production.spans()
    one, other = export([root], "a.json"), export(children, "b.json")
    assert check_trace.check([one, other]).verdict == "pass"
    assert check_trace.check([other], STRUCTURE).verdict == "fail"
    assert run(one, other).exit_code == 0


def test_an_attribute_of_ten_megabytes_is_judged_like_any_other(production, export):
    """It is shortened when it is read, and said to be."""
    production.journey(gen_ai__tool__call__arguments=json.dumps({"text": "x" * 10_000_000}), tools=1)
    report = check_trace.check([export(production.spans())])
    assert report.verdict == "pass"


def test_a_file_that_was_cut_off_is_no_pass(production, export):
    """What stands before the cut is judged."""
    for _ in range(3):
        production.journey()
    path = export(production.spans())
    text = path.read_bytes()
    path.write_bytes(text[: text.rindex(b"\n", 0, -1) + 50])  # the last root is lost
    report = check_trace.check([path])
    assert report.traces == 3
    assert (report.failing, report.damaged) == (1, 1)
    assert "damaged" in run(path).output


def test_a_damaged_line_alone_makes_the_verdict_unknown(production, export):
    """All that could be read is right, and nobody knows what else there was."""
    production.journey()
    path = export(production.spans())
    path.write_text(path.read_text() + "{broken\n")
    report = check_trace.check([path])
    assert (report.verdict, report.exit_code, report.damaged) == ("unknown", 3, 1)
    assert "1 part of the input could not be read" in report.reason
    assert run(path).exit_code == 3


def test_a_trace_above_the_limit_is_unknown_and_tells_its_size(production, export):
    """The others are judged."""
    production.journey(tools=9)
    production.journey(tools=1)
    path = export(production.spans())
    report = check_trace.check([path], STRUCTURE, limit=10)
    assert (report.verdict, report.unknown) == ("unknown", 1)
    assert report.checks[0].examples[0].reason.startswith("it has 11 spans, more than the 10 that are loaded")
    assert run(path, "--limit", 10).exit_code == 3


def test_a_trace_of_few_but_huge_spans_is_unknown_and_tells_its_size(production, export, monkeypatch):
    """Memory has a bound whatever the spans are made of."""
    monkeypatch.setattr("pytest_agentchaos.check_trace.judging._ROOM_BYTES", 1)
    production.journey(note="x" * 60_000)
    report = check_trace.check([export(production.spans())], STRUCTURE)
    assert report.verdict == "unknown"
    assert "MiB that are loaded of one trace" in report.checks[0].examples[0].reason


# --- what spans do not record -----------------------------------------------------------------------------------------


def test_what_depends_on_contents_that_nobody_recorded_is_unknown(production, export):
    """Six equal calls or six different ones: the trace does not tell."""
    production.journey(tools=6)
    report = check_trace.check([export(production.spans())], ["no_progress_loop", "terminates"])
    assert [(tally.passed, tally.failed, tally.unknown) for tally in report.checks] == [(0, 0, 1), (1, 0, 0)]
    (example,) = report.checks[0].examples
    assert "arguments or results that the spans do not record" in example.reason


def test_few_calls_are_no_loop_whatever_their_arguments(production, export):
    """Nothing is missing that could change the verdict."""
    production.journey(tools=2)
    assert check_trace.check([export(production.spans())], ["no_progress_loop"]).verdict == "pass"


def test_a_loop_whose_contents_were_recorded_fails(production, export):
    """The same call with the same result, again and again."""
    production.journey(tools=6, gen_ai__tool__call__arguments='{"job": 1}', gen_ai__tool__call__result='"wait"')
    report = check_trace.check([export(production.spans())], ["no_progress_loop"])
    assert report.verdict == "fail"


def test_what_reads_contents_is_unknown_where_a_tool_call_has_none(production, export):
    """What is not recorded must not be blamed for not fitting a schema."""
    schema = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    valid = invariants.valid_messages(tools={"search": {"arguments": schema}}, where=("arguments",))
    production.journey()
    (tally,) = check_trace.check([export(production.spans())], [valid]).checks
    assert tally.unknown == 1
    assert "the spans of 2 tool calls do not record" in tally.examples[0].reason


@pytest.mark.parametrize(("told", "verdict"), [('{"city": "Rome"}', "pass"), ('{"town": "Rome"}', "fail")])
def test_what_reads_contents_judges_them_where_they_are_recorded(production, export, told, verdict):
    """As it would on the wire."""
    schema = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    valid = invariants.valid_messages(tools={"search": {"arguments": schema}}, where=("arguments",))
    production.journey(tools=1, gen_ai__tool__call__arguments=told, gen_ai__tool__call__result="{}")
    assert check_trace.check([export(production.spans())], [valid]).verdict == verdict


def test_every_invariant_takes_what_a_trace_is_made_of(production, export):
    """None crashes, and those that read contents say so."""
    assert {name for name, made in registered().items() if getattr(made, "reads_contents", False)} == READERS
    production.journey(tools=4, error="no money")
    arguments = {"at_most": "(steps, 9)", "deadline_respected": "(9)", "degrades_gracefully": "({weather: [search]})"}
    arguments |= {"no_oversell": "(seat, 9)", "recovers_within": "(9)", "obeys_policy": "(allow={'*': ['search']})"}
    checks = [f"{name}{arguments.get(name, '')}" for name in registered()]
    report = check_trace.check([export(production.spans())], checks)
    assert not any("crashed" in one.reason for tally in report.checks for one in tally.examples)


def test_a_root_with_an_error_has_ended_all_the_same(production, export):
    """To raise is to end."""
    production.journey(error="no money")
    assert check_trace.check([export(production.spans())], ["terminates"]).verdict == "pass"


def test_a_number_above_its_limit_fails(production, export):
    """By its name, or in short."""
    production.journey(tools=5)
    path = export(production.spans())
    assert run(path, "--check", "at_most(tool_calls, 4)").exit_code == 1
    assert run(path, "--check", "at_most(tool_calls, limit=5)").exit_code == 0
    assert run(path, "--at-most", "tool_calls=4").exit_code == 1
    assert run(path, "--at-most", "tool_calls=5").exit_code == 0


def test_a_check_that_crashes_is_unknown(production, export):
    """A crash is no pass."""

    class Crashing:
        name = "crashing"

        def check(self, history):
            raise ZeroDivisionError

    production.journey()
    report = check_trace.check([export(production.spans())], [Crashing()])
    assert report.verdict == "unknown"


def test_a_check_that_proves_nothing_is_unknown(production, export):
    """What an invariant of somebody else's calls invalid is no pass."""

    class Invalid:
        name = "invalid"

        def check(self, history):
            return Verdict(self.name, "invalid", "nothing was tried")

    production.journey()
    (tally,) = check_trace.check([export(production.spans())], [Invalid()]).checks
    assert (tally.passed, tally.unknown) == (0, 1)


def test_nothing_to_judge_is_unknown():
    """A report without a trace is no pass."""
    report = check_trace.Report(("a.json",), 0, 0, (), 0, (), 0, 0, ())
    assert (report.verdict, report.exit_code) == ("unknown", 3)
    assert report.reason == "there is nothing to judge: no trace was found"


# --- the reference system ---------------------------------------------------------------------------------------------


def test_the_travel_system_leaves_traces_that_pass(agentchaos, tmp_path):
    """Its own spans, exported; and without one of them they do not."""
    from reference_system.contracts.trip import TripRequest
    from reference_system.system import QUIET, travel

    one = travel(settings=QUIET)
    for url, thing in one.upstreams.items():
        agentchaos.upstream(url, thing)

    async def visit():
        async with one.service() as service:
            text = "A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for Ada, under 1200 euros."
            await service.ask(TripRequest(text=text, user="Ada"), key="ada")
            await service.ask(TripRequest(text=text, user="Ben"), key="ben")
            return service.parts.telemetry.spans()

    spans = agentchaos.run(visit)
    one.close()
    checks = ["default", "correlated(by=travel.correlation)"]
    path = tmp_path / "travel.pb"
    path.write_bytes(encode_spans(spans).SerializeToString())
    report = check_trace.check([path], checks)
    assert (report.traces, report.verdict) == (2, "pass"), report
    path.write_bytes(encode_spans([span for span in spans if span.parent is not None]).SerializeToString())
    assert check_trace.check([path], checks).failing == 2


# --- what cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100), b"[]", b"{}", b'{"resourceSpans": []}'],
    ids=["empty", "text", "picture", "list", "object", "no spans"],
)
def test_a_file_of_something_else_is_a_usage_error(tmp_path, content):
    """It is named, and so is what is accepted."""
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="OTLP"):
        check_trace.check([path])
    result = run(path)
    assert result.exit_code == 2
    assert "other.json" in result.output


def test_a_directory_is_a_usage_error(tmp_path):
    """The remedy stands beside."""
    with pytest.raises(UsageError, match="give the files in it"):
        check_trace.check([tmp_path])
    assert run(tmp_path).exit_code == 2


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    """So are none at all, and one twice."""
    with pytest.raises(UsageError, match="cannot be read"):
        check_trace.check([tmp_path / "nowhere.json"])
    with pytest.raises(UsageError, match="no file was given"):
        check_trace.check([])
    with pytest.raises(UsageError, match="given twice"):
        check_trace.check([tmp_path / "a.json", tmp_path / "." / "a.json"])
    assert run().exit_code == 2


def test_a_limit_of_nothing_is_a_usage_error(tmp_path):
    """From a script as from the shell."""
    with pytest.raises(UsageError, match="limit=0"):
        check_trace.check([tmp_path / "a.json"], limit=0)
    assert run(tmp_path / "a.json", "--limit", 0).exit_code == 2


# --- how checks are written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("terminates", invariants.terminates()),
        ("terminates()", invariants.terminates()),
        ("at_most(steps, 40)", invariants.at_most("steps", 40)),
        ("at_most('steps', limit=40.5)", invariants.at_most("steps", 40.5)),
        ("correlated(by=travel.correlation)", invariants.correlated(by="travel.correlation")),
        ("correlated(by=null)", invariants.correlated()),
    ],
)
def test_a_check_is_a_name_or_a_name_with_arguments(text, made):
    """Words are strings, also with dots."""
    assert invariant(text) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("complete_trac", "did you mean 'complete_trace'"),
        ("at_most(stepps, 4)", "did you mean 'steps'"),
        ("at_most(steps, -1)", "from 0 up"),
        ("at_most(steps)", "it is written at_most("),
        ("at_most(steps, 1, 2, 3, 4, 5, 6, 7, 8, 9)", "it is written at_most("),
        ("at_most(steps, 4", "is no check"),
        ("", "is no check"),
        ("__import__('os').system('true')", "no literal"),
        ("at_most(steps, [x for x in ()])", "no literal"),
        ("at_most(steps, open('x'))", "no literal"),
        ("at_most(*steps)", "no literal"),
        ("at_most(**steps)", "no literal"),
        ("at_most(steps, -'x')", "no literal"),
        ("at_most(f'{steps}', 1)", "no literal"),
        ("(" * 5_000, "is no check"),
        (f"correlated(by=a{'.a' * 4_000})", "is no check"),
        ("x" * 20_000, "20000 characters"),
        ("at_most(steps, \x00)", "is no check"),
    ],
)
def test_a_check_that_is_written_wrong_is_a_usage_error(text, said, tmp_path):
    """The value, and the remedy; nothing of it is ever executed."""
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        check_trace.check([tmp_path / "a.json"], [text])
    assert run(tmp_path / "a.json", "--check", text).exit_code == 2


def test_no_checks_at_all_are_a_usage_error(tmp_path):
    """A report on nothing would be green."""
    with pytest.raises(UsageError, match="no checks were asked for"):
        check_trace.check([tmp_path / "a.json"], [])


def test_the_usual_checks_can_stand_among_others(production, export):
    """Each is judged once."""
    production.journey()
    report = check_trace.check([export(production.spans())], ["terminates", "default", "at_most(calls, 9)"])
    assert [tally.name.partition("(")[0] for tally in report.checks] == [
        "terminates",
        "complete_trace",
        "no_progress_loop",
        "no_secret_leaked",
        "at_most",
    ]


def test_an_unknown_name_is_of_the_errors_that_name_the_nearest():
    """For scripts that catch it."""
    with pytest.raises(UnknownNameError):
        check_trace.check(["a.json"], ["at_mostt"])


# --- what is printed --------------------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\x1b[2Jevil\r\nPASS\u202etxt.exe\u2066\ud800 sk-" + "a" * 40


def test_hostile_strings_do_not_reach_the_terminal(production, export):
    """Neither control characters, nor marks that turn the direction of writing, nor secrets; JSON stays JSON."""
    production.journey(tools=5)
    spans = production.spans()
    spans[-1]["name"] = HOSTILE.replace("\ud800", "")
    path = export(spans)
    result = run(path, "--at-most", "tool_calls=1")
    assert result.exit_code == 1
    assert all(character == "\n" or character.isprintable() for character in result.output)
    assert r"\x1b" in result.output
    assert "aaaa" not in result.output
    document = json.loads(run(path, "--at-most", "tool_calls=1", "--json").output)
    assert "sk-" + "a" * 40 not in json.dumps(document)
    assert "evil" in document["failing_examples"][0]["root"]


def test_shown_is_one_printable_line_of_bounded_length():
    """Whatever it is given."""
    assert printable("plain text") == "plain text"
    assert all(character.isprintable() for character in printable(HOSTILE))
    assert len(printable("x" * 1_000, 50)) == 50
    assert printable("\ud800") == r"\ud800"
    assert printable("\x9b31m") == r"\x9b31m"


def test_a_line_for_each_failing_trace_up_to_twenty(production, export):
    """And then how many others there are."""
    for _ in range(25):
        production.journey(tools=3)
    path = export(production.spans())
    output = run(path, "--at-most", "tool_calls=2").output
    assert output.count("FAIL ") == 20
    assert "... and 5 other failing traces" in output
    assert "FAIL: 25 of 25 traces with 125 spans fail: at_most(tool_calls, 2)" in output


def test_the_json_document_has_counts_examples_and_the_verdict(production, export):
    """For other programs; the schema has a number."""
    failing = production.journey(tools=3)
    production.journey(tools=1)
    path = export(production.spans())
    result = run(path, "--at-most", "tool_calls=2", "--check", "terminates", "--json")
    assert result.exit_code == 1
    document = json.loads(result.output)
    assert document["checks"][1] == {
        "name": "at_most(tool_calls, 2)",
        "pass": 1,
        "fail": 1,
        "unknown": 0,
        "examples": [{"trace": failing, "status": "fail", "reason": "tool_calls = 3, above 2"}],
    }
    assert {key: document[key] for key in ("schema", "files", "traces", "spans", "damaged", "verdict")} == {
        "schema": 1,
        "files": [str(path)],
        "traces": 2,
        "spans": 8,
        "damaged": 0,
        "verdict": "fail",
    }


def test_the_help_tells_the_exit_codes():
    """They are what a script rests on."""
    output = run("--help").output
    assert "Exit codes:" in output
    assert all(f"  {code}  " in output for code in (0, 1, 2, 3))


def test_being_interrupted_is_no_verdict(production, export, monkeypatch):
    """130, as a shell has it, and not 1, which would say that something fails."""
    production.journey()
    path = export(production.spans())

    def interrupted(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_agentchaos.check_trace.judging.judge", interrupted)
    assert run(path).exit_code == 130


class Terminal(io.StringIO):
    """Somebody looks at it."""

    def isatty(self):
        """Yes."""
        return True


def test_whoever_waits_at_a_terminal_is_told_how_far_it_is():
    """After two seconds, not before; and nothing is left of it."""
    now_s = [0.0]
    terminal = Terminal()
    waiting = Waiting(terminal, lambda: now_s[0])
    waiting("reading a.json", 1, 10)
    assert terminal.getvalue() == ""
    now_s[0] = 2.5
    waiting("reading \x1b[2J", 5, 10)
    waiting("reading a.json", 6, 10)
    waiting.over()
    assert terminal.getvalue() == f"\r\x1b[Kreading \\x1b[2J {'#' * 10:20}  50 %  5/10\r\x1b[K"


def test_a_log_file_is_told_nothing_of_that():
    """Only terminals are."""
    now_s = [0.0]
    file = io.StringIO()
    waiting = Waiting(file, lambda: now_s[0])
    now_s[0] = 60.0
    waiting("reading", 1, 2)
    waiting.over()
    assert file.getvalue() == ""


def test_progress_is_told_of_reading_and_of_judging(production, export):
    """With how much there is in all."""
    for _ in range(300):
        production.journey(tools=0)
    path = export(production.spans())
    told = []
    check_trace.check([path], ["terminates"], progress=lambda *one: told.append(one))
    assert {what for what, _, _ in told} == {"reading spans.json", "judging"}
    assert told[-1] == ("judging", 300, 300)
    assert all(done <= of for _, done, of in told)


def test_judging_needs_no_pytest():
    """It is for production, where none is installed."""
    code = "import sys; import pytest_agentchaos.check_trace; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_checks_may_be_asked_at_the_same_time(production, export):
    """Two reports in two threads, as a script may do."""
    production.journey()
    path = export(production.spans())

    async def both():
        return await asyncio.gather(*(asyncio.to_thread(check_trace.check, [path]) for _ in range(2)))

    one, other = asyncio.run(both())
    assert one == other
