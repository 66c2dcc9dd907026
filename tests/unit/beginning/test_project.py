"""What is found in a project: its SDKs, its tests, its agent. Nothing of it is executed."""

from __future__ import annotations

import sys

import pytest

from pytest_agentchaos.beginning import KINDS, choose, look, plan
from pytest_agentchaos.beginning.writing import SAFEGUARD
from pytest_agentchaos.errors import UsageError

IMPORTED = ("tests", "tests.", "tests.")


def put(root, name, text):
    """Write a file of a project."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def everything_is_installed(monkeypatch):
    """Whatever is here."""
    monkeypatch.setattr("pytest_agentchaos.beginning.kinds._major", lambda name: 99)


@pytest.mark.usefixtures("everything_is_installed")
@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["openai>=2"]', "openai"),
        ("pyproject.toml", '[project]\ndependencies = ["OpenAI_Agents[voice]~=0.24; os_name"]', "openai-agents"),
        ("pyproject.toml", '[project.optional-dependencies]\nai = ["pydantic-ai-slim[openai]"]', "pydantic-ai"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["anthropic", {include-group = "x"}]', "anthropic"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlanggraph = "^1"', "langgraph"),
        ("pyproject.toml", '[tool.poetry.group.ai.dependencies]\nmcp = {version = "*"}', "mcp"),
        ("requirements.txt", "# what we need\n-r base.txt\nrequests\nmcp==2.3.0  # tools\n", "mcp"),
        ("requirements/prod.txt", "langgraph\n", "langgraph"),
        ("src/shop/agent.py", "from agents import Agent, Runner\n", "openai-agents"),
        ("shop/agent.py", "def late():\n    import pydantic_ai.models\n", "pydantic-ai"),
        ("shop/agent.py", "from mcp.client.session import ClientSession\n", "mcp"),
        ("shop/agent.py", "import openai.types as t, os\n", "openai"),
        ("pyproject.toml", "this is no toml", "functions"),
        ("agent.py", "import openai(", "functions"),
        ("pyproject.toml", "[project]\ndependencies = 'openai'", "functions"),
    ],
)  # fmt: skip
def test_what_a_project_uses_is_found_in_what_it_names_and_imports(tmp_path, name, text, kind):
    """And what cannot be read says nothing."""
    assert choose(look(put(tmp_path, name, text))).kind.name == kind


@pytest.mark.usefixtures("everything_is_installed")
def test_a_framework_counts_before_the_client_under_it(tmp_path):
    """Most projects of a framework import the client as well."""
    put(tmp_path, "agent.py", "import openai\nimport mcp\nfrom langgraph.graph import StateGraph\n")
    chosen = choose(look(tmp_path))
    assert chosen.kind.name == "langgraph"
    assert "agent.py:3" in chosen.why
    assert [name for name, _ in chosen.used] == ["langgraph", "openai", "mcp"]


@pytest.mark.usefixtures("everything_is_installed")
def test_what_is_imported_counts_before_what_is_only_named(tmp_path):
    """An extra that nobody uses is no sign."""
    put(tmp_path, "pyproject.toml", '[project]\ndependencies = ["langgraph", "openai"]')
    put(tmp_path, "agent.py", "import openai\n")
    assert choose(look(tmp_path)).kind.name == "openai"


@pytest.mark.usefixtures("everything_is_installed")
def test_a_package_of_the_projects_own_is_no_sdk(tmp_path):
    """``agents`` is what many call their own folder."""
    put(tmp_path, "agents/planner.py", "class Agent: ...\n")
    put(tmp_path, "main.py", "from agents import Agent\n")
    assert choose(look(tmp_path)).kind.name == "functions"


def test_an_sdk_that_is_not_installed_gets_plain_functions_and_is_named(tmp_path, monkeypatch):
    """A stand-in has to run."""
    monkeypatch.setattr("pytest_agentchaos.beginning.kinds._major", lambda name: -1)
    chosen = choose(look(put(tmp_path, "requirements.txt", "langgraph\n")))
    assert chosen.kind.name == "functions"
    assert "needs langgraph and langchain-openai, which is not here" in chosen.why


def test_other_peoples_code_is_not_read(tmp_path):
    """Of virtual environments, builds and hidden folders."""
    for name in (".tox/a.py", "node_modules/a.py", "my_env/lib/a.py", "build/a.py"):
        put(tmp_path, name, "import openai\n")
    put(tmp_path, "my_env/pyvenv.cfg", "")
    assert look(tmp_path).imports == {}


def test_nothing_of_the_project_is_executed(tmp_path):
    """It is parsed."""
    put(tmp_path, "agent.py", "raise SystemExit(1)\n")
    put(tmp_path, "conftest.py", "raise SystemExit(1)\n")
    look(tmp_path)
    assert "agent" not in sys.modules


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import openai\nasync def answer(question):\n    await openai.x().responses.create()\n", "shop.agent:answer"),
        ("from agents import Runner\ndef go(text, *, n=1):\n    return Runner.run_sync(a, text)\n", "shop.agent:go"),
        ("import langgraph\ndef go(text):\n    return graph.invoke(text)\n", "shop.agent:go"),
        ("def go(text):\n    return graph.invoke(text)\n", None),
        ("import openai\ndef _hidden(q):\n    c.responses.create()\n", None),
        ("import openai\ndef needs(two, things):\n    c.responses.create()\n", None),
        ("import openai\ndef needs(one, *, two):\n    c.responses.create()\n", None),
        ("import openai\n@app.post('/')\ndef route(q):\n    c.responses.create()\n", None),
        ("import openai\nclass A:\n    def method(self):\n        c.responses.create()\n", None),
        ("import mcp\nimport asyncio\ndef main():\n    asyncio.run(x)\n", None),
    ],
)
def test_a_function_that_asks_a_model_may_be_the_agent(tmp_path, code, found):
    """If it can be called with a request, and nothing more."""
    entries = look(put(tmp_path, "src/shop/agent.py", code)).entries
    assert [one.address for one in entries] == ([found] if found else [])


def test_functions_of_tests_are_no_agents(tmp_path):
    """They call it."""
    code = "import openai\ndef ask(q):\n    c.responses.create()\n"
    put(tmp_path, "tests/helpers.py", code)
    put(tmp_path, "test_it.py", code)
    put(tmp_path, "packages/shop/tests/fakes.py", code)
    put(tmp_path, "examples/first.py", code)
    assert look(tmp_path).entries == ()


def test_the_likeliest_agent_is_named_where_it_goes(tmp_path):
    """With where it stands."""
    put(tmp_path, "shop.py", "import openai\ndef ask(question):\n    c.responses.create()\n")
    system = plan(look(tmp_path), KINDS["functions"])[0]
    assert "#   It may be shop:ask(question), which stands in shop.py:2.\n" in system.text
    assert "unless a scenario names journeys: return lambda: ask(REQUEST)\n" in system.text


@pytest.mark.parametrize(
    ("files", "tests", "package", "address"),
    [
        ({}, "tests", "", "tests."),
        ({"test/a.py": ""}, "chaos_tests", "", "chaos_tests."),  # Python has a package of that name
        ({"test/__init__.py": ""}, "test", "test.", "test."),
        ({"tests/__init__.py": ""}, "tests", "tests.", "tests."),
        ({"qa/checks/a.py": "", "pytest.ini": "[pytest]\ntestpaths = qa/checks\n"}, "qa/checks", "", "qa.checks."),
        ({"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"'}, *IMPORTED),
        ({"setup.cfg": "[tool:pytest]\naddopts = -q --import-mode=importlib\n"}, *IMPORTED),
        ({"pytest.toml": '[pytest]\naddopts = ["--import-mode=importlib"]'}, *IMPORTED),
        ({"tox.ini": "no ini\n"}, "tests", "", "tests."),
        ({"my-tests/a.py": "", "pytest.ini": "[pytest]\ntestpaths = my-tests\n"}, "chaos_tests", "", "chaos_tests."),
        ({"a/__init__.py": "", "a/tests/__init__.py": "", "pytest.ini": "[pytest]\ntestpaths = a/tests/\n"},
         "a/tests", "a.tests.", "a.tests."),
    ],
)  # fmt: skip
def test_tests_stand_where_those_of_the_project_do(tmp_path, files, tests, package, address):
    """And import their neighbour as pytest does it there; a scenario names it from the root."""
    for name, text in files.items():
        put(tmp_path, name, text)
    found = look(tmp_path)
    assert (found.tests, found.package, found.address) == (tests, package, address)


def test_a_folder_whose_name_another_package_has_is_not_taken(tmp_path, monkeypatch):
    """A folder without __init__.py stands behind any package of its name."""
    put(tmp_path, "site/tests/__init__.py", "")
    put(tmp_path, "project/tests/test_a.py", "")
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = look(tmp_path / "project")
    assert found.tests == "chaos_tests"
    assert "another package is installed under the name 'tests'" in found.notes[0]


@pytest.mark.parametrize(
    ("asked", "why"), [("..", "no folder inside"), (".", "no folder inside"), ("my-tests", "cannot be the name of")]
)  # fmt: skip
def test_a_folder_of_tests_that_cannot_be_used_is_an_error(tmp_path, asked, why):
    """Before anything is written."""
    with pytest.raises(UsageError, match=why):
        look(tmp_path, asked)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_stand_in_is_python_and_has_one_line_that_makes_it_safe(tmp_path, kind):
    """Of frameworks that are not installed here too. They are run where they are: see docs/first-steps.md."""
    system, test, scenario = plan(look(tmp_path), kind)
    compile(system.text, system.name, "exec")
    compile(test.text, test.name, "exec")
    assert system.text.count(SAFEGUARD) == 1
    assert [f"TODO {number}" in system.text for number in (1, 2, 3, 4)] == [True] * 4
    assert "system: tests.chaos_system:trip\n" in scenario.text
    assert max(map(len, system.text.splitlines())) <= 120
