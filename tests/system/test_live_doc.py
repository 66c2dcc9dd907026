"""docs/live.md: its programs and its tests run as they stand there, and find what they are there to find."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_agentchaos.cli import main

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

TEXT = (Path(__file__).parents[2] / "docs" / "live.md").read_text("utf-8")
PROGRAMS = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
(SHOWN,) = (block for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) if "pytest test_live.py" in block)

OPENAI_AGENT = """
import openai

client, asked = openai.OpenAI(), [{"role": "user", "content": "12A"}]
tools = [{"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}]
said = client.chat.completions.create(model="gpt-5", messages=asked, tools=tools).choices[0].message
call = said.tool_calls[0]
asked += [said.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "B1"}]
assert client.chat.completions.create(model="gpt-5", messages=asked).choices[0].message.content == "Booked."
"""

MY_PROJECT = """
import itertools
import httpx2
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

def airline_app():
    numbers = itertools.count(1)
    async def book(request):
        return JSONResponse({"booking": next(numbers), "seat": (await request.json())["seat"]})
    return Starlette(routes=[Route("/book", book, methods=["POST"])])

def book_trip(airline):
    for attempt in range(ATTEMPTS):
        try:
            return httpx2.post(f"{airline}/book", json={"seat": "12A"}, timeout=0.5).text
        except httpx2.HTTPError:
            continue
"""

SCENARIO = """
version: 1
system: my_project.chaos:Trip
faults:
  - {fault: drop_response, on: {http: "POST /book", nth: 1}}
"""


def written(folder: Path, *names: str) -> None:
    """These files of the document, as it shows them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROGRAMS[name], encoding="utf-8")


@pytest.mark.parametrize("outcome", ["failed", "passed"])
def test_the_first_test_finds_a_missing_key(pytester, outcome):
    """Two programs, a proxy between them, and an answer that is lost: as the document shows it, and with its cure."""
    written(pytester.path, "airline.py", "agent.py", "test_live.py")
    if outcome == "passed":
        (cure,) = re.findall(r'Put `("Idempotency-Key": ".*?")` into', TEXT)
        agent = (pytester.path / "agent.py").read_text().replace("HEADERS = {", f"HEADERS = {{{cure}, ")
        (pytester.path / "agent.py").write_text(agent)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_live.py")
    result.assert_outcomes(**{outcome: 1})
    if outcome == "failed":
        lines = SHOWN.splitlines()[1:]
        result.stdout.fnmatch_lines([line.replace("[", "[[]") for line in lines if line != "..."])


def test_the_model_is_found_by_an_agent_that_knows_nothing_of_tests(pytester):
    """A process with the official package, a served model, a limit that it waits for."""
    written(pytester.path, "test_model.py")
    (pytester.path / "openai_agent.py").write_text(OPENAI_AGENT)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_model.py")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["faults fired: rate_limited 1"])


@pytest.mark.parametrize(("attempts", "differs"), [(3, False), (1, True)])
def test_the_system_has_two_forms_that_are_compared(tmp_path, monkeypatch, capsys, attempts, differs):
    """Where the agent in this process is another than the program, it is said."""
    written(tmp_path, "airline.py", "agent.py", "my_project/chaos.py")
    (tmp_path / "my_project" / "__init__.py").write_text(MY_PROJECT.replace("ATTEMPTS", str(attempts)))
    (tmp_path / "lost.chaos.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("my_project", "my_project.chaos"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["run", "lost.chaos.yaml", "--live"])
    told = capsys.readouterr().out
    for name in ("my_project", "my_project.chaos"):
        sys.modules.pop(name, None)
    assert ended.value.code == 1, told
    assert "seat with key 12A was executed 2 times" in told
    assert ("differs: no_duplicate_effect: fail live, pass in virtual time" in told) is differs, told


def test_its_links_lead_somewhere():
    """To documents and examples that are there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (Path(__file__).parents[2] / "docs" / target).resolve().exists(), target
