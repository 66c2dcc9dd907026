"""The worked example of docs/adding-a-fault.md, executed."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_agentchaos.faults import registry

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "adding-a-fault.md"
MODULE = "pytest_agentchaos.faults.wrong_currency"
BLOCK = re.compile(r"```python\n# (?P<path>\S+)\n(?P<code>.*?)```", re.DOTALL)
BLOCKS = {found["path"]: found["code"] for found in BLOCK.finditer(DOCUMENT.read_text(encoding="utf-8"))}
TESTS = re.findall(r"^def (test_\w+)", BLOCKS["tests/unit/faults/test_wrong_currency.py"], re.MULTILINE)


def execute(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a block of the document under a name."""
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(BLOCKS[path], str(DOCUMENT), "exec"), vars(module))  # noqa: S102 - our own document
    return module


@pytest.fixture
def example(monkeypatch):
    """Import the fault and its tests as the document has them; the registry forgets the fault afterwards."""
    monkeypatch.setattr(registry, "_by_name", dict(registry.registered()))
    execute("pytest_agentchaos/faults/wrong_currency.py", MODULE, monkeypatch)
    return execute("tests/unit/faults/test_wrong_currency.py", "test_wrong_currency", monkeypatch)


def test_the_document_has_a_fault_and_its_tests():
    """Both files are shown whole."""
    assert list(BLOCKS) == ["pytest_agentchaos/faults/wrong_currency.py", "tests/unit/faults/test_wrong_currency.py"]
    assert len(TESTS) == 3


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_of_the_document_pass(example, request, name):
    """Against the fault of the document, with the fixtures that it names."""
    test = getattr(example, name)
    test(**{fixture: request.getfixturevalue(fixture) for fixture in inspect.signature(test).parameters})


def test_the_fault_of_the_document_is_found_by_name(example):
    """It registered itself, and forgets to be there when the test is over."""
    assert registry.fault_class("wrong_currency").__module__ == MODULE
