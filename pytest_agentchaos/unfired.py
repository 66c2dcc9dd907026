"""Why a fault never fired: the calls that were seen, nearest first, and what would have matched."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.flight import Tally
from pytest_agentchaos.schedule import Selector

SHOWN = 12


def explain_unfired(unfired: Sequence[Tally], total: int, history: History, *, ran: bool) -> str:
    """The message of an invalid trial."""
    lines = [f"invalid: {len(unfired)} of {total} faults never fired, so this trial proves nothing about them."]
    if not ran:
        lines.append("  nothing was run: call agentchaos.run(system, ...) or enter agentchaos.live()")
    lines += _each(unfired)
    if ran:
        lines += _seen(history, unfired[0].rule.selector)
    text: str = redact("\n".join(lines))
    return text


def why_unfired(unfired: Sequence[Tally], history: History) -> list[str]:
    """The same where calls came from outside, and there may have been none yet."""
    seen = _seen(history, unfired[0].rule.selector) if history.begun else ["No call has come."]
    text: str = redact("\n".join([*_each(unfired), *seen]))
    return text.splitlines()


def _each(unfired: Sequence[Tally]) -> list[str]:
    lines: list[str] = []
    for tally in unfired:
        lines.append(f"  {tally.rule}")
        lines += [f"    {line}" for line in _reasons(tally)]
    return lines


def _reasons(tally: Tally) -> list[str]:
    selector = tally.rule.selector
    if not tally.matched:
        return [f"matched no call; it would match {wanted(selector)}"]
    reasons = [f"matched {tally.matched} {'call' if tally.matched == 1 else 'calls'}, but:"]
    declined = list(dict.fromkeys(tally.declined))
    reasons += [f"left alone {why}" for why in declined[:SHOWN]]
    reasons += [f"... and {len(declined) - SHOWN} others"] if len(declined) > SHOWN else []
    if selector.nth is not None and tally.matched < selector.nth:
        reasons.append(f"nth={selector.nth} asks for a later one")
    if selector.probability is not None and not tally.declined:
        reasons.append(f"probability={selector.probability} let none be drawn under this seed")
    if len(reasons) == 1:
        reasons.append("they had ended before it came to act; the timeline shows how")
    return reasons


def wanted(selector: Selector) -> str:
    """What a selector asks for, in words."""
    words = [f"a {selector.kind} call" if selector.kind else "any call"]
    words += (
        [] if selector.writes is None else ["that changes the world" if selector.writes else "that changes nothing"]
    )
    words += [f"named {selector.name!r}"] if selector.name != "*" else []
    words += [f"to {selector.target!r}"] if selector.target != "*" else []
    words += [f"to or named {selector.callee!r}"] if selector.callee else []
    words += [f"made by the agent {selector.agent!r}"] if selector.agent else []
    words += [f"at the site {selector.site!r}"] if selector.site else []
    words += [f"between {selector.between[0]:g} s and {_end(selector.between[1])}"] if selector.between else []
    return " ".join(words)


def _end(end_s: float | None) -> str:
    return "the end" if end_s is None else f"{end_s:g} s"


def _seen(history: History, selector: Selector) -> list[str]:
    seen = history.sorts()
    if not seen.count:
        return [
            "No call crossed a wire. Seen are: httpx and httpx2 clients, functions wrapped with agentchaos.tool(fn),",
            "MCP connections of agentchaos.mcp(server), all made inside agentchaos.run() or agentchaos.live(),",
            "and live what goes through proxies, links and wrapped servers.",
        ]
    sorts = seen.sorts
    order = sorted(sorts, key=lambda text: -_likeness(sorts[text].call, selector))
    lines = [f"The calls that were seen ({seen.count}), nearest first:"]
    lines += [f"  {text}  x{sorts[text].count}, first at {sorts[text].first_s:g} s" for text in order[:SHOWN]]
    if len(order) > SHOWN:
        lines.append(f"  ... and {len(order) - SHOWN} others")
    return lines


def _likeness(call: Call, selector: Selector) -> float:
    wanted_name = selector.callee or selector.name
    score = SequenceMatcher(None, call.name, wanted_name).ratio() + 0.5 * (selector.kind in {None, call.kind})
    return score + 0.25 * SequenceMatcher(None, call.target, selector.target).ratio()
