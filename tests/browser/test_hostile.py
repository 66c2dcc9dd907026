"""What agents wrote is shown and never obeyed: in every text of results, histories, plans, labels and explorations."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import synthetic
from benchmarks.report.specimens import specimens
from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.reporting.making import make

OWN = "window.__owned=1"
SCRIPT = f"<script>{OWN}</script>"
PAYLOADS = {
    "script": SCRIPT,
    "closers": f"</script></style></title></textarea></template></svg>]]>--!>{SCRIPT}",
    "handler": f"<img src=x onerror={OWN}><svg onload={OWN}><details open ontoggle={OWN}>",
    "attribute": f"\"' autofocus onfocus='{OWN}' onmouseover=\"{OWN}\" style='x:y' x=\"",
    "link": f"javascript:{OWN} [click](javascript:{OWN}) <a href='javascript:{OWN}'>click</a>",
    "template": "{{ 7*7 }}{% include '/etc/passwd' %}{{ self.__init__.__globals__ }}${7*7}<%= 7*7 %>{# x #}",
    "network": "<link rel=stylesheet href=http://evil.example/x.css><iframe src=http://evil.example></iframe>"
    "<meta http-equiv=refresh content='0;url=http://evil.example'><base href=http://evil.example/>",
    "bidirectional": "invoice\u202egnp.exe\u2066 \u2069\u200f\u061c end",
    "broken": "half \ud800 nul \x00 esc \x1b[31m bell \x07 line\u2028separator \ufeff end",
}
HUGE = f"{SCRIPT}<b>" * 180_000
"""Five million characters."""
STRUCTURE = frozenset(
    {"status", "history", "trial", "op", "kind", "outcome", "ended", "span_id", "trace_id", "parent_id"}
)
"""What these name is no text of an agent, or makes a line unreadable when it is another word."""
NAMES = frozenset({"latency", "tool_calls", "errors", "effects", "faults", "reached", "labels", "packages"})
"""Mappings whose keys are names that a system chose."""


def poisoned(value: Any, text: str) -> Any:
    """The same with every text replaced."""
    if isinstance(value, str):
        return text
    if isinstance(value, dict):
        return {
            name: one if name in STRUCTURE else _keyed(one, text) if name in NAMES else poisoned(one, text)
            for name, one in value.items()
        }
    return [poisoned(one, text) for one in value] if isinstance(value, list) else value


def _keyed(value: Any, text: str) -> Any:
    """A mapping with hostile names in it."""
    if not isinstance(value, dict):
        return poisoned(value, text)
    return {f"{text} {number}": poisoned(one, text) for number, one in enumerate(value.values())}


def poison(folder: Path) -> None:
    """Results, histories and exploration of a folder: each payload stands first in some line, in every text."""
    lines = (folder / "results.jsonl").read_text("ascii").splitlines()
    head = json.loads(lines[0])
    head["agentchaos"] = {**poisoned(head["agentchaos"], PAYLOADS["handler"]), "format": 1}
    told = [head]
    for line, (kind, text) in zip(map(json.loads, lines[1:]), cycle(PAYLOADS.items())):
        hostile = poisoned(line, text)
        hostile["trial"] = f"{text[:60]} {line['trial']}" if kind != "broken" else line["trial"]
        told.append(hostile)
    huge = next(line for line in told[1:] if line["status"] == "fail")
    huge["why"] = HUGE
    huge["verdicts"][0]["reason"] = HUGE
    (folder / "results.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in told), "ascii")
    for path, text in zip(sorted((folder / "histories").iterdir()), cycle(PAYLOADS.values())):
        path.write_bytes(gzip.compress(_history(text).encode(), 1))


def _history(text: str) -> str:
    first, *ops = gzip.decompress(specimens()["drop_response"].history).decode().splitlines()
    hostile = [poisoned(json.loads(op), text) for op in ops]
    next(op for op in hostile if op["op"] == "ok")["data"]["result"] = HUGE
    return "".join(f"{line}\n" for line in (first, *map(json.dumps, hostile)))


def decided() -> Decision:
    """A gate whose every word is hostile."""
    texts = list(PAYLOADS.values())
    cells = tuple(Cell(text, "fail", 0.5, 0.4, 0.6, 10, reason=text) for text in texts)
    rules = tuple(
        RuleVerdict(text, text, text, "waived", text, 0.5, 0.4, 0.6, 0.9, n=10, cells=cells, waived=text)
        for text in texts
    )
    names = {text: text for text in texts}
    return Decision("rollback", SCRIPT, rules, SCRIPT, SCRIPT, SCRIPT, dict.fromkeys(texts, 1), names, names)


@pytest.fixture(scope="session")
def hostile(reports, tmp_path_factory) -> Path:
    """A page of nothing but hostile text."""
    weak = replace(synthetic.CANDIDATE, harm=0.6)
    folder = synthetic.write(tmp_path_factory.mktemp("hostile"), 400, weak, histories=len(PAYLOADS))
    poison(folder)
    explored = json.loads((reports["explored"].parents[1] / "results-explored" / "exploration.json").read_text("utf-8"))
    told = poisoned(explored, "\n".join(PAYLOADS.values()))
    (folder / "exploration.json").write_text(json.dumps(told), "ascii")
    return reports.written("hostile", make(gather([folder]), title=SCRIPT, decision=decided()))


_EVERYTHING_OPEN = "document.querySelectorAll('details').forEach((one) => { one.open = true })"
_TAKEN_FOR_MARKUP = """
() => [...document.querySelectorAll('*')].flatMap((one) => [
    ...[...(one.closest('.gap') ? [] : one.attributes)]
        .filter(({ name, value }) => name.startsWith('on') || /^style$|src|action|srcdoc/.test(name)
            || name.endsWith('href') && !/^(#|data:|[\\w-]+\\.html(#|$))/.test(value))
        .map(({ name, value }) => `${one.tagName} ${name}=${value.slice(0, 80)}`),
    ...(one.matches('iframe, object, embed, base, img, body link, body style') ? [one.outerHTML.slice(0, 80)] : []),
])
"""
_UNSEEN = """
document.body.textContent.match(
    /[\\u0000-\\u0008\\u000e-\\u001f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]/g
)
"""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_hostile_text_is_shown_and_executes_nothing(visit, hostile, scripts):
    """Nothing runs, opens or loads; the text stands there as text, and what would hide in it is told."""
    page = visit(hostile, scripts=scripts)
    page.evaluate(_EVERYTHING_OPEN)
    assert page.evaluate(_TAKEN_FOR_MARKUP) == []
    told = page.evaluate("document.body.textContent")
    for part in (SCRIPT, "onerror=", "javascript:window", "{{ 7*7 }}", "http://evil.example", "\\u202e"):
        assert part in told
    assert page.evaluate(_UNSEEN) is None
    assert hostile.stat().st_size < 6_000_000
