"""Sorting the spans of an export by trace: nothing is lost or changed, nothing is left, memory has a bound."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces.export import Export


def _span(trace, number, **more):
    fields = {"parent_id": "", "name": "work", "start_s": 1.5, "end_s": 2.5, **more}
    return Span(f"{trace:032x}", f"{number:016x}", **fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SPANS = st.builds(
    Span,
    trace_id=st.sampled_from(["0a" * 16, "0b" * 16]),
    span_id=st.text(max_size=16),
    parent_id=st.text(max_size=16),
    name=st.text(st.characters(), max_size=20),
    start_s=st.floats(allow_nan=False),
    end_s=st.none() | st.floats(allow_nan=False),
    kind=st.sampled_from(["internal", "client"]),
    status=st.sampled_from(["unset", "error"]),
    message=st.text(),
    attributes=st.dictionaries(st.text(), JSON, max_size=4),
    events=st.lists(st.dictionaries(st.text(), JSON, max_size=2), max_size=2).map(tuple),
    links=st.lists(st.text(), max_size=2).map(tuple),
    service=st.text(),
    scope=st.text(),
)


@given(st.lists(SPANS, max_size=5))
def test_spans_come_back_as_they_were_added(spans):
    """Whatever texts and attributes they have, halves of characters included."""
    with Export() as export:
        for span in spans:
            export.add(span)
        back = [span for trace in export.traces() for span in export.spans(trace)]
    assert sorted(map(repr, back)) == sorted(map(repr, spans))


def test_traces_come_in_the_order_of_their_first_spans_and_spans_as_they_were_exported():
    """However the file scatters them."""
    with Export() as export:
        for trace, number in ((7, 1), (3, 2), (7, 3), (5, 4), (3, 5)):
            export.add(_span(trace, number))
        traces = list(export.traces())
        assert export.count() == 3
        loaded = [[int(span.span_id, 16) for span in export.spans(trace)] for trace in traces]
    assert [int(trace.trace_id, 16) for trace in traces] == [7, 3, 5]
    assert loaded == [[1, 3], [2, 5], [4]]
    assert [trace.size for trace in traces] == [2, 2, 1]


def test_a_span_id_in_two_traces_is_two_spans():
    """Ids of spans are only unique within a trace."""
    with Export() as export:
        export.add(_span(1, 9))
        export.add(_span(2, 9))
        assert [trace.size for trace in export.traces()] == [1, 1]


def test_a_trace_tells_its_size_before_it_is_loaded():
    """So that whoever asks can leave a large one alone."""
    with Export() as export:
        export.add(_span(1, 1, attributes={"prompt": "x" * 10_000}))
        export.add(_span(1, 2))
        export.add(_span(2, 3))
        large, small = export.traces()
    assert (large.size, small.size) == (2, 1)
    assert large.size_bytes > 10_000 > small.size_bytes > 0


def test_an_empty_export_has_no_traces():
    """Nothing was added."""
    with Export() as export:
        assert list(export.traces()) == []
        assert export.count() == 0


def test_more_can_be_added_after_traces_were_read():
    """Spans that come late belong to their trace all the same."""
    with Export() as export:
        export.add(_span(1, 1))
        assert [trace.size for trace in export.traces()] == [1]
        export.add(_span(1, 2))
        assert [trace.size for trace in export.traces()] == [2]


def test_a_full_disk_is_told_with_what_to_do():
    """The remedy names the variable."""
    with Export() as export:
        export._database.execute("PRAGMA max_page_count = 8")
        with pytest.raises(UsageError, match=r"disk is full.*SQLITE_TMPDIR"):
            _fill(export)


def _fill(export):
    for number in range(200):
        export.add(_span(1, number, attributes={"text": "x" * 60_000}))


KILLED = """
import os
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces.export import Export

export = Export()
for number in range(2_000):
    export.add(Span("0a" * 16, f"{number:016x}", "", "work", 0.0, 1.0, attributes={"text": "x" * 60_000}))
(trace,) = export.traces()
os._exit(trace.size % 255)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the file has a name there until the process ends")
def test_nothing_is_left_of_a_process_that_was_killed(tmp_path):
    """The temporary file has no name, so that nobody has to remove it: 120 MB went through this directory."""
    environment = {**os.environ, "SQLITE_TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert done.returncode == 2_000 % 255
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_number_of_spans():
    """What is kept in memory between two writes is about a megabyte."""
    waiting = []
    with Export() as export:
        for number in range(20_000):
            export.add(_span(number % 100, number, attributes={"text": "x" * 200}))
            waiting.append(export._waiting_bytes)
    assert max(waiting) < 2**20
    assert any(later < earlier for earlier, later in pairwise(waiting))
