"""Reasons: a decision in a sentence or two, for whoever has a minute. Its own word is not in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pytest_agentchaos.evidence.decision import RuleVerdict
from pytest_agentchaos.evidence.telling import counted, listed

EVIDENCE: Final = "evidence"
"""The role of verdicts that no rule has asked for: what keeps results from deciding anything."""
NOTHING_SHOWN: Final = "Every rule that decides is waived, so that nothing was shown."
_NAMED: Final = 4


def broken(found: Sequence[RuleVerdict]) -> str:
    """Of rules that fail, the first one with its numbers."""
    first, *others = found
    return f"Rule {first.id!r} is broken: {first.reason}.{_too(others, 'broken')}"


def undecided(found: Sequence[RuleVerdict]) -> str:
    """Of rules that are open, the one that takes the most."""
    first = max(found, key=lambda rule: float("inf") if rule.runs_needed is None else rule.runs_needed)
    others = [rule for rule in found if rule is not first]
    if first.runs_needed is None:
        return f"Rule {first.id!r} is open: {first.reason}.{_too(others, 'open')}"
    more = f"{counted(first.runs_needed, 'more run')} like {'this' if first.runs_needed == 1 else 'these'}"
    return f"{more} would decide rule {first.id!r}: {first.reason}.{_too(others, 'open')}"


def unusable(found: Sequence[RuleVerdict]) -> str:
    """Of what keeps results from deciding anything, the first; what follows from it is no news."""
    first = found[0]
    others = [one for one in found[1:] if one.role == EVIDENCE or first.role != EVIDENCE]
    text = sentence(first.reason) if first.role == EVIDENCE else f"Rule {first.id!r} cannot be judged: {first.reason}."
    if not others:
        return text
    return f"{text} There {'is' if len(others) == 1 else 'are'} {counted(len(others), 'more obstacle')}."


def held(rules: Sequence[RuleVerdict], trials: int) -> str:
    """Of rules that all hold, as far as they are not waived."""
    deciding = [rule for rule in rules if rule.role != "watch"]
    holds = [rule for rule in deciding if rule.status == "pass"]
    over = f"over {counted(trials, 'trial')}"
    that_decide = " that decide" if len(deciding) < len(rules) else ""
    if len(deciding) == 1:
        text = f"Rule {deciding[0].id!r} holds {over}."
    elif len(holds) == len(deciding):
        text = f"{'Both' if len(holds) == 2 else f'All {len(holds)}'} rules{that_decide} hold {over}."  # noqa: PLR2004
    else:
        text = f"{len(holds)} of {len(deciding)} rules{that_decide} {'holds' if len(holds) == 1 else 'hold'} {over}."
    waived = [repr(rule.id) for rule in rules if rule.waived]
    return f"{text} Waived in part or whole: {listed(waived, limit=_NAMED)}." if waived else text


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _too(others: Sequence[RuleVerdict], what: str) -> str:
    if not others:
        return ""
    names = listed([repr(rule.id) for rule in others], limit=_NAMED)
    return f" {'Rule' if len(others) == 1 else 'Rules'} {names} {'is' if len(others) == 1 else 'are'} {what} too."
