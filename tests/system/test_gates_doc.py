"""docs/gates.md: its commands print what stands beneath, its policies are read, its tables are true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.gating.errors import LOOKS, RUNS, TRUTHS, undecided
from pytest_agentchaos.cli import main
from pytest_agentchaos.gating.metrics import METRICS
from pytest_agentchaos.gating.policy import load
from pytest_agentchaos.gating.shape import Compare, Evidence, Rule, Shape, Stats, Waiver, Where
from pytest_agentchaos.statistics.needed import without_failure

TEXT = (Path(__file__).parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
CONSOLE = re.findall(r"```console\n\$ agentchaos (.*?)\n(.*?)```", TEXT, re.DOTALL)
ROWS = re.findall(r"^\| (0\.\d\d) / (0\.\d\d) \| (\d+) \| (.*) \|$", TEXT, re.MULTILINE)


def is_told(printed, said):
    """Whether all of it was printed, in order; ``...`` stands for any lines, and hashes are not compared."""
    pattern = re.escape(re.sub(r"^policy .*$", "HASHES", said, flags=re.MULTILINE))
    pattern = pattern.replace(r"\.\.\." + "\\\n", r"(?:.*\n)*?").replace("HASHES", r"policy \w+  suite \w+")
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.unmeasured
def test_the_commands_print_what_stands_beneath(tmp_path, monkeypatch):
    """In their order, in one folder; and exit as is said."""
    monkeypatch.chdir(tmp_path)
    Path("ours.yaml").write_text(YAML[0], encoding="utf-8")
    codes = []
    for command, said in CONSOLE:
        ran = CliRunner().invoke(main, shlex.split(command), prog_name="agentchaos")
        assert is_told(ran.stdout, said), ran.output
        codes.append(ran.exit_code)
    assert codes == [0, 2, 1, 1, 1]


def test_the_policies_are_read(tmp_path):
    """All that are whole."""
    for number, text in enumerate(text for text in YAML if text.lstrip("# ours.yaml\n").startswith("version")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")
        assert load(path).rules


@pytest.mark.parametrize("shape", [Shape, Compare, Evidence, Stats, Rule, Where, Waiver])
def test_every_key_stands_there(shape):
    """As a key of some policy."""
    keys = "\n".join(YAML)
    for name in shape.model_fields:
        if name not in {"max", "max_upper_bound"}:  # told in the table of metrics
            assert re.search(rf"\b{name}:", keys), name


def test_every_metric_stands_there():
    """Families of figures by their stem."""
    for name, metric in METRICS.items():
        told = f"{name.removesuffix(metric.stat)}*" if metric.stat else name
        assert f"`{told}`" in TEXT, name
        assert all(f"`{limit}`" in TEXT for limit in metric.limits)


def test_the_table_of_runs_is_true():
    """By the exact bound."""
    assert f"| runs | {' | '.join(str(without_failure(rate)) for rate in (0.8, 0.9, 0.95, 0.99))} |" in TEXT


def test_the_table_of_error_rates_keeps_what_is_promised():
    """Whoever changes the canary policy or its statistics makes it again: python -m benchmarks.gating.table."""
    assert len(ROWS) == len(TRUTHS) * len(LOOKS)
    for truth, look in [(truth, look) for truth in TRUTHS for look in LOOKS]:
        (cells,) = (row[3] for row in ROWS if row[:3] == (f"{truth[0]:.2f}", f"{truth[1]:.2f}", str(look)))
        promote, hold, rollback, computed, promoted, rolled_back = (
            float(cell.rstrip(" %")) for cell in cells.split("|")
        )
        assert promote + hold + rollback == pytest.approx(100, abs=0.2)
        assert abs(hold - computed) < 400 * (0.25 / RUNS) ** 0.5
        assert (promoted if truth.baseline > truth.candidate else rolled_back) <= 5
        if look <= 50:
            assert computed == pytest.approx(100 * undecided(truth, look), abs=0.05)
