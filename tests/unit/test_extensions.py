"""What other installed packages add through entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_agentchaos import extensions
from pytest_agentchaos.errors import UsageError

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Have a package with such entry points installed for the length of a test."""

    def write(**entries: str) -> None:
        info = tmp_path / "chaos_extras-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chaos-extras\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[pytest_agentchaos.test_only]", *lines, ""]))
        monkeypatch.syspath_prepend(tmp_path)

    extensions.load.cache_clear()
    yield write
    extensions.load.cache_clear()


def test_what_packages_offer_is_loaded_in_the_order_of_names(install):
    """So that no order of installation shows."""
    install(second="math:pi", first="math:tau")
    import math

    assert extensions.load("test_only") == (math.tau, math.pi)


def test_nothing_offered_is_nothing_loaded():
    """Most sessions have none."""
    assert extensions.load("group_that_nobody_offers") == ()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module_anywhere:thing", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("math:no_such_thing", "AttributeError: module 'math' has no attribute 'no_such_thing'"),
    ],
)
def test_an_entry_point_that_cannot_be_loaded_is_named(install, value, why):
    """With its package, which is what can be repaired."""
    install(broken=value)
    with pytest.raises(UsageError) as caught:
        extensions.load("test_only")
    assert str(caught.value) == (
        f"the entry point 'broken' ({value}) of test_only cannot be loaded: {why};"
        " repair or uninstall the package 'chaos-extras'"
    )
