"""What the tests of the control plane share."""

from __future__ import annotations

import shutil

import pytest

from reference_system.contracts.artefacts import ROOT


@pytest.fixture
def artefacts(tmp_path):
    """A copy of all artefacts, to be tampered with."""
    root = tmp_path / "contracts"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return root
