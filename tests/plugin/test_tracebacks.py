"""What somebody wrote wrong is shown where they wrote it."""

from __future__ import annotations

import pytest

WRONG = """
import asyncio, socket
import httpx2
from pytest_agentchaos import faults, invariants, on

def test_it(agentchaos):
    def call():
        httpx2.Client().get("https://nowhere.example/")
    def connect():
        socket.create_connection(("nowhere.example", 80))
    async def wait():
        await asyncio.get_running_loop().create_future()
    {line}
"""


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("agentchaos.inject(faults.DropRespons())", "did you mean 'DropResponse'?"),
        ("agentchaos.inject(faults.Latency(second=3))", "did you mean 'seconds'?"),
        ("agentchaos.inject(faults.UnknownTool(), on.tool())", "acts on model calls"),
        ("agentchaos.inject(faults.Latency(), on.tool(nth=0))", "nth=0"),
        ("agentchaos.check(invariants.at_most('model_cals', 3))", "did you mean 'model_calls'?"),
        ("agentchaos.run(connect)", "nowhere.example:80"),
        ("agentchaos.run(call)", "nothing stands behind https://nowhere.example"),
        ("agentchaos.run(wait)", "nothing can wake the system"),
    ],
)
def test_no_frame_of_ours_stands_between_an_error_of_use_and_its_reader(pytester, line, error):
    """The last frame that is shown is the user's, or that of the library which they called."""
    pytester.makepyfile(WRONG.format(line=line))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    shown = pytester.runpytest_inprocess("-p", "no:cacheprovider").stdout.str()
    assert error in shown
    frames = [row for row in shown.splitlines() if ".py:" in row and "pytest_agentchaos" in row.split(":")[0]]
    assert frames == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("agentchaos_proxy('https://api.example.com')", "allow=('api.example.com',)"),
        ("agentchaos_proxy('nowhere')", "no upstream of a proxy"),
        ("agentchaos_tcp('db.example.com:5432')", "allow=('db.example.com',)"),
        ("agentchaos_tcp('postgresql://127.0.0.1/x')", "write host:port"),
        ("agentchaos_processes.start('a', [sys.executable, '-c', ''], ready=ready.line('up'))", "before it was ready"),
        ("agentchaos_processes.start('a', 'python a.py')", "a list of the program"),
    ],
)
def test_nor_between_one_of_live_mode_and_its_reader(pytester, line, error):
    """Frames of ours would also show the environment, with what is secret in it."""
    pytester.makepyfile(
        f"""
        import sys
        from pytest_agentchaos.live import ready

        def test_it(agentchaos_proxy, agentchaos_tcp, agentchaos_processes):
            {line}
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    shown = pytester.runpytest_inprocess("-p", "no:cacheprovider").stdout.str()
    assert error in shown
    frames = [row for row in shown.splitlines() if ".py:" in row and "pytest_agentchaos" in row.split(":")[0]]
    assert frames == []


def test_a_defect_of_ours_keeps_its_frames(pytester):
    """There they are what is needed."""
    pytester.makepyfile(
        """
        from typing import ClassVar
        from pytest_agentchaos import on
        from pytest_agentchaos.faults.base import Fault

        class Broken(Fault):
            name: ClassVar[str] = "broken"
            family: ClassVar[str] = "delivery"

            def compile(self, situation):
                raise KeyError("oops")

        def test_it(agentchaos):
            agentchaos.inject(Broken(), on.tool())
            agentchaos.run(agentchaos.tool(print), "x")
        """
    )
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    shown = pytester.runpytest_subprocess("-p", "no:cacheprovider").stdout.str()
    assert "pytest-agentchaos itself failed" in shown
    assert "raise KeyError" in shown
    assert "flight.py" in shown
