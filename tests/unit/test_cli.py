"""The command line: what it lists, and its exit codes."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from pytest_agentchaos import __version__
from pytest_agentchaos.cli import main
from pytest_agentchaos.faults.registry import registered


def test_the_version_is_shown():
    """For bug reports."""
    assert __version__ in CliRunner().invoke(main, ["--version"]).output


def test_every_fault_is_listed_under_its_family():
    """The list is the registry, nothing by hand."""
    output = CliRunner().invoke(main, ["faults"]).output
    assert all(f"  {name} " in output for name in registered())
    assert output.index("delivery:") < output.index("answer:") < output.index("stream:") < output.index("model:")


def test_a_fault_is_described_with_its_parameters():
    """What it does, where it acts, what can be set."""
    output = CliRunner().invoke(main, ["faults", "latency"]).output
    assert "acts on: agent, http, model, rpc, tcp, tool" in output
    assert "seconds: float = 5.0" in output


def test_a_fault_without_parameters_says_so():
    """No empty heading."""
    assert CliRunner().invoke(main, ["faults", "drop_request"]).output.rstrip().endswith("no parameters")


def test_every_fault_can_be_described():
    """No annotation breaks it."""
    for name in registered():
        assert CliRunner().invoke(main, ["faults", name]).exit_code == 0


def test_an_unknown_fault_is_a_usage_error_with_the_nearest_name():
    """The value, and the remedy."""
    result = CliRunner().invoke(main, ["faults", "drop_respons"])
    assert result.exit_code == 2
    assert "did you mean 'drop_response'?" in result.output


def test_the_commands_are_listed_with_what_they_do():
    """What else there is, for whoever looks."""
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(f"  {name} " in output for name in ("check-trace", "demo", "faults"))
    assert "Judge traces that were exported" in output


def test_what_traces_are_judged_with_is_loaded_by_that_command_only():
    """Listing faults does not wait for it."""
    code = (
        "import sys; from pytest_agentchaos.cli import main; main(['faults'], standalone_mode=False);"
        " sys.exit(any(name.startswith(('pytest_agentchaos.traces', 'pytest_agentchaos.check_trace'))"
        " for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0


def test_a_fault_on_the_command_line_needs_no_scenarios():
    """A shim starts with each session of its client: reading files of which there are none would double that."""
    code = (
        "import sys; from pytest_agentchaos.cli.injecting import rule_of; rule_of('drop_response on write=book_*');"
        " sys.exit('pytest_agentchaos.scenario' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
