"""Replay of the bundled system: what one process has recorded, another one sees again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.campaign import Campaign, read
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay import replay, replay_line, saved
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

COMMAND = "from pytest_agentchaos.cli.replay import command; command(prog_name='agentchaos replay')"


def run(line):
    """The command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, line], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_double_booking_is_seen_again_in_another_process(tmp_path):
    """To the digest, from its folder and from a line; and it is gone without the fault, or with the safeguard."""
    lost = rule(faults.DropResponse(), on.tool("book_hotel", nth=1))
    plan = Plan(System.of('reference_system:travel("idempotency")'), schedule=(lost,))
    with Campaign(tmp_path / "kept") as campaign:
        (result,) = campaign.run([plan])
    assert (result.status, result.failed[0].invariant) == ("fail", "no_duplicate_effect")
    code, printed = run(replay_line(read(tmp_path / "kept").results[0]).rpartition(" ")[2])
    assert "the same history as recorded" in printed
    assert code == 1
    found = saved(str(tmp_path / "kept"))
    assert replay(found).same is True
    assert replay(found, system="reference_system:travel").exit_code == 0
    assert replay(found, without=(1,)).exit_code == 0
