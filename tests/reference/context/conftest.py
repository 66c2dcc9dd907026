"""What the tests of the context share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reference_system.contracts.asks import Compression
from reference_system.contracts.manifest import load
from reference_system.model.interface import ModelReply
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance


class Compressor:
    """A model that compresses: by default it counts the turns that it was shown and pins nothing."""

    def __init__(self, answer=None):
        self.questions = []
        self._answer = answer or self._count

    @staticmethod
    def _count(asked):
        return Compression(summary=f"{asked['summary']}{len(asked['turns'])} turns. ", facts=())

    async def ask(self, question, allowance):
        """Every question is kept."""
        allowance.budget.model_call()
        self.questions.append(question)
        answer = self._answer(json.loads(question.input))
        if isinstance(answer, Exception):
            raise answer
        return ModelReply("r", "", answer, (), 1, 1)

    async def close(self):
        """Nothing to let go of."""


@pytest.fixture(scope="session")
def compressor():
    """Makes models."""
    return Compressor


@pytest.fixture(scope="session")
def allowance():
    """More than is needed."""
    return Allowance(Deadline(), Budget())


@pytest.fixture(scope="session")
def manifest_with():
    """The first manifest with other values in its workflow."""

    def with_(**values):
        manifest = load("v1")
        return replace(manifest, workflow=manifest.workflow.model_copy(update=values))

    return with_
