"""10,000 trials in one process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Measurement, resident_mb
from pytest_agentchaos import ScriptedModel, faults, on
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial

EARLY, LATE = 1_000, 10_000


def measurements() -> Iterator[Measurement]:
    """An agent that builds its own client, whose first answer is lost."""
    resident: dict[int, float] = {}
    for number in range(1, LATE + 1):
        trial = Trial((rule(faults.DropResponse(), on.model(nth=1)),), seed=number)
        trial.upstreams.declare("https://api.openai.com", ScriptedModel(["done"]))
        trial.run(_agent)
        trial.history.digest()
        if number in {EARLY, LATE}:
            resident[number] = resident_mb()
    grown_mb = resident[LATE] - resident[EARLY]
    detail = f"{resident[EARLY]:.0f} MB after {EARLY:,} trials, {resident[LATE]:.0f} MB after {LATE:,}"
    yield Measurement("memory of 10,000 trials", grown_mb, "MB more", 20, "at_most", detail)


async def _agent() -> Any:
    import openai

    async with openai.AsyncOpenAI(api_key="x") as client:
        return (await client.responses.create(model="gpt-5", input="hello")).output_text
