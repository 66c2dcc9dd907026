"""docs/evidence.md and docs/adding-an-invariant.md: their code runs, and what they print is what comes out."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import pytest_agentchaos.plugin.fixture  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded
from pytest_agentchaos import Effect, invariants
from pytest_agentchaos.cli import main
from pytest_agentchaos.dialects.registry import shipped
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.invariants import registry

DOCS = Path(__file__).parents[2] / "docs"
EVIDENCE = (DOCS / "evidence.md").read_text(encoding="utf-8")
ADDING = (DOCS / "adding-an-invariant.md").read_text(encoding="utf-8")
FILE = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
STORY = re.compile(r"```python\n(?!# \S+\.py\n)((?:(?!```).)*?)```\n\n```\n(.*?)```", re.DOTALL)
INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = -p no:cacheprovider
pythonpath = .
"""

# --- evidence.md ------------------------------------------------------------------------------------------------------

FILES = FILE.findall(EVIDENCE)
FIRST = dict(reversed(FILES))  # of the two airlines the one that is wrong
LAST = dict(FILES)
PARTS = [name for name in LAST if name not in {"airline.py", "conftest.py", "test_airline.py"}]


@pytest.fixture
def project(pytester, monkeypatch):
    """A directory for the files of a document; each gets what it needs and nothing else."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    shipped()
    registry.registered()
    pytester.makefile(".ini", pytest=INI)
    return pytester


def write(project, files, *names):
    """These files of a document."""
    for name in names:
        (project.path / name).write_text(files[name], encoding="utf-8")


def report(result, first, after):
    """The part of what pytest printed from a line on, up to another."""
    text = result.stdout.str()
    return text[text.index(first) : text.index(after, text.index(first))].rstrip()


def test_the_airline_of_the_document_fails_as_it_says(project):
    """Verdicts and timeline are the very ones that are printed."""
    write(project, FIRST, "airline.py", "conftest.py", "test_airline.py")
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    assert f"```\n{report(result, 'the trial does not hold:', 'digest:')}\n```" in EVIDENCE


def test_the_repaired_airline_passes(project):
    """Both tests, as they are."""
    assert FIRST["airline.py"] != LAST["airline.py"]
    write(project, LAST, "airline.py", "conftest.py", "test_airline.py")
    project.runpytest_inprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_document_does_what_stands_around_it(project, name):
    """Each with the repaired airline."""
    write(project, LAST, "airline.py", "conftest.py", name)
    result = project.runpytest_inprocess()
    counted = result.parseoutcomes()
    if name == "test_canary.py":
        assert counted == {"failed": 1}
        assert f"```\n{report(result, 'FAIL    no_secret_leaked', chr(10))}\n```" in EVIDENCE
    else:
        assert counted in ({"passed": 1}, {"passed": 2})
    if name == "test_sometimes.py":
        assert f"```\n{report(result, 'sometimes, never', chr(10))}\n```" in EVIDENCE


@pytest.mark.parametrize(("code", "printed"), STORY.findall(EVIDENCE), ids=["perhaps", "by annotations"])
def test_a_story_of_the_document_is_judged_as_it_says(code, printed):
    """The last line gives the verdict beneath."""
    *lines, last = ast.parse(code).body
    names = {"Story": Story, "Effect": Effect, "invariants": invariants}
    exec(compile(ast.Module(lines, []), "evidence.md", "exec"), names)  # noqa: S102 - our own document
    verdict = eval(compile(ast.Expression(last.value), "evidence.md", "eval"), names)  # noqa: S307 - the same
    assert str(verdict) == printed.strip()


def test_the_trace_of_the_document_is_judged_as_it_says(tmp_path, monkeypatch):
    """The table is the one that is printed, and the exit code that of a failure."""
    spans, printed = re.search(r"```json\n(.*?)```.*?```\n(.*?)```", EVIDENCE, re.DOTALL).groups()
    monkeypatch.chdir(tmp_path)
    Path("spans.json").write_text(spans, encoding="utf-8")
    result = CliRunner().invoke(main, ["check-trace", "spans.json"])
    assert result.output.rstrip() == printed.rstrip()
    assert result.exit_code == 1


def test_the_exit_codes_of_the_document_are_those_of_the_command():
    """Word for word."""
    told = re.findall(r"^ +(\d)  (.+)$", CliRunner().invoke(main, ["check-trace", "--help"]).output, re.MULTILINE)
    assert re.findall(r"^\| (\d) \| (.+) \|$", EVIDENCE, re.MULTILINE) == told


def lost():
    """Done, and its answer lost."""
    return Story().call("book", flight="LX1").lost(result={"booking": "B1"})


def twice(*ids):
    """A request that a fault delivered twice."""
    call = Story().call("book", flight="LX1").fault("duplicate")
    for name in ids:
        call.delivered({"booking": name})
    return call.ok({"booking": ids[-1]})


UNREAD = 9
"""Nobody knows, whatever the limit."""
COUNTED = {
    ("an answer without an error, seen or lost on its way", "done"): [(lost, 1, 0)],
    ("the same request delivered twice, both answered", "done twice, unless both answers have one id"): [
        (lambda: twice("B1", "B2"), 2, 0),
        (lambda: twice("B1", "B1"), 1, 0),
    ],
    ("a request of which nobody knows whether it arrived", "perhaps done"): [
        (lambda: Story().call("book", flight="LX1").info(), 0, 1)
    ],
    ("a success in which the declared `id` is missing", "perhaps done, and told as a doubt in any case"): [
        (lambda: Story().call("book", flight="LX1").ok({}), 0, UNREAD)
    ],
    ("a request that a fault kept back, or that a fault answered in the callee's place", "not done"): [
        (lambda: Story().call("book", flight="LX1").fault("drop_request").info(), 0, 0),
        (lambda: Story().call("book", flight="LX1").fault("unavailable").refused(), 0, 0),
    ],
    ("a breakdown as the callee's own answer (status 500, 502, 504 or 408)", "perhaps done"): [
        (lambda status=status: Story().call("book", flight="LX1").refused(status), 0, 1)
        for status in (500, 502, 504, 408)
    ],
    (
        "another error as the callee's own answer (any other status from 400 up, or the tool says that it failed)",
        "not done",
    ): [
        (lambda: Story().call("book", flight="LX1").refused(503), 0, 0),
        (lambda: Story().call("book", flight="LX1").refused(409), 0, 0),
        (lambda: Story().call("book", flight="LX1").failed(), 0, 0),
    ],
}


def test_every_line_of_the_table_of_what_counts_is_tried():
    """What crossed the wire, and what it is in the ledger."""
    table = EVIDENCE[EVIDENCE.index("| what crossed the wire") :].split("\n\n")[0].splitlines()[2:]
    assert table == [f"| {crossed} | {counted} |" for crossed, counted in COUNTED]


@pytest.mark.parametrize("line", COUNTED, ids=[crossed for crossed, _ in COUNTED])
def test_what_crossed_the_wire_counts_as_the_table_says(line):
    """Surely done is a limit that is broken; perhaps done is a limit that nobody knows to be kept."""
    seat = Effect("seat", tool="book", key="flight", id="result.booking")
    for told, sure, perhaps in COUNTED[line]:
        history = told().ended(answer="Done.").history
        statuses = [invariants.no_oversell(seat, limit).check(history).status for limit in range(3)]
        expected = ["fail" if sure > limit else "unknown" if sure + perhaps > limit else "pass" for limit in range(3)]
        assert statuses == expected


# --- adding-an-invariant.md -------------------------------------------------------------------------------------------

MODULE = "pytest_agentchaos.invariants.no_invented_id"
BLOCKS = dict(FILE.findall(ADDING))
CODE, TEST, CONFTEST, TRIP = BLOCKS
TESTS = [node for node in ast.parse(BLOCKS[TEST]).body if isinstance(node, ast.FunctionDef)]


@pytest.fixture
def forgotten(monkeypatch):
    """What is registered is gone afterwards."""
    monkeypatch.setattr(registry, "_by_name", dict(registry.registered()))


def execute(path, name, monkeypatch):
    """Import a block of the document under a name."""
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(BLOCKS[path], f"<{path}>", "exec"), vars(module))  # noqa: S102 - our own document
    return module


def cases(test):
    """The arguments of each case of a test of the document, and of one without parameters."""
    for mark in getattr(test, "pytestmark", ()):
        return [{mark.args[0]: value} for value in mark.args[1]]
    return [{}]


@pytest.mark.parametrize("name", [node.name for node in TESTS if node.name.startswith("test_")])
def test_the_tests_of_the_added_invariant_pass(forgotten, monkeypatch, name):
    """Against the invariant of the document, which registers itself."""
    made = execute(CODE, MODULE, monkeypatch)
    assert registry.registered()["no_invented_id"] is made.no_invented_id
    test = getattr(execute(TEST, "test_no_invented_id", monkeypatch), name)
    for arguments in cases(test):
        test(**arguments)


def test_the_added_invariant_is_written_as_ours_are(tmp_path):
    """The linter has nothing to say."""
    path = tmp_path / "no_invented_id.py"
    path.write_text(BLOCKS[CODE], encoding="utf-8")
    config = str(DOCS.parent / "pyproject.toml")
    for command in (
        ["ruff", "check", "--no-cache", "--config", config],
        ["ruff", "format", "--no-cache", "--check", "--config", config],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command, str(path)], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_of_its_own_adds_it_by_a_hook(forgotten, project):
    """As the document has it: the class without its decorator, a hook, and a test."""
    code = re.sub(r"^@register\n|^from \S+ import register\n", "", BLOCKS[CODE], flags=re.MULTILINE)
    assert "register" not in code
    (project.path / "my_invariants.py").write_text(code, encoding="utf-8")
    write(project, BLOCKS, CONFTEST, TRIP)
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_package_of_its_own_adds_it_by_an_entry_point(project):
    """The lines of the document, as an installed package has them."""
    group, entry = re.search(r'\[project\.entry-points\."(\S+)"\]\n +(\w+ = "\S+")', ADDING).groups()
    code = re.sub(r"^@register\n|^from \S+ import register\n", "", BLOCKS[CODE], flags=re.MULTILINE)
    (project.path / "my_invariants.py").write_text(code, encoding="utf-8")
    write(project, BLOCKS, TRIP)
    installed = project.mkdir("mine-1.0.dist-info")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[{group}]\n{entry.replace(chr(34), '')}\n")
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_the_document_says_a_history_offers_is_there():
    """Names of attributes and parameters."""
    from pytest_agentchaos import History
    from pytest_agentchaos.evidence.exchange import Exchange

    assert set(inspect.signature(History.calls).parameters) == {"self", "name", "kind", "target", "agent"}
    named = set(re.findall(r"exchange\.(\w+)", ADDING))
    assert named <= {*Exchange.__dataclass_fields__, *vars(Exchange)}
