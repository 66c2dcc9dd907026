"""A campaign is killed at any moment, and gone on with: what was done is kept, and the outcome is the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from pytest_agentchaos.campaign import read

DRIVER = '''
import os, signal, sys
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.system import System


def trip(chaos):
    book = chaos.tool(lambda: "booked", name="book")
    return lambda: book()


def dies_after(limit_bytes):
    """Kill this process when so many bytes have reached its files: it may be in the middle of a line."""
    write, written = os.write, 0

    def until(file, data):
        nonlocal written
        if written + len(data) >= limit_bytes:
            write(file, bytes(data)[: limit_bytes - written])
            os.kill(os.getpid(), signal.SIGKILL)
        written += len(data)
        return write(file, data)

    os.write = until


folder, workers, limit_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if limit_bytes:
    dies_after(limit_bytes)
with Campaign(folder, workers=workers, keep="all") as campaign:
    for result in campaign.run([Plan(System.of(trip), seed=seed) for seed in range(12)]):
        print(result.trial, result.status, result.digest, flush=True)
'''


@pytest.fixture
def carried_out(tmp_path):
    """Run the campaign in a process of its own, which dies after so many bytes."""
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)

    def run(folder, workers=1, limit_bytes=0):
        command = [sys.executable, str(driver), str(tmp_path / folder), str(workers), str(limit_bytes)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def lasting(folder):
    """What every run of the same campaign has in its folder."""
    found = {}
    for line in (folder / "results.jsonl").read_text().splitlines()[1:]:
        result = json.loads(line)
        del result["real_s"]
        found[result["trial"]] = result
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_campaign_loses_at_most_what_was_in_flight(carried_out, tmp_path, workers):
    """Killed at the end of a line and in the middle of one, again and again, it comes to the same results."""
    whole = carried_out("whole", workers)
    assert whole.returncode == 0, whole.stderr
    lines = (tmp_path / "whole" / "results.jsonl").read_bytes().splitlines(keepends=True)
    ends = [sum(map(len, lines[: number + 1])) for number in range(len(lines))]
    chance = random.Random(workers)  # noqa: S311 - the same moments each time
    at_an_end, inside = ends[chance.randrange(4)], chance.randrange(500, 2_500)

    known = 0
    for limit_bytes in (at_an_end, inside):
        killed = carried_out("killed", workers, limit_bytes)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        kept = read(tmp_path / "killed")
        told = killed.stdout.splitlines()
        assert set(told) <= {f"{one.trial} {one.status} {one.digest}" for one in kept}
        assert kept.dropped <= 1
        assert all(kept.history(result) is not None for result in kept)
        assert len(kept) >= known
        known = len(kept)

    last = carried_out("killed", workers)
    assert (last.returncode, last.stdout) == (0, whole.stdout), last.stderr
    assert lasting(tmp_path / "killed") == lasting(tmp_path / "whole")
    assert read(tmp_path / "killed").dropped == 0


BUSY = DRIVER.replace(
    "return lambda: book()", 'return lambda: os.write(2, b"begun\\n") and all(True for _ in iter(int, 1))'
)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_ends_all_processes_at_once(tmp_path, workers):
    """Ctrl-C reaches everybody in the foreground: the campaign ends with one traceback, and nobody is left."""
    driver = tmp_path / "driver.py"
    driver.write_text(BUSY)
    command = [sys.executable, str(driver), str(tmp_path / "results"), str(workers), "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert [process.stderr.readline() for _ in range(workers)] == ["begun\n"] * workers
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert len(read(tmp_path / "results")) == 0
