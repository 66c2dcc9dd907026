"""Every verb: there, explained, with exit codes, for programs as well; and quick to ask for."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import click
import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import BEGIN, VERBS, main

VERB = pytest.mark.parametrize("verb", sorted(VERBS))


def test_every_verb_that_is_listed_is_there():
    """A verb that ends in a traceback is worse than none."""
    missing = {verb for verb in VERBS if find_spec(f"pytest_agentchaos.cli.{verb.replace('-', '_')}") is None}
    assert missing == set()


@VERB
def test_every_verb_says_how_it_is_used_and_how_it_ends(verb):
    """Examples, and exit codes."""
    told = CliRunner().invoke(main, [verb, "--help"])
    lines = [line.strip() for line in told.output.splitlines()]
    assert told.exit_code == 0
    assert any(f"agentchaos {verb}" in line for line in lines[lines.index("Examples:") :])
    codes = [line.split()[0] for line in lines[lines.index("Exit codes:") + 1 :] if line]
    assert {"0", "2"} <= set(codes)


@VERB
def test_every_verb_speaks_json(verb):
    """For whoever reads with a program."""
    found = main.get_command(click.Context(main), verb)
    assert "--json" in {name for one in found.params for name in one.opts}


@VERB
def test_every_verb_names_itself_where_it_is_used_wrongly(verb):
    """And exits with 2, or 3 where 2 means something else, without a traceback."""
    result = CliRunner().invoke(main, [verb, "--no-such-option"], prog_name="agentchaos")
    assert result.exit_code in {2, 3}
    assert f"agentchaos {verb}" in result.output
    assert "--no-such-option" in result.output


def test_alone_it_says_where_to_begin():
    """Three commands, before all the others."""
    told = CliRunner().invoke(main, []).output
    assert told.index("Begin here:") < told.index("Commands:")
    assert all(f"agentchaos {verb}" in told for verb in BEGIN)
    assert len(BEGIN) == 3


def test_a_typo_of_a_verb_offers_the_nearest():
    """And exits with 2."""
    result = CliRunner().invoke(main, ["explor"])
    assert result.exit_code == 2
    assert "no command 'explor'; did you mean 'explore'?" in result.output


def test_help_loads_nothing_but_click():
    """That is why it is there at once."""
    code = (
        "import sys; from pytest_agentchaos.cli import main; main(['--help'], standalone_mode=False);"
        "print(*{'pydantic', 'yaml', 'jinja2', 'pytest', 'pandas', 'asyncio'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
