"""Others add faults, invariants and dialects: by hooks in plugins and conftest files, and by entry points."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects import registry as dialects
from pytest_agentchaos.faults import registry as faults
from pytest_agentchaos.invariants import registry as invariants

THINGS = '''
from dataclasses import dataclass, replace
from typing import ClassVar

from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.steps import Answer, Return


class Teapot(Fault):
    """It answers 418."""
    name: ClassVar[str] = "teapot"
    family: ClassVar[str] = "answer"
    def compile(self, situation):
        return (Answer(Reply(418)), Return())


def always(status):
    """An invariant that says what it is told to."""
    class Always:
        name = f"always({status})"
        def check(self, history): return Verdict(self.name, status, "as told")
    return Always()


class Booking(PlainHTTP):
    """Reads calls to flights.local as tool calls."""
    name = "booking"
    def read_call(self, request):
        call = super().read_call(request)
        return replace(call, kind="tool", name="book_flight") if "flights.local" in request.url else None
'''

TEST = """
import travel
from pytest_agentchaos import faults, invariants, on

def test_it(agentchaos):
    agentchaos.inject(faults.Teapot(), on.tool("book_flight"))
    assert agentchaos.run(travel.book) == 418
    assert agentchaos.history.calls()[0].call.dialect == "booking"
    agentchaos.check(invariants.always("pass"))
"""

HOOKS = """
from things import *
def pytest_agentchaos_faults(): return [Teapot]
def pytest_agentchaos_invariants(): return [always]
def pytest_agentchaos_dialects(): return [Booking()]
"""


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an inner session adds is gone afterwards."""
    for registry, name in ((faults, "_by_name"), (invariants, "_by_name"), (dialects, "_added")):
        known = getattr(registry, name)
        monkeypatch.setattr(registry, name, known.copy())


def test_a_conftest_adds(project):
    """All three hooks, in the conftest of the project."""
    project.makepyfile(things=THINGS, test_it=TEST)
    project.makeconftest(HOOKS)
    project.runpytest_inprocess("-p", "things").assert_outcomes(passed=1)


def test_a_conftest_of_a_directory_adds(project):
    """It is loaded in the middle of the collection, after others have looked for faults."""
    project.makepyfile(things=THINGS, test_a="from pytest_agentchaos import faults\nfaults.Reset()\ndef test_a(): pass")
    folder = project.mkdir("deep")
    (folder / "conftest.py").write_text(HOOKS)
    (folder / "test_it.py").write_text(TEST + "\nTEAPOT = faults.Teapot()\n")
    project.runpytest_inprocess(".").assert_outcomes(passed=2)


def test_a_plugin_adds(project):
    """A plugin named with -p, by an implementation of another name and by one of a class."""
    project.makepyfile(
        things=THINGS,
        test_it=TEST,
        added="""
import pytest
from things import *
@pytest.hookimpl(specname="pytest_agentchaos_faults")
def pytest_our_faults(): return (Teapot,)

class Others:
    def pytest_agentchaos_invariants(self): return [always]
    def pytest_agentchaos_dialects(self): return [Booking()]

def pytest_configure(config): config.pluginmanager.register(Others(), "others")
""",
    )
    project.runpytest_inprocess("-p", "added").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("hook", "returned", "message"),
    [
        ("faults", "None", "*pytest_agentchaos_faults() of * returned None; it has to return a list of fault classes*"),
        ("faults", "[Teapot()]", "*returned Teapot() in its list, which has to be one of fault classes*"),
        ("faults", "[Nameless]", "*pytest_agentchaos_faults() of *: Nameless has no name: give it*"),
        (
            "faults",
            "[Taken]",
            "*pytest_agentchaos_faults() of *: the fault name 'reset' of conftest.Taken is taken by*",
        ),
        ("invariants", "[always('pass')]", "*in its list, which has to be one of invariants*"),
        ("dialects", "[Booking]", "*in its list, which has to be one of dialects*"),
    ],
)
def test_a_wrong_addition_names_the_plugin(project, hook, returned, message):
    """Nothing runs, and the message says who has to return what."""
    project.makepyfile(things=THINGS, test_it="def test_it(): pass")
    project.makeconftest(
        f"""
from things import *
class Nameless(Teapot): name = ""
class Taken(Teapot): name = "reset"
def pytest_agentchaos_{hook}(): return {returned}
"""
    )
    result = project.runpytest_inprocess()
    assert result.ret != 0
    result.stderr.fnmatch_lines([message])
    assert "passed" not in str(result.stdout)


DIST_INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: added\nVersion: 1.0\n",
    "entry_points.txt": """
[pytest_agentchaos.faults]
teapot = things:Teapot
[pytest_agentchaos.invariants]
always = things:always
[pytest_agentchaos.dialects]
booking = things:BOOKING
""",
}


def test_an_installed_package_adds_by_entry_points(project):
    """No hook and no conftest: the package only has to be installed."""
    project.makepyfile(things=THINGS + "\nBOOKING = Booking()\n", test_it=TEST)
    folder = project.mkdir("added-1.0.dist-info")
    for name, text in DIST_INFO.items():
        (folder / name).write_text(text)
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_an_entry_point_that_cannot_be_loaded_is_named(project):
    """The message has the name, the value and the group."""
    project.makepyfile(test_it=TEST)
    folder = project.mkdir("added-1.0.dist-info")
    for name, text in DIST_INFO.items():
        (folder / name).write_text(text)
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the entry point 'teapot' (things:Teapot) of faults cannot be loaded: *"])
