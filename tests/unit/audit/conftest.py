"""Audits of the small server beside this file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from pytest_agentchaos.audit import Command, Options, audit

SHOP = Path(__file__).parent / "shop.py"


@pytest.fixture(scope="session")
def shop():
    """The server as a module."""
    spec = importlib.util.spec_from_file_location("audited_shop", SHOP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def command():
    """``command("--era", "legacy", "add_order")``: what starts it. Without site-packages it does so in 20 ms."""

    def make(*words, **settings):
        return Command([sys.executable, "-I", "-S", str(SHOP), *words], **{"timeout_s": 20.0, **settings})

    return make


@pytest.fixture(scope="session")
def audited(command):
    """``audited("add_order", "list_orders")["add_order"]``: what an audit says of each tool."""

    def make(*words, options=None, **settings):
        report = audit(command(*words, **settings), options or Options())
        return {tool.name: tool for tool in report.tools}

    return make
