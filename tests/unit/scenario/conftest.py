"""A small system that scenarios can name, and a way to write files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pytest_agentchaos.scenario import DocumentError, load

SHOP = '''
"""Sells books: looks one up, and orders it, again if it hears nothing."""

from pytest_agentchaos import Effect


class Shop:
    journeys = ("one-book", "two-books")

    def __init__(self, *, careful=True):
        self.careful, self.orders = careful, {}

    def introduce(self, chaos):
        self.look_up = chaos.tool(self.look_up, timeout_s=5)
        self.order = chaos.tool(self.order, timeout_s=5)
        chaos.effect(Effect("order", tool="order", key="title", id="result.id"))

    def look_up(self, title):
        return {"price": 12}

    def order(self, title):
        key = title if self.careful else len(self.orders)
        return {"id": self.orders.setdefault(key, len(self.orders))}

    def take(self, journey):
        titles = ["Emma", "Persuasion"][: 1 if journey == "one-book" else 2]
        return [self.buy(title) for title in titles]

    def buy(self, title):
        self.look_up(title)
        for _ in range(3):
            try:
                return self.order(title)
            except Exception:
                pass
        raise RuntimeError("the shop does not answer")


def shop(*, careful=True):
    return Shop(careful=careful)


def asks_first(chaos):
    return lambda journey=None: journey


def bad_condition(history):
    raise RuntimeError("no")
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with the module ``shop_of_scenarios``, which is where the command line stands."""
    (tmp_path / "shop_of_scenarios.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path):
    """Writes a file, and gives its path."""

    def write_(text: str, name: str = "lost-ack.chaos.yaml") -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_


@pytest.fixture
def problems(write):
    """What is said of a file, line by line, without its name."""

    def problems_(text: str, *, head: bool = True) -> list[str]:
        before = "version: 1\nsystem: shop_of_scenarios:shop\n" if head else ""
        with pytest.raises(DocumentError) as caught:
            load(write(before + dedent(text)))
        return [line.removeprefix("lost-ack.chaos.yaml:") for line in str(caught.value).splitlines()]

    return problems_
