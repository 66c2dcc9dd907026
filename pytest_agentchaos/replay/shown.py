"""What a replay looks like in a terminal. Whoever prints it keeps control characters away."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_agentchaos.evidence.lines import as_json
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.replay.again import Replayed


def lines(again: Replayed) -> Iterator[str]:
    """The trial, its verdicts, and whether it is what was recorded."""
    plan, result = again.performance.plan, again.performance.result
    yield f"trial {result.trial}, from {again.saved.source}"
    yield f"  system:  {plan.system.text}"
    yield f"  journey: {'the usual one' if plan.journey is None else shown(plan.journey)}, seed {plan.seed}"
    for number, rule in enumerate(plan.schedule, 1):
        yield f"  rule {number}:  {rule}"
    yield from (f"  changed: {change}" for change in again.changed)
    yield ""
    yield from map(str, result.verdicts)
    told = {f"{one.invariant}: {one.reason}" for one in result.verdicts}
    yield f"the trial: {result.status}{'' if not result.why or result.why in told else f', {result.why}'}"
    yield from (f"left behind: {one}" for one in result.left)
    yield from _compared(again)
    yield from _others(again)


def _compared(again: Replayed) -> Iterator[str]:
    recorded, result = again.saved.result, again.performance.result
    if recorded is None or not recorded.digest:
        yield "nobody has recorded what came of it, so there is nothing to compare"
    elif again.same is None:
        yield f"as recorded it was: {recorded.status}{f', {recorded.why}' if recorded.why else ''}"
    elif again.same and recorded.status == result.status:
        yield f"the same history as recorded (digest {result.digest[:12]})"
    elif again.same:
        yield f"the same history as recorded (digest {result.digest[:12]}), judged otherwise: it was {recorded.status}"
    else:
        yield from _parted(again)


def _parted(again: Replayed) -> Iterator[str]:
    if again.difference is not None:
        yield f"another history than recorded; they part at op {again.difference.op}:"
        yield f"  recorded: {again.difference.recorded}"
        yield f"  now:      {again.difference.now}"
    else:
        yield f"another history than recorded; the first op that differs cannot be named: {again.unnamed}"
    for reason in again.reasons:
        yield f"  may explain it: {reason}"
    if not again.reasons:
        yield "  nothing that is known has changed; see --agentchaos-check-determinism for what makes two runs differ"


def _others(again: Replayed) -> Iterator[str]:
    if again.saved.others:
        yield ""
        yield "others there (choose with #TRIAL):"
        yield from (f"  {one}" for one in again.saved.others[:20])
        if (more := len(again.saved.others) - 20) > 0:
            yield f"  ... and {more} more"


def messages(op: Op) -> Iterator[str]:
    """All that an op has, as JSON, secrets hidden."""
    return iter(json.dumps(as_json(op), indent=2, ensure_ascii=True, default=str).splitlines())
