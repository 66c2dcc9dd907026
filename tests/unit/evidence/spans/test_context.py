"""Trace context and baggage: read as W3C wrote them down, and nothing is made of what is damaged."""

import pytest

from pytest_agentchaos.evidence.spans.context import SpanId, baggage, sender

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    "header",
    [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f" 00-{TRACE}-{SPAN}-03 ", f"cc-{TRACE}-{SPAN}-01-what-will-be"],
)
def test_a_traceparent_names_the_span_that_made_the_call(header):
    """Sampled or not, and in versions that are still to come."""
    assert sender(header) == SpanId(TRACE, SPAN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        "00-" + "٣" * 32 + f"-{SPAN}-01",
        None,
        7,
        ["00"],
        "x" * 10_000_000,
    ],
    ids=range(14),
)
def test_what_is_damaged_names_nothing(header):
    """Too short, too long, in capitals, all zero, no text at all."""
    assert sender(header) is None


def test_baggage_is_a_list_of_names_and_values():
    """Properties are left out, values decoded, and what is no entry is passed over."""
    assert baggage("a=1, correlation = c%2F1 ;ttl=3,broken,=2,b=") == {"a": "1", "correlation": "c/1", "b": ""}


@pytest.mark.parametrize("header", [None, 3, {}, ["a=1"]])
def test_baggage_that_is_no_text_is_empty(header):
    """Whatever a damaged history holds in its place."""
    assert baggage(header) == {}
