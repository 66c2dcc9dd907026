"""The specialist: one step, by asking the model what to do and doing it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from reference_system.agents.desk import Desk
from reference_system.agents.watch import Watch
from reference_system.contracts.asks import AskStep, StepReport
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.tools import TOOLS
from reference_system.errors import ChainLostError, ToolError, ToolRefusedError
from reference_system.hardening import Hardening
from reference_system.model.interface import FunctionCall, FunctionOutput, Model, ModelReply, Question

DONE = StepReport(outcome="done", problem=None, because="")
NOT_DONE = "you said that the step is done, and it is not; do it, or say why it is impossible"


class Specialist:
    """Asks, calls, tells what came of it, until the task is done or the model gives up."""

    def __init__(self, model: Model, manifest: Manifest, hardening: Hardening) -> None:
        self._model = model
        self._manifest = manifest
        self._hardening = hardening

    async def work(self, desk: Desk, watch: Watch, *, simple: bool = False) -> StepReport:
        """Do the step (``simple``: by the short prompt). Raises ModelError, StuckError, LimitError.

        A task that is done ends the step without another question to the model.
        """
        question = self._first_question(desk, simple=simple)
        watch.begin()
        while not desk.is_done():
            try:
                reply = await self._model.ask(question, desk.allowance)
            except ChainLostError:
                watch.turn(())
                question = self._first_question(desk, simple=simple)
                continue
            watch.turn(reply.calls)
            if reply.calls:
                question = replace(question, input=await _outputs(desk, reply.calls), previous=reply.id)
                continue
            report = self._report(reply)
            if report.outcome == "impossible" or not self._hardening.validate_results:
                return report
            question = self._first_question(desk, simple=simple, complaints=(NOT_DONE,))
        return DONE

    def _first_question(self, desk: Desk, *, simple: bool, complaints: tuple[str, ...] = ()) -> Question:
        """A conversation of its own, which knows what was done in earlier ones."""
        assignment = desk.assignment
        ask = AskStep(
            step=assignment.step.id,
            task=desk.task,
            facts=tuple(deed.fact for deed in assignment.facts),
            done=tuple(deed.fact for deed in desk.deeds),
            spend_at_most_minor=assignment.spend_at_most_minor,
            currency=assignment.currency,
            complaints=complaints,
        )
        return Question(
            role=assignment.step.agent,
            instructions=self._manifest.prompt(assignment.step.agent, simple=simple),
            input=ask.model_dump_json(),
            tools=tuple(TOOLS[name] for name in desk.skill.tools(desk.task)),
            answer=StepReport,
            correlation=assignment.correlation,
            trip=assignment.trip,
        )

    def _report(self, reply: ModelReply) -> StepReport:
        """What the model ends with; where nobody checks, whatever it says means that it is done."""
        return reply.parsed if isinstance(reply.parsed, StepReport) else DONE


async def _outputs(desk: Desk, calls: Sequence[FunctionCall]) -> tuple[FunctionOutput, ...]:
    """Of all calls of a turn, made at the same time. A limit that one of them meets is raised when all have ended."""
    if len(calls) == 1:
        return (await _output(desk, calls[0]),)
    ended = await asyncio.gather(*(_output(desk, call) for call in calls), return_exceptions=True)
    for each in ended:
        if isinstance(each, BaseException):
            raise each
    return tuple(each for each in ended if isinstance(each, FunctionOutput))


async def _output(desk: Desk, call: FunctionCall) -> FunctionOutput:
    """The result, or the error, as JSON."""
    try:
        result = await desk.call(call.name, call.arguments)
    except ToolError as error:
        return FunctionOutput(call.call_id, json.dumps({"error": _told(error)}))
    return FunctionOutput(call.call_id, result.model_dump_json(warnings=False))


def _told(error: ToolError) -> dict[str, str]:
    """What the model needs to know to do better."""
    told = {"kind": type(error).__name__.removesuffix("Error"), "message": str(error)}
    return told | {"code": error.code} if isinstance(error, ToolRefusedError) else told
