"""Where a span stands in its trace: beneath which agents, and within which call."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.spans import conventions
from pytest_agentchaos.evidence.spans.conventions import What
from pytest_agentchaos.evidence.spans.span import Span

_FRAMES: Final = frozenset({"workflow", "agent", "plan", "model", "tool", "mcp"})
_ATTEMPTS: Final = frozenset({"http", "mcp"})
_DEEPEST: Final = 32
"""Agents in one path. A path stands in every call beneath it, and a hostile trace nests without end."""
_NOWHERE: Final = -1


class Nesting(NamedTuple):
    """What encloses a span, and its turn among all."""

    agents: tuple[str, ...] = ()
    """Outermost first."""
    within: int = -1
    """Position of the nearest span above that is more than plumbing; -1: there is none."""
    enters: int = 0
    """Of what happens at one moment, which comes first: a span enters after its parent and leaves before it."""
    leaves: int = 0


def nestings(spans: Sequence[Span]) -> tuple[list[Nesting], list[What]]:
    """For each span, how it stands, and what it tells of.

    A span whose parent is not in the trace is enclosed by nothing, and so is the first of a ring. Of two spans with one
    id the first is the parent.
    """
    told = list(map(conventions.what, spans))
    order = sorted(range(len(spans)), key=lambda position: spans[position].start_s)
    parents = _parents(spans)
    children: dict[int, list[int]] = {}
    for position in order:
        children.setdefault(parents[position], []).append(position)
    found: dict[int, Nesting] = {}
    turn = count()
    for top in (*children.get(_NOWHERE, ()), *order):  # whoever is not beneath a top is in a ring, or beneath one
        ahead = [top] if top not in found else []
        while ahead:
            at = ahead.pop()
            if at < 0:
                found[~at] = found[~at]._replace(leaves=next(turn))
            elif at not in found:
                above = parents[at]
                agents, within = _beneath(above, spans, told, found[above]) if at != top else ((), _NOWHERE)
                found[at] = Nesting(agents, within, next(turn))
                ahead += [~at, *reversed(children.get(at, ()))]
    return [found[position] for position in range(len(spans))], told


def _parents(spans: Sequence[Span]) -> list[int]:
    position_of: dict[str, int] = {}
    for position, span in enumerate(spans):
        position_of.setdefault(span.span_id, position)
    return [position_of.get(span.parent_id, _NOWHERE) for span in spans]


def _beneath(
    position: int, spans: Sequence[Span], told: Sequence[What], nesting: Nesting
) -> tuple[tuple[str, ...], int]:
    """The agents and the frame of the children of the span at this position, which itself stands so."""
    agents, within = nesting.agents, nesting.within
    what = told[position]
    if what == "agent" and len(agents) < _DEEPEST and not _is_other_side(position, spans, told, within):
        agents = (*agents, conventions.subject(spans[position]))
    return agents, position if what in _FRAMES else within


def called(position: int, spans: Sequence[Span], told: Sequence[What], nesting: Nesting) -> Kind | None:
    """The kind of call that a span tells of; None when it tells of none, or of one that another span tells of already.

    - What goes over HTTP or MCP beneath a tool or a model is an attempt at that call, and a model beneath a model or a
      tool beneath a tool of its own name is the same call, as another instrumentation or the server tells it.
    - The outermost agent is the run itself; one beneath a workflow or another agent is called by it.
    - Server spans of HTTP are ways in, and no calls.
    """
    span, what, within = spans[position], told[position], nesting.within
    above = told[within] if within >= 0 else None
    kind: Kind | None = None
    if what == "model":
        kind = None if above == "model" else "model"
    elif what == "agent":
        kind = None if above is None or _is_other_side(position, spans, told, within) else "agent"
    elif above in {"tool", "mcp", "model"} and what in _ATTEMPTS:
        kind = None
    elif what == "tool":
        kind = None if above in {"tool", "mcp"} and _same_subject(span, spans[within]) else "tool"
    elif what == "mcp":
        kind = "tool" if _is_tool_call(span) else "rpc"
    elif what == "http" and span.kind != "server":
        kind = "http"
    return kind


def _is_other_side(position: int, spans: Sequence[Span], told: Sequence[What], within: int) -> bool:
    """Whether an agent's span is the server's word on what the client's span above it tells of."""
    if within < 0 or told[within] != "agent" or spans[within].kind != "client":
        return False
    return _same_subject(spans[position], spans[within])


def _same_subject(one: Span, other: Span) -> bool:
    return conventions.subject(one) == conventions.subject(other)


def _is_tool_call(span: Span) -> bool:
    method = span.attributes.get("mcp.method.name")
    return method == "tools/call" or (method is None and "tools/call" in span.name)
