"""What wires between real processes have in common."""

from __future__ import annotations

import pytest

from pytest_agentchaos import Chaos
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.live import Link, Processes, Proxy, Wires
from pytest_agentchaos.processes import RealProcess


@pytest.mark.parametrize(
    ("make", "package"),
    [
        (lambda: Link("127.0.0.1:1"), "toxiproxy"),
        (lambda: Proxy("http://127.0.0.1:1").__enter__(), "h11"),
        (lambda: Proxy("http://127.0.0.1:1").__enter__(), "httpx2"),
    ],
)
def test_a_missing_package_is_told_with_the_extra_that_has_it(monkeypatch, make, package):
    """Before anything has been started."""
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(UsageError, match=rf"needs {package}, .*pip install 'pytest-agentchaos\[live\]'"):
        make()


class Broken:
    """A wire that cannot end."""

    def begin(self, active):
        """Nothing."""

    def end(self):
        """Fail."""
        msg = "no answer"
        raise OSError(msg)


def test_a_wire_that_fails_to_end_keeps_no_other_from_ending():
    """Else faults would stand there for ever."""
    ended = []
    other = type("Other", (Broken,), {"end": lambda _: ended.append(1)})()
    wires = Wires()
    for wire in (other, Broken(), other):
        wires.put_up(wire)
    with pytest.raises(OSError, match="no answer"), wires.joined(None):
        pass
    assert ended == [1, 1]


def test_faults_reach_kept_processes_in_the_trials_to_which_they_were_declared():
    """Those of others can neither kill nor pause them."""
    kept, own, other = Wires(), Chaos(), Chaos()
    own.wires(kept)
    with Processes(wires=kept) as processes:
        worker = processes.start("worker", ["/bin/sh", "-c", "sleep 1000"])
        with other.live():
            assert not isinstance(other.trial.engine.processes.named("worker"), RealProcess)
        with own.live():
            assert own.trial.engine.processes.named("worker").handle is worker
