"""Latency."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.latency import Latency
from pytest_agentchaos.faults.steps import Delay, Deliver, Return


def test_time_passes_before_the_delivery(http_call):
    """The request arrives late."""
    assert Latency(seconds=2).compile(http_call()) == (Delay(2.0), Deliver(), Return())


def test_jitter_is_decided_by_the_seed(http_call):
    """The same call waits equally long in every run, another seed waits otherwise."""
    fault = Latency(seconds=1, jitter_s=4)
    first, again, other = (fault.compile(http_call(seed=seed))[0] for seed in (1, 1, 2))
    assert first == again != other
    assert isinstance(first, Delay)
    assert 1 <= first.seconds <= 5


def test_a_negative_time_is_an_error():
    """Nobody can answer before the question."""
    with pytest.raises(UsageError, match=r"faults\.Latency\(seconds=-1\).*greater than or equal to 0"):
        Latency(seconds=-1)
