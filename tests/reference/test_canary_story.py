"""Two manifests, five percent of the users, the results of both, and a gate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import load
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System
from reference_system.occasions import visitor
from reference_system.service.canary import manifest_for
from reference_system.settings import Settings
from reference_system.system import travel

LIVE = """
version: 1
name: live
compare: {pair_by: []}
evidence: {min_runs_per_cell: 6, max_age: 24h}
stats: {sequential: evalue}
rules:
  - {id: safety, metric: violations, invariant: "no_duplicate_effect*", max: 0, role: veto}
  - {id: no-worse, metric: pass_rate, test: non_inferiority, margin: 0.10}
"""


@pytest.mark.parametrize("manifest", ["v1", "v2"])
def test_a_system_can_be_put_under_a_manifest(agentchaos, manifest):
    """By its text, as commands and scenarios name it; every user has it."""
    system = System.of(f'reference_system:travel(manifest="{manifest}")').make()
    system.introduce(agentchaos)
    taken = agentchaos.run(system.take, "hotel-only")
    assert [answer.manifest for answer in taken.answers] == [manifest]


def test_unless_one_is_asked_for_the_usual_one_is_taken():
    """What the settings say otherwise stays."""
    assert travel().settings.manifest == "v1"
    assert travel(manifest="v2").settings.canary_share == 0.0
    assert travel(manifest="v2", settings=Settings(model="travel-terse")).settings.model == "travel-terse"


@pytest.mark.parametrize("manifest", ["v1", "v2"])
def test_a_visitor_is_served_by_the_version_that_the_service_chooses(agentchaos, manifest):
    """Five percent of them by the next one."""
    one = visitor(manifest=manifest)
    assert one.travel.settings.canary_share == 0.05
    one.introduce(agentchaos)
    [answer] = agentchaos.run(one.take)
    assert (answer.manifest, manifest_for(one.user, Settings())) == (manifest, manifest)


def test_a_version_that_no_user_has_is_told(agentchaos):
    """Rather than looked for, for ever."""
    with pytest.raises(ValueError, match="give one of v1, v2"):
        visitor(manifest="v3").introduce(agentchaos)


def test_a_visitor_who_is_served_by_the_other_version_spoils_no_results(agentchaos):
    """The trial fails, and is not counted for the wrong side."""
    one = visitor(manifest="v2")
    one.introduce(agentchaos)
    one.user = next(user for user in ("a", "b", "c", "d") if manifest_for(user, Settings()) == "v1")
    with pytest.raises(AssertionError, match="was to be served by v2 and was served by v1"):
        agentchaos.run(one.take)


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory):
    """Users of the version in production, few of the canary, and some of a canary with a defect."""
    path = tmp_path_factory.mktemp("live")
    (path / "live.yaml").write_text(LIVE)
    lost = rule(faults.DropResponse(), on.write(nth=1))

    def run(name, system, trials):
        plans = [Plan(System.of(system), None, (lost,), seed, scenario="visitors") for seed in range(trials)]
        with Campaign(path / name, labels={"version": name}) as campaign:
            return list(campaign.run(plans))

    run("stable", "reference_system.occasions:visitor", 12)
    run("canary", 'reference_system.occasions:visitor(manifest="v2")', 6)
    run("broken", 'reference_system.occasions:visitor("idempotency", manifest="v2")', 6)
    return path


def decided(path, name):
    """What the gate says of a canary beside the version in production."""
    return decide(load(path / "live.yaml"), gather(path / name), gather(path / "stable"), at=datetime.now(UTC))


def test_few_users_decide_nothing_and_the_gate_says_how_many_would(campaigns):
    """At five percent there are few for long."""
    told = decided(campaigns, "canary")
    assert (told.decision, told.counts["pass"]) == ("hold", 6)
    assert told.runs_needed > 8


def test_a_canary_that_books_twice_is_rolled_back_at_once(campaigns):
    """A veto waits for no numbers."""
    told = decided(campaigns, "broken")
    assert told.decision == "rollback"
    assert "6 of 6 trials" in told.reason


def test_results_of_two_versions_are_not_mixed_up(campaigns):
    """The systems of both sides stand in the decision, and their labels in their files."""
    told = decided(campaigns, "canary")
    assert told.systems == {
        "candidate": 'reference_system.occasions:visitor(manifest="v2")',
        "baseline": "reference_system.occasions:visitor",
    }
    assert gather(campaigns / "canary").sources[0].head.labels == {"version": "canary"}
    with pytest.raises(UsageError):
        gather(campaigns / "missing")
