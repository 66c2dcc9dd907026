"""All invariants by name, and how one is asked."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_agentchaos import extensions, invariants
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants import registry
from pytest_agentchaos.invariants.base import Invariant, judge


class Judge:
    """An invariant that does what it is told to."""

    name = "judge"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def check(self, history: History) -> Any:
        """Answer, or crash."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Nameless(Judge):
    """An invariant whose very name crashes."""

    @property
    def name(self) -> str:  # type: ignore[override]
        """Not even that."""
        raise RuntimeError


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    registry.registered()
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))


def test_the_verdict_of_an_invariant_is_its_own():
    """Nothing is added to it."""
    verdict = Verdict("judge", "fail", "no", (1,))
    assert judge(Judge(verdict), History()) is verdict


def test_an_invariant_that_crashes_knows_nothing():
    """And unknown is no pass."""
    verdict = judge(Judge(KeyError("usage")), History())
    assert verdict == Verdict("judge", "unknown", "the invariant crashed: KeyError: 'usage'")
    assert not verdict.passed


@pytest.mark.parametrize("answer", [True, None, "pass"])
def test_an_answer_that_is_no_verdict_is_unknown(answer):
    """`return True` must not pass by accident."""
    expected = Verdict("judge", "unknown", f"the invariant gave {answer!r} where a Verdict was due")
    assert judge(Judge(answer), History()) == expected


def test_an_invariant_whose_name_crashes_is_called_by_its_class():
    """The crash of a judge is never the crash of the test."""
    assert judge(Nameless(ValueError("x")), History()).invariant == "Nameless"


@pytest.mark.parametrize(
    "wrong", [invariants.terminates, 5, None, lambda history: history], ids=["class", "number", "none", "function"]
)
def test_what_is_no_invariant_is_refused(wrong):
    """A class without its brackets above all."""
    with pytest.raises(UsageError) as caught:
        judge(wrong, History())
    assert (
        str(caught.value) == f"{wrong!r} is not an invariant; write for example invariants.at_most('model_calls', 12)"
    )


def test_the_shipped_invariants_are_found_by_name():
    """Also when they are looked up again, and each of them is one."""
    for _ in range(2):
        assert callable(invariants.at_most)
        assert isinstance(invariants.at_most("calls", 1), Invariant)
        assert isinstance(invariants.terminates(), Invariant)
    assert dir(invariants) == sorted(registry.registered())


@pytest.mark.parametrize(
    "first",
    [
        "from pytest_agentchaos import invariants",
        "import pytest_agentchaos.invariants.at_most; from pytest_agentchaos import invariants",
        "from pytest_agentchaos.invariants.base import judge; from pytest_agentchaos import invariants",
        "from pytest_agentchaos.invariants import registry; from pytest_agentchaos import invariants",
    ],
)
def test_a_name_is_the_invariant_and_not_its_module(first):
    """They are called alike, so whatever is imported first must not decide."""
    use = "invariants.at_most('calls', 1)"
    code = f"{first}; {use}; import pytest_agentchaos.invariants.at_most; {use}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_offers_the_nearest():
    """As an AttributeError, which `hasattr` understands."""
    with pytest.raises(UnknownNameError) as caught:
        getattr(invariants, "termin" + "ate")
    assert str(caught.value) == "there is no invariants.terminate; did you mean 'terminates'?"
    assert not hasattr(invariants, "__wrapped__")


def test_the_stub_lists_every_shipped_invariant():
    """Editors and type checkers see what is written there."""
    tree = ast.parse(Path(invariants.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    listed = {
        name.asname: getattr(importlib.import_module(str(line.module)), name.name)
        for line in tree.body
        if isinstance(line, ast.ImportFrom)
        for name in line.names
    }
    shipped = {
        name: make for name, make in registry.registered().items() if make.__module__.startswith("pytest_agentchaos.")
    }
    assert listed == shipped


@pytest.mark.usefixtures("own_registry")
def test_an_added_invariant_is_found_by_its_name():
    """A class or a function that makes one."""

    @registry.register
    def always() -> Judge:
        """Pass."""
        return Judge(Verdict("always", "pass", ""))

    assert vars(invariants).get("always") is None
    assert getattr(invariants, always.__name__) is always
    assert "always" in dir(invariants)
    assert registry.register(always) is always


@pytest.mark.usefixtures("own_registry")
def test_a_name_that_is_taken_is_refused():
    """Which of two is meant, nobody could say."""

    def terminates() -> None:
        """Stand in for another package's."""

    with pytest.raises(UsageError) as caught:
        registry.register(terminates)
    assert str(caught.value) == (
        f"the invariant name 'terminates' of {__name__} is taken by pytest_agentchaos.invariants.terminates;"
        " give yours another name"
    )
    assert registry.registered()["terminates"] is invariants.terminates


@pytest.mark.usefixtures("own_registry")
def test_what_packages_offer_as_entry_points_is_registered(monkeypatch):
    """Without a line in any configuration."""

    def offered() -> Judge:
        """Pass."""
        return Judge(Verdict("offered", "pass", ""))

    monkeypatch.setattr(extensions, "load", lambda group: (offered,) if group == "invariants" else ())
    registry.load_added.cache_clear()
    try:
        assert registry.registered()["offered"] is offered
    finally:
        registry.load_added.cache_clear()
