"""What ``--emit`` prints: valid, and with the fields that those who read it know."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.errors import UnknownNameError
from pytest_agentchaos.gating.emit import TARGETS, emit

ODD = 'a "policy": with # {{odd}} ${{ names }}.yaml'


def parsed(target, policy="canary", *, compares=True):
    """Its documents."""
    return list(yaml.safe_load_all(emit(target, policy, compares=compares)))


def of(documents, kind, name=None):
    """The one document of this kind."""
    [one] = [one for one in documents if one["kind"] == kind and name in {None, one["metadata"]["name"]}]
    return one


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("compares", [True, False])
def test_each_is_valid_yaml_with_the_policy_as_it_was_given(target, compares):
    """No mark of the templates is left; a baseline is spoken of only where one is needed; nothing in it is a secret."""
    text = emit(target, ODD, compares=compares)
    documents = list(yaml.safe_load_all(text))
    assert all(isinstance(one, dict) for one in documents)
    assert "<" + "POLICY" not in text
    assert "#[" not in text
    assert "#]" not in text
    assert ("baseline" in text) is compares
    assert ODD in repr(documents).replace("\\'", "'")
    assert not re.search(r"(?i)(password|api[-_]?key|secret):\s*\S", text)


def test_an_unknown_target_is_told_the_nearest():
    """In the library as in the command."""
    with pytest.raises(UnknownNameError, match="argo"):
        emit("agro", "canary", compares=True)


def test_argo_is_asked_over_the_web_with_both_conditions():
    """With one of them alone, whatever is neither would count as the other."""
    template = of(parsed("argo"), "AnalysisTemplate", "agentchaos-gate")
    assert template["apiVersion"] == "argoproj.io/v1alpha1"
    assert template["spec"].keys() == {"args", "metrics"}
    args = {one["name"]: one for one in template["spec"]["args"]}
    assert args["token"] == {
        "name": "token",
        "valueFrom": {"secretKeyRef": {"name": "agentchaos-token", "key": "token"}},
    }
    [metric] = template["spec"]["metrics"]
    assert metric == {
        "name": "decision",
        "successCondition": 'result.decision == "promote"',
        "failureCondition": 'result.decision == "rollback"',
        "provider": {
            "web": {
                "url": "{{args.server}}/gate/{{args.gate}}",
                "timeoutSeconds": 60,
                "headers": [{"key": "Authorization", "value": "Bearer {{args.token}}"}],
                "jsonPath": "{$.result}",
            }
        },
    }
    assert set(re.findall(r"{{args\.(\w+)}}", str(metric))) == args.keys()


def test_argo_can_run_the_gate_as_a_job_that_is_never_repeated():
    """An exit code other than 0 is a failure; a second try would count twice."""
    template = of(parsed("argo"), "AnalysisTemplate", "agentchaos-gate-job")
    [metric] = template["spec"]["metrics"]
    assert metric.keys() == {"name", "provider"}
    job = metric["provider"]["job"]["spec"]
    pod = job["template"]["spec"]
    [container] = pod["containers"]
    assert (job["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    assert container["command"] == ["agentchaos", "gate"]
    assert container["args"] == ["canary", "/results/candidate", "--baseline=/results/baseline"]
    [alone] = of(parsed("argo", compares=False), "AnalysisTemplate", "agentchaos-gate-job")["spec"]["metrics"]
    assert alone["provider"]["job"]["spec"]["template"]["spec"]["containers"][0]["args"][1:] == ["/results/candidate"]


def test_a_rollout_waits_at_five_percent_for_a_template_that_is_there():
    """Steps in the order in which they are taken."""
    documents = parsed("argo")
    rollout = of(documents, "Rollout")
    assert rollout["apiVersion"] == "argoproj.io/v1alpha1"
    assert rollout["spec"].keys() == {"replicas", "selector", "workloadRef", "strategy"}
    weight, pause, analysis = rollout["spec"]["strategy"]["canary"]["steps"]
    assert weight == {"setWeight": 5}
    assert pause.keys() == {"pause"}
    for one in analysis["analysis"]["templates"]:
        of(documents, "AnalysisTemplate", one["templateName"])


def test_flagger_waits_to_promote_and_asks_whether_to_roll_back():
    """A ``rollout`` hook would count what is held as failed checks."""
    canary = of(parsed("flagger"), "Canary")
    assert canary["apiVersion"] == "flagger.app/v1beta1"
    assert canary["spec"].keys() == {"targetRef", "service", "analysis"}
    analysis = canary["spec"]["analysis"]
    assert analysis.keys() == {"interval", "threshold", "stepWeight", "maxWeight", "webhooks"}
    assert analysis["stepWeight"] == analysis["maxWeight"] == 5
    assert [one["type"] for one in analysis["webhooks"]] == ["rollback", "confirm-promotion"]
    for one in analysis["webhooks"]:
        assert one.keys() == {"name", "type", "url", "timeout", "metadata"}
        assert one["url"] == f"http://agentchaos:8765/flagger/{one['type']}"
        assert all(isinstance(value, str) for value in one["metadata"].values())
    seconds = [int(one["timeout"].removesuffix("s")) for one in analysis["webhooks"]]
    assert sum(seconds) <= 60  # the interval


@pytest.mark.parametrize("target", ["argo", "flagger"])
def test_the_server_of_the_manifests_can_be_started_as_they_say(target):
    """Its options exist; it is reached under the name that the others use, with the token of the secret."""
    documents = parsed(target)
    server, service = of(documents, "Deployment"), of(documents, "Service")
    [container] = server["spec"]["template"]["spec"]["containers"]
    known = main.get_command(None, "serve")
    names = {name for one in known.params for name in one.opts}
    options = [one.partition("=")[0] for one in container["args"] if one.startswith("--")]
    assert set(options) <= names
    assert container["args"][container["args"].index("--policy") + 1] == "canary"
    [variable] = container["env"]
    assert variable["name"] == "AGENTCHAOS_TOKEN"
    assert service["metadata"]["name"] == "agentchaos"
    assert service["spec"]["ports"][0]["port"] == container["ports"][0]["containerPort"] == 8765
    labels = server["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == labels == server["spec"]["selector"]["matchLabels"]


@pytest.fixture
def workflow():
    """For GitHub."""
    [told] = parsed("github")
    return told


def test_the_workflow_may_read_and_nothing_else(workflow):
    """Actions are pinned by their major version; shards have artefacts of their own."""
    assert workflow["permissions"] == {"contents": "read", "actions": "read"}
    assert workflow[True].keys() == {"pull_request", "push"}  # YAML 1.1 takes the key for a boolean; GitHub does not
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
    uploads = [step["with"]["name"] for step in steps if step.get("uses", "").startswith("actions/upload")]
    assert uploads == ["chaos-${{ matrix.seed }}", "report"]
    assert workflow["jobs"]["gate"]["needs"] == "run"
    assert len(workflow["jobs"]["run"]["strategy"]["matrix"]["seed"]) == 4


def test_the_gate_runs_though_a_shard_has_failed_and_fails_then(workflow):
    """Skipped, it would count as a success."""
    gate = workflow["jobs"]["gate"]
    assert gate["if"].startswith("${{ !cancelled()")
    assert gate["steps"][0]["run"] == 'test "${{ needs.run.result }}" = success'
    assert gate["steps"][-1]["name"] == "Gate"


@pytest.fixture
def shell(tmp_path):
    """Runs a step as the runner does, with commands that write down how they were called."""

    def run(script, code=0, **environment):
        for name in ("agentchaos", "gh"):
            stub = tmp_path / name
            stub.write_text(f'#!/bin/sh\necho "{name} $*" >> "$CALLS"\nexit "$CODE"\n')
            stub.chmod(0o755)
        (tmp_path / "report").mkdir(exist_ok=True)
        (tmp_path / "report" / "summary.md").write_text("# told\n")
        (tmp_path / "step.sh").write_text(script)
        calls = tmp_path / "calls"
        calls.write_text("")
        told = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls), "CODE": str(code),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }  # fmt: skip
        ended = subprocess.run(
            ["/usr/bin/env", "bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"],
            cwd=tmp_path, env={**told, **environment}, check=False, timeout=30,
        )  # fmt: skip
        return ended.returncode, calls.read_text().splitlines()

    return run


def step(workflow, job, name):
    """The script of a step."""
    [found] = [one["run"] for one in workflow["jobs"][job]["steps"] if one.get("name") == name]
    return found.replace("${{ matrix.seed }}", "100")


@pytest.mark.parametrize(("code", "is_well"), [(0, True), (1, True), (3, True), (2, False), (130, False)])
def test_failing_trials_are_for_the_gate_and_a_broken_run_is_not(workflow, shell, code, is_well):
    """The step of a shard, as the shell takes it."""
    told, calls = shell(
        step(workflow, "run", "Run the catalogue"), code, SYSTEM="my_project.chaos:trip(1, 2)", GITHUB_SHA="abc"
    )
    assert (told == 0) is is_well
    called = "agentchaos run catalogue --system my_project.chaos:trip(1, 2) --seed 100 -j 2 --out results/shard-100"
    assert calls == [f"{called} --no-report --label commit=abc"]


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_exit_code_of_the_gate_is_that_of_the_job(workflow, shell, code):
    """Called as the policy needs it."""
    told, calls = shell(step(workflow, "gate", "Gate"), code, POLICY="our policy.yaml")
    assert told == code
    assert calls == ["agentchaos gate our policy.yaml candidate --explain --baseline baseline"]
    [alone] = parsed("github", compares=False)
    assert shell(step(alone, "gate", "Gate"), code, POLICY="ours")[1] == ["agentchaos gate ours candidate --explain"]


def test_the_summary_of_the_job_is_that_of_the_report(workflow, shell, tmp_path):
    """As Markdown."""
    told, calls = shell(step(workflow, "gate", "Draw the report"), POLICY="canary")
    assert (told, calls) == (0, ["agentchaos report candidate --policy canary --out report --baseline baseline"])
    assert (tmp_path / "summary").read_text() == "# told\n"


def test_a_first_run_has_no_baseline_to_fetch(workflow, shell):
    """Nothing is downloaded, and the gate will say so."""
    where = {"GITHUB_REPOSITORY": "me/it", "GITHUB_WORKFLOW": "chaos"}
    told, calls = shell(step(workflow, "gate", "Fetch the latest results of main"), **where)
    assert told == 0
    assert [one.split()[:3] for one in calls] == [["gh", "run", "list"]]


def test_the_commands_in_it_have_the_options_that_it_uses(workflow):
    """A workflow that was right once breaks here when an option is renamed."""
    for job, name, verb in (
        ("run", "Run the catalogue", "run"), ("gate", "Draw the report", "report"), ("gate", "Gate", "gate"),
    ):  # fmt: skip
        known = {option for one in main.get_command(None, verb).params for option in one.opts}
        used = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", step(workflow, job, name)))
        assert used - {"-eq"} <= known, verb


def emitted(*arguments):
    """The command."""
    return CliRunner().invoke(main, ["gate", *arguments])


def test_the_command_prints_them_without_any_results():
    """Whether there is a baseline, the policy says."""
    told = emitted("canary", "--emit", "argo")
    assert (told.exit_code, told.output) == (0, emit("argo", "canary", compares=True))
    assert emitted("nightly", "--emit", "github").output == emit("github", "nightly", compares=False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["cnary", "--emit", "argo"], "did you mean 'canary'"),
        (["canary", "--emit", "agro"], "argo"),
        (["canary", "results", "--emit", "argo"], "RESULTS means nothing"),
        (["canary", "--emit", "argo", "--baseline", "x"], "--baseline means nothing"),
        (["canary"], "RESULTS"),
    ],
)
def test_a_wrong_use_is_invalid(arguments, why):
    """As everywhere in this command."""
    told = emitted(*arguments)
    assert told.exit_code == 3
    assert why in told.output
