"""docs/canaries.md: its story is told by the commands as they stand there, and its claims by the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.serving import Gate, Site
from pytest_agentchaos.serving.reading import LIMIT_BYTES, Asked
from pytest_agentchaos.serving.server import LIMITS
from reference_system.service.canary import manifest_for
from reference_system.settings import Settings

pytestmark = pytest.mark.unmeasured  # its many trials are all of one kind

TEXT = (Path(__file__).parents[2] / "docs" / "canaries.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
STORY = [
    (command, told.splitlines())
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    for command, told in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
]
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
CODES = {"HOLD": 2, "PROMOTE": 0, "ROLLBACK": 1}


def invoked(command):
    """A command of the page, in this process."""
    program, *arguments = shlex.split(command)
    assert program == "agentchaos"
    return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where its commands were run, one after the other; each has said what the page says that it says."""
    path = tmp_path_factory.mktemp("canaries")
    for name, body in FILES.items():
        (path / name).write_text(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for command, told in STORY:
            if command.startswith("agentchaos"):
                _held_against(command, told)
    return path


def _held_against(command, told):
    result = invoked(command)
    said = result.output.splitlines()
    for line in told:
        assert line == "..." or line in said, f"{command}\n{result.output[-3_000:]}"
    if command.startswith("agentchaos gate"):
        assert result.exit_code == CODES[told[0].split()[0]]


def test_hold_promote_and_rollback_are_what_the_gate_says_of_the_two_versions(folder):
    """The story of the page from its first run to its last."""
    gates = [told[0].split()[0] for command, told in STORY if command.startswith("agentchaos gate")]
    assert gates == ["HOLD", "PROMOTE", "ROLLBACK"]
    assert {path.name for path in folder.iterdir()} >= {"v1", "v2", "broken"}


def test_the_server_says_what_the_page_shows(folder):
    """Over the results of the story; a hook of Flagger goes the same way."""
    [shown] = [told for command, told in STORY if command.startswith("curl")]
    site = Site({"default": Gate("canary", folder / "v2", folder / "v1")})
    said = site.answer(Asked("GET", "/gate")).body.decode().splitlines()
    assert said[: len(shown) - 1] == shown[:-1]
    hook = Asked("POST", "/flagger/confirm-promotion", body=b'{"name": "travel", "namespace": "test"}')
    assert site.answer(hook).status == 200
    broken = Site({"default": Gate("canary", folder / "broken", folder / "v1")})
    assert broken.answer(Asked("POST", "/flagger/rollback", body=hook.body)).status == 200


@pytest.mark.parametrize("command", SHELL)
def test_commands_of_the_page_are_understood(folder, monkeypatch, command):
    """Each has a verb and options that exist; those that only print are run."""
    monkeypatch.chdir(folder)
    program, verb, *arguments = shlex.split(command.partition(">")[0])
    assert program == "agentchaos"
    main.get_command(None, verb).make_context(verb, arguments)
    if "--emit" in arguments:
        assert invoked(command.partition(">")[0]).exit_code == 0


def test_so_many_visitors_get_the_next_version():
    """As the service chooses."""
    told = re.search(r"Of the first 300 visitors, (\d+) get `v2`; of the first 1,200, (\d+) do", TEXT)
    users = [f"visitor-{number}" for number in range(1_200)]
    tried = [manifest_for(user, Settings()) == "v2" for user in users]
    assert [sum(tried[:300]), sum(tried)] == [int(count) for count in told.groups()]


def test_the_limits_of_the_page_are_those_of_the_server():
    """Bytes, seconds, connections."""
    told = re.search(
        r"above (\d+) kB, requests\s+that take longer than (\d+) seconds.*?more than (\d+) conn", TEXT, re.DOTALL
    )
    assert [int(one) for one in told.groups()] == [LIMIT_BYTES // 1024, LIMITS.patience_s, LIMITS.connections]
