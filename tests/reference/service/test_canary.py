"""A small, fixed share of the users runs under the next manifest."""

import asyncio
import subprocess
import sys

import pytest

from reference_system.service.canary import manifest_for, share_of
from reference_system.settings import Settings

USERS = [f"user-{number}" for number in range(4_000)]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_the_share_of_users_is_the_one_that_was_set(share):
    """Within what chance allows for four thousand users."""
    settings = Settings(canary_share=share)
    tried = sum(manifest_for(user, settings) == settings.canary_manifest for user in USERS)
    assert tried / len(USERS) == pytest.approx(share, abs=0.012)


def test_a_user_stays_with_a_manifest():
    """In this process and in any other, whatever the hash seed."""
    code = (
        "from reference_system.service.canary import share_of; print([share_of(f'user-{n}', 's') for n in range(20)])"
    )
    here = [share_of(f"user-{number}", "s") for number in range(20)]
    there = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == str(here)


def test_raising_the_share_takes_nobody_back():
    """Who tries the next manifest already goes on trying it."""
    few, many = Settings(canary_share=0.05), Settings(canary_share=0.2)
    early = {user for user in USERS if manifest_for(user, few) == "v2"}
    assert early
    assert early <= {user for user in USERS if manifest_for(user, many) == "v2"}


def test_another_canary_is_tried_by_others():
    """It is not always the same users who meet what is new."""

    def tried_by(version):
        settings = Settings(canary_manifest=version, canary_share=0.05)
        return {user for user in USERS if manifest_for(user, settings) == version}

    assert len(tried_by("v2") & tried_by("v3")) < len(tried_by("v2")) / 2


def test_a_trip_carries_its_users_manifest(service, data):
    """From its beginning, so that it is resumed under the same one."""

    async def scene():
        travel = service(settings=Settings(canary_share=0.5))
        for user in USERS[:20]:
            await travel.post({**data, "user": user})
        seen = {row.request["user"]: row.manifest for row in travel.orchestrator.seen}
        assert seen == {user: manifest_for(user, Settings(canary_share=0.5)) for user in USERS[:20]}
        assert set(seen.values()) == {"v1", "v2"}

    asyncio.run(scene())
