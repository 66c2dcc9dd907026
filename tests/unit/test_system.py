"""A system under test: found by its text, made anew, introduced, and closed."""

from __future__ import annotations

import pickle
import sys

import pytest

from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.system import Ready, System

MODULE = """
import os
from functools import partial

def trip(chaos):
    return lambda journey="usual": f"{journey} with seed {chaos.seed}"

def plain(number=1, *, word="none"):
    return lambda: (number, word)

def positional(chaos, word):
    return lambda: word

part = partial(plain, 7)

class Shop:
    journeys = ("tea", "milk")
    def __init__(self, word="none"):
        self.word, self.closed, self.introduced = word, 0, None
        made.append(self)
    def introduce(self, chaos):
        self.introduced = chaos
    def take(self, journey):
        return f"{journey}: {self.word}"
    def resume(self):
        return "resumed"
    def state_digest(self):
        return "digest"
    def close(self):
        self.closed += 1

class Inner:
    shop = Shop

class Shy(Shop):
    def introduce(self, chaos):
        raise RuntimeError("not today")

class Mute(Shop):
    take = None

class Single(Shop):
    journeys = "tea"

class Asked(Shop):
    def journeys(self):
        return ["milk"]

def nothing():
    return {}

async def later(chaos):
    return chaos

made = []
number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A project's own module, which another test does not see."""
    (tmp_path / "some_project.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("some_project", None)
    import some_project

    yield some_project
    sys.modules.pop("some_project", None)


def take(text, *journey):
    """What the system at this address gives."""
    return System.of(text).set_up(Chaos(seed=5)).take(*journey)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("some_project:trip", "usual with seed 5"),
        (" some_project:trip ", "usual with seed 5"),
        ("some_project:plain", (1, "none")),
        ("some_project:plain()", (1, "none")),
        ("some_project:plain(2)", (2, "none")),
        ("some_project:plain(2, word='a(b)')", (2, "a(b)")),
        ('some_project:plain(word=["x", {"y": None}])', (1, ["x", {"y": None}])),
        ("some_project:part", (7, "none")),
        ("some_project:part(word='x')", (7, "x")),
        ("some_project:positional(word='x')", "x"),
    ],
)
def test_a_system_is_named_by_its_address_and_literal_arguments(module, text, answer):
    """A factory that has a first parameter is given the trial's words; the others are given the arguments."""
    assert take(text) == answer
    assert System.of(text).text == text


def test_an_object_has_all_that_it_offers(module):
    """It is introduced before it is asked for anything."""
    chaos = Chaos()
    ready = System.of("some_project:Inner.shop('x')").set_up(chaos)
    (shop,) = module.made
    assert shop.introduced is chaos
    assert (ready.take("tea"), ready.resume(), ready.state_digest(), ready.journeys) == (
        "tea: x",
        "resumed",
        "digest",
        ("tea", "milk"),
    )
    ready.close()
    assert shop.closed == 1


@pytest.mark.parametrize(("text", "names"), [("Shop", ("tea", "milk")), ("Single", ("tea",)), ("Asked", ("milk",))])
def test_a_system_says_which_journeys_it_knows(module, text, names):
    """By an attribute or a method, several or one; what was made to be asked is closed."""
    system = System.of(f"some_project:{text}")
    assert system.journeys() == names == system.set_up(Chaos()).journeys
    assert [one.closed for one in module.made] == [1, 0]


def test_a_system_that_needs_a_trial_is_not_asked_for_journeys(module):
    """Nobody has one then."""
    assert System.of("some_project:trip").journeys() == ()


@pytest.mark.parametrize(
    ("journeys", "asked", "given"),
    [((), None, ()), (("a", "b"), None, ("a",)), (("a",), "z", ("z",)), ((), 0, (0,)), (("a",), "", ("",))],
)
def test_the_journey_is_the_one_that_was_asked_for_else_the_first_else_none(journeys, asked, given):
    """A system without names decides itself."""
    assert Ready(print, journeys=journeys).journey(asked) == given


def test_a_system_that_cannot_be_introduced_is_closed(module):
    """Nobody else knows of it."""
    with pytest.raises(RuntimeError, match="not today"):
        System.of("some_project:Shy").set_up(Chaos())
    assert [one.closed for one in module.made] == [1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("some_project:Mute", "it has to give what is run"),
        ("some_project:later", "is async"),
        ("some_project:nothing", "it has to give what is run with a journey"),
    ],
)
def test_what_gives_nothing_to_run_is_an_error_of_use(module, text, why):
    """The text, and what is due. A coroutine leaves no warning behind."""
    with pytest.raises(UsageError, match=why) as error:
        System.of(text).set_up(Chaos())
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "write module:factory"),
        ("  ", "write module:factory"),
        ("(1)", "write module:factory"),
        ("trip", "neither module:factory, such as .* nor an entry point"),
        ("nowhere:trip", "no module 'nowhere' on the import path"),
        ("some_project.nowhere:trip", "no module 'some_project.nowhere'"),
        ("some_project:trap", "has no 'trap'; did you mean 'trip'"),
        ("some_project:Inner.shp", "has no 'Inner.shp'; did you mean 'shop'"),
        ("some_project:number", "some_project:number is 3, and no function"),
        ("some_project:", "is no module:factory"),
        ("some_project: trip", "is no module:factory"),
        (".x:y", "is no module:factory"),
        ("a..b:c", "is no module:factory"),
        ("x:y:z", "is no module:factory"),
        ("some_project:plain(", "literals"),
        ("some_project:plain(x)", "literals"),
        ("some_project:plain(open('x'))", "literals"),
        ("some_project:plain(1) + trip()", "literals"),
        ("some_project:plain(*[1])", "literals"),
        ("some_project:plain(**{'number': 1})", "literals"),
        ("some_project:plain(1)(2)", "literals"),
        ("some_project:trip('x')", "takes chaos first; give its other arguments by name"),
        ("test_x:f.<locals>.g", "it was a function inside another"),
        ("test_x:<lambda>", "it was a function inside another"),
        ("os:system", "part of Python itself"),
        ("some_project:os.system(command='touch harm')", "part of Python itself"),
        ("builtins:exec", "part of Python itself"),
    ],
)
def test_a_text_that_names_no_system_is_an_error_of_use(module, text, why):
    """The text, what is wrong with it, and what to write. No argument is executed, and Python itself is not called."""
    with pytest.raises(UsageError, match=why) as error:
        System.of(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("told", [None, 3, ["some_project:trip"]])
def test_what_is_neither_text_nor_function_is_an_error_of_use(told):
    """Named with an example."""
    with pytest.raises(UsageError, match="is no system; give a function"):
        System.of(told)


@pytest.mark.parametrize(
    "content", ["import nowhere_at_all", "1/0", "def f(:", "raise SystemExit(3)", "from os import nothing_there"]
)
def test_a_module_that_cannot_be_imported_says_why(tmp_path, monkeypatch, content):
    """It is there, and it is broken: another remedy than for one that is missing."""
    (tmp_path / "broken_project.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with pytest.raises(UsageError, match=r"'broken_project' is there, and importing it fails: \w+"):
        System.of("broken_project:trip")


def test_a_system_may_be_named_by_an_entry_point(module, tmp_path):
    """Installed packages offer theirs by a short name; a broken or misspelt one is named."""
    installed = tmp_path / "mine-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    points = "voyage = some_project:plain\nbroken = nowhere_at_all:x\n"
    (installed / "entry_points.txt").write_text(f"[pytest_agentchaos.systems]\n{points}")
    assert take("voyage(4)") == (4, "none")
    with pytest.raises(UnknownNameError, match="did you mean 'voyage'"):
        System.of("voyge")
    with pytest.raises(UsageError, match="entry point nowhere_at_all:x cannot be loaded: ModuleNotFoundError"):
        System.of("broken")


def test_a_module_of_the_present_folder_is_found(tmp_path, monkeypatch):
    """As ``python -m`` finds it; an installed command does not have the folder on its path."""
    (tmp_path / "lying_here.py").write_text("def trip(chaos): return lambda: 'here'\n")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    assert take("lying_here:trip") == "here"
    sys.modules.pop("lying_here")


def test_a_function_is_a_system_and_keeps_its_name():
    """Also one without an address, in this process and in those that are forked from it."""

    def local(chaos):
        return lambda: "local"

    system = System.of(local)
    assert "<locals>.local" in system.text
    assert System.of(local) == system
    assert System.of(system) is system
    assert System.of(system.text) == system
    assert pickle.loads(pickle.dumps(system)).set_up(Chaos()).take() == "local"  # noqa: S301 - our own


def test_two_functions_of_one_name_are_two_systems():
    """Each is found again."""

    def make(word):
        def same(chaos):
            return lambda: word

        return same

    systems = [System.of(make(word)) for word in ("a", "b")]
    assert systems[0] != systems[1]
    assert [System.of(one.text).set_up(Chaos()).take() for one in systems] == ["a", "b"]


def test_a_system_with_an_address_is_pickled_by_it(module):
    """Another process imports it there."""
    system = System.of("some_project:plain(word='x')")
    again = pickle.loads(pickle.dumps(system))  # noqa: S301 - our own
    assert again == system
    assert again.set_up(Chaos()).take() == (1, "x")


@pytest.mark.parametrize("wrong", ["os_", "partiall"])
def test_what_a_module_imports_is_not_offered_in_place_of_a_system(module, wrong):
    """Of a module with twenty imports only what it has made itself can have been meant."""
    with pytest.raises(UsageError, match=f"has no '{wrong}'") as error:
        System.of(f"some_project:{wrong}")
    assert "'os'" not in str(error.value)
    assert "'partial'" not in str(error.value)
