"""The error tree, and the half sentence that offers a valid name."""

from __future__ import annotations

import copy
import pickle

import pytest

from pytest_agentchaos import errors
from pytest_agentchaos.errors import (
    AgentChaosError,
    HungError,
    NoUpstreamError,
    RealIOError,
    ToolCallError,
    UnknownNameError,
    UsageError,
    nearest,
)


def test_every_error_of_this_package_has_one_base():
    """One `except` is enough; only a hang is out of its reach."""
    found = {thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, BaseException)}
    assert found == {HungError} | {kind for kind in found if issubclass(kind, AgentChaosError)}


def test_the_tree_in_the_docstring_is_complete():
    """A newcomer reads it first."""
    found = [
        name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, BaseException)
    ]
    assert [name for name in found if f"- {name}" not in str(errors.__doc__)] == []


@pytest.mark.parametrize(
    ("special", "general"),
    [
        (UnknownNameError, UsageError),
        (UnknownNameError, AttributeError),
        (NoUpstreamError, UsageError),
        (RealIOError, UsageError),
        (RealIOError, OSError),
        (ToolCallError, RuntimeError),
    ],
)
def test_an_error_is_also_what_code_around_it_expects(special, general):
    """`hasattr`, `except OSError` and `except RuntimeError` go on working."""
    assert issubclass(special, general)


def test_an_agent_cannot_swallow_the_proof_that_it_hangs():
    """`except Exception` around a call must not catch it."""
    assert not issubclass(HungError, Exception)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301 - our own
def test_a_tool_call_error_keeps_its_status_between_processes(again):
    """Campaigns run in several."""
    error = again(ToolCallError("no seats", status=503))
    assert (str(error), error.status) == ("no seats", 503)


def test_the_nearest_name_is_offered():
    """For a slip of the pen."""
    assert nearest("model_cals", ["tool_calls", "model_calls"]) == "did you mean 'model_calls'?"


def test_all_names_are_offered_when_none_is_near():
    """In an order that does not depend on theirs."""
    assert nearest("zzz", {"tokens", "calls"}) == "valid: calls, tokens"


def test_that_there_is_no_name_at_all_is_said():
    """An empty list would read like a cut message."""
    assert nearest("zzz", []) == "valid: none"
