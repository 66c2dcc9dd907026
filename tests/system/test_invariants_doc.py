"""docs/invariants.md: every invariant stands in it, in its own words, with an example that fails as it says."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from pytest_agentchaos import Effect, Verdict, invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.invariants.registry import registered

DOCUMENT = Path(__file__).parents[2] / "docs" / "invariants.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
EXAMPLE = re.compile(r"```python\n(.*?)```\n+```\n(.*?)```", re.DOTALL)
SCREEN_LINES = 45


def judged(code: str) -> Verdict:
    """What the example's last line, an expression, gives after the lines before it."""
    *lines, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)
    names = {"Story": Story, "Effect": Effect, "invariants": invariants}
    exec(compile(ast.Module(lines, []), str(DOCUMENT), "exec"), names)  # noqa: S102 - the document's own code
    verdict = eval(compile(ast.Expression(last.value), str(DOCUMENT), "eval"), names)  # noqa: S307 - the same
    assert isinstance(verdict, Verdict)
    return verdict


def test_every_invariant_that_comes_with_the_package_is_there_and_no_other():
    """Whoever adds one writes its section."""
    shipped = {
        name for name, made in registered().items() if made.__module__.startswith("pytest_agentchaos.invariants.")
    }
    assert set(SECTIONS) == shipped


def test_the_table_of_questions_leads_to_every_section():
    """Each invariant answers one question, and each group is a heading."""
    assert re.findall(r"\| \[(\w+)\]\(#\1\) \|$", TEXT, re.MULTILINE) == list(SECTIONS)
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"^\| \[[^\]]+\]\(#([\w-]+)\) \|", TEXT, re.MULTILINE)) == anchors


@pytest.mark.parametrize("name", SECTIONS)
def test_it_promises_what_the_code_promises(name):
    """The sentence that says what is promised and what cannot be seen is the one of the docstring."""
    promise = " ".join((registered()[name].__doc__ or "").split("\n\n")[0].split())
    assert promise in " ".join(SECTIONS[name].split())


@pytest.mark.parametrize("name", SECTIONS)
def test_it_names_every_parameter_and_its_default(name):
    """As it is written: ``limit``, ``of="*"``. What is None unless told needs no default."""
    for parameter in inspect.signature(registered()[name]).parameters.values():
        is_required = parameter.default in (parameter.empty, None) or parameter.kind is parameter.VAR_POSITIONAL
        if is_required or name == "no_duplicate_effect":  # of which most are told in one sentence
            assert re.search(rf"`\*?{parameter.name}[`=]", SECTIONS[name])
        else:
            assert f"`{parameter.name}={written(parameter.default)}`" in SECTIONS[name]


def written(value: object) -> str:
    """A default as the document writes it."""
    return repr(value).replace("'", '"')


@pytest.mark.parametrize("name", SECTIONS)
def test_its_example_fails_as_it_says(name):
    """The history is told, judged, and the verdict printed beneath is the one that comes out."""
    code, printed = EXAMPLE.search(SECTIONS[name]).groups()
    verdict = judged(code)
    assert str(verdict) == printed.strip()
    assert verdict.status == "fail"
    assert verdict.invariant.partition("(")[0] == name


@pytest.mark.parametrize("name", SECTIONS)
def test_it_is_short_and_says_what_to_do_about_unknown(name):
    """A section fits a screen."""
    assert "*When it is unknown*:" in SECTIONS[name]
    assert len(SECTIONS[name].strip().splitlines()) <= SCREEN_LINES
