"""What wires between real processes have in common."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.live import Link, Proxy
from pytest_agentchaos.wires import standing


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
    wires = [other, Broken(), other]
    for wire in wires:
        standing.put_up(wire)
    with pytest.raises(OSError, match="no answer"), standing.joined(None):
        pass
    for wire in wires:
        standing.take_down(wire)
    assert ended == [1, 1]
