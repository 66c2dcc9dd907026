"""docs/properties.md: its code runs, and what it prints is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_agentchaos.strategies

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

DOCUMENT = (Path(__file__).parents[2] / "docs" / "properties.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", DOCUMENT, re.DOTALL))
PRINTED = re.search(r"It fails, and says:\n\n```\n(.*?)```", DOCUMENT, re.DOTALL)[1].splitlines()
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\naddopts = -p no:cacheprovider\n"
STEADY = """
from hypothesis import Phase, settings
settings.register_profile("steady", derandomize=True, database=None, phases=[Phase.generate, Phase.shrink])
settings.load_profile("steady")
"""


@pytest.fixture
def session(pytester):
    """One session with all files of the document, which searches in the same way each time."""
    (pytester.path / "pytest.ini").write_text(f"{INI}pythonpath = .\n")
    (pytester.path / "conftest.py").write_text(STEADY)
    for name, code in FILES.items():
        (pytester.path / name).write_text(code, encoding="utf-8")
    return pytester.runpytest_subprocess()


def test_the_document_does_what_it_says(session):
    """The first property fails as it is printed, the others pass."""
    session.assert_outcomes(failed=1, passed=2)
    lines = [line[1:].strip() for line in session.outlines if line.startswith("E")]
    told = [line.partition("AssertionError: ")[2] or line for line in lines]
    for line in PRINTED:
        assert any(line.strip() in one for one in told), line
    assert any("on.site('|tool|python|book|" in line for line in PRINTED)


def test_all_strategies_are_in_the_document():
    """Each by its name."""
    for name in pytest_agentchaos.strategies.__all__:
        assert f"`{name}(" in DOCUMENT or f"strategies.{name}(" in DOCUMENT, name
