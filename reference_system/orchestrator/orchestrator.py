"""The orchestrator: one trip from its request to its answer, and from wherever a killed run has left it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from reference_system import checkpoints
from reference_system.agents.team import Team
from reference_system.catalogue import CITIES
from reference_system.checkpoints import CheckpointError
from reference_system.compensation import Compensation, Leftover, Undoing, doubtful_undos, doubts, everything
from reference_system.context.compression import compress
from reference_system.contracts.asks import Talk
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.plan import Plan, Route
from reference_system.contracts.trip import Reason, TripAnswer, TripRequest
from reference_system.errors import LimitError, ModelError, StoreError
from reference_system.escalation import hand_over
from reference_system.gateway.interface import Tools
from reference_system.hardening import Hardening
from reference_system.model.interface import Model
from reference_system.orchestrator.allowances import Allowances
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.earlier import earlier_bookings
from reference_system.orchestrator.ending import EndedError, Ending
from reference_system.orchestrator.executor import Executor
from reference_system.orchestrator.journal import Journal
from reference_system.orchestrator.ledger import Ledger
from reference_system.orchestrator.meter import Meter
from reference_system.orchestrator.phrases import phrase
from reference_system.orchestrator.planner import Planner
from reference_system.orchestrator.router import Router
from reference_system.orchestrator.story import Story
from reference_system.orchestrator.summariser import Summariser
from reference_system.orchestrator.supervisor import UNFINISHED, Supervisor
from reference_system.store.interface import BookingRow, Store, TripRow
from reference_system.telemetry.interface import Telemetry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a trip came to, for comparing two ways of working on it."""

    route: Route | None
    plan: Plan | None
    answer: TripAnswer


class Orchestrator:
    """Works on trips by one manifest; on many at the same time."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of the system meet here
        self,
        model: Model,
        tools: Tools,
        store: Store,
        telemetry: Telemetry,
        manifest: Manifest,
        hardening: Hardening,
    ) -> None:
        self._model = model
        self._tools = tools
        self._store = store
        self._telemetry = telemetry
        self._manifest = manifest
        self._hardening = hardening
        self._allowances = Allowances(manifest, hardening)
        self._journal = Journal(store, telemetry, manifest.version, checkpoints_on=hardening.checkpoints)
        self._supervisor = Supervisor(manifest, hardening)

    async def run(self, trip: TripRow) -> TripAnswer:
        """The answer, with exactly one reason; it is stored as well. A trip that was begun goes on where it was.

        Raises StoreError only: without its store a trip breaks off, and is to be run again when the store is back.
        """
        known = await self._journal.answer(trip.trip)
        if known is not None:
            return known
        return (await self._run(trip, shadow=False)).answer

    async def rehearse(self, trip: TripRow) -> Outline:
        """A shadow run: reads, and stops each step before it writes. Nothing is stored but messages."""
        return await self._run(trip, shadow=True)

    async def _run(self, row: TripRow, *, shadow: bool) -> Outline:
        meter = Meter(self._model)
        story = Story(self._telemetry, row)
        with story.workflow(self._manifest.version) as span:
            case = await self._open(row, shadow=shadow)
            story.begun(case.request, resumed=case.checkpoints > 0)
            ending = case.ending or await self._decide(case, story, meter)
            answer = await self._close(case, ending, story, meter)
            span.set(travel__reason=str(answer.reason))
        if not shadow:
            self._telemetry.trip_ended(
                str(answer.reason),
                time.time() - row.began_at_s,
                meter.tokens,
                meter.cost_micro(self._manifest.price),
            )
        return Outline(case.route, case.plan, answer)

    # --- where it was -----------------------------------------------------------------------------------------------

    async def _open(self, row: TripRow, *, shadow: bool) -> Case:
        policy = self._manifest.policy
        case = Case(
            row=row,
            request=TripRequest.model_validate(row.request),
            policy=policy,
            allowance=self._allowances.begin(row.began_at_s),
            ledger=Ledger(policy.currency),
            shadow=shadow,
        )
        try:
            last = None if shadow else await self._journal.last(row.trip)
        except CheckpointError as error:
            case.ledger.adopt(await self._journal.intents(row.trip))
            case.ending = self._supervisor.given_up(str(error))
            return case
        if last is not None:
            case.checkpoints, checkpoint = last
            checkpoints.restore(case, checkpoint)
            allowance = self._allowances.begin(row.began_at_s, checkpoint.used)
            case.allowance = self._allowances.with_money(allowance, case.limit_minor)
            case.begun = await self._journal.intents(row.trip)
            case.ledger.adopt(case.begun)
        return case

    # --- from the request to the ending -----------------------------------------------------------------------------

    async def _decide(self, case: Case, story: Story, meter: Meter) -> Ending:
        """Work on it until it is clear how it ends, and write that down before anything is made of it."""
        ending = await self._work(case, story, meter)
        case.ending = ending
        story.decided(ending)
        if case.plan is not None and (ending.undoes or ending.reason is Reason.ESCALATED):
            await self._journal.save(case, story)
        return ending

    async def _work(self, case: Case, story: Story, meter: Meter) -> Ending:
        try:
            with story.planning():
                await self._route(case, story, meter)
                await self._plan(case, story, meter)
        except EndedError as ended:
            return ended.ending
        except LimitError as error:
            return self._supervisor.over_limit(error)
        except ModelError as error:
            return self._supervisor.given_up(f"it cannot be planned: {type(error).__name__}: {error}")
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the trip gets an end and the user an answer
            _log.exception("trip %s could not be planned", case.trip)
            return Ending(reason=Reason.FAILED, problem=UNFINISHED, because=f"{type(error).__name__}: {error}")
        return await self._execute(case, story, meter)

    async def _route(self, case: Case, story: Story, meter: Meter) -> None:
        if case.route is not None:
            return
        row = case.row
        case.talk = await self._talk(case, meter)
        router = Router(meter, self._manifest)
        case.route = await router.route(
            case.request, case.talk, case.allowance, trip=row.trip, correlation=row.correlation
        )
        story.routed(case.route)
        if case.route.kind == "out_of_scope":
            raise EndedError(Ending(reason=Reason.REFUSED, because="out of scope"))
        earlier = await earlier_bookings(self._store, case.request, case.language)
        case.ledger = Ledger(case.policy.currency, earlier)
        await self._journal.save(case, story)

    async def _talk(self, case: Case, meter: Meter) -> Talk:
        """What router and planner are told of the conversation before; without ``compression`` all of it."""
        if not self._hardening.compression:
            return Talk(turns=case.request.conversation)
        return await compress(
            case.request.conversation,
            meter,
            self._manifest,
            case.allowance,
            names=CITIES,
            correlation=case.row.correlation,
            trip=case.trip,
        )

    async def _plan(self, case: Case, story: Story, meter: Meter) -> None:
        if case.plan is None and case.route is not None and case.talk is not None:
            planner = Planner(meter, self._manifest, self._hardening)
            ask = planner.ask(case.request, case.route, case.talk, case.ledger.earlier)
            case.plan = await planner.plan(ask, case.allowance, trip=case.trip, correlation=case.row.correlation)
            case.allowance = self._allowances.with_money(case.allowance, case.limit_minor)
            story.planned(case.plan)
            await self._journal.save(case, story)
        if case.plan is not None and case.plan.problem is not None:
            question = case.plan.question or phrase(case.language, "ask_more")
            raise EndedError(Ending(reason=Reason.NEEDS_INPUT, problem=case.plan.problem, question=question))

    async def _execute(self, case: Case, story: Story, meter: Meter) -> Ending:
        team = Team(meter, self._tools, self._manifest, self._hardening, self._supervisor.watch)
        executor = Executor(team, self._supervisor)
        ending = await executor.execute(case, story, lambda: self._journal.save(case, story))
        if ending is not None:
            return ending
        return Ending(reason=Reason.DEGRADED if case.undone_steps() else Reason.COMPLETED)

    # --- from the ending to the answer ------------------------------------------------------------------------------

    async def _close(self, case: Case, ending: Ending, story: Story, meter: Meter) -> TripAnswer:
        leftovers: tuple[Leftover, ...] = ()
        may_have_done = case.plan is not None or bool(case.ledger.deeds)
        if may_have_done and not case.shadow and ending.reason is not Reason.COMPLETED:
            ending, leftovers = await self._undo(case, ending, story)
        if may_have_done and not case.shadow and self._hardening.truthful_summary:
            ending = await self._audit(case, ending, story)
        escalation = None
        if ending.reason is Reason.ESCALATED and not case.shadow:
            row = hand_over(case, ending, await self._journal.intents(case.trip), leftovers)
            await self._journal.escalate(row)
            story.tell("orchestrator", "person", "escalation", {"escalation": row.escalation, "why": row.why})
            escalation = row.escalation
        summariser = Summariser(meter, self._manifest, self._hardening)
        answer = await summariser.answer(
            case,
            ending,
            escalation,
            lambda wrong: story.tell("summariser", "orchestrator", "objection", {"wrong": wrong}),
        )
        story.answered(answer)
        await self._journal.end(case, answer)
        return answer

    async def _audit(self, case: Case, ending: Ending, story: Story) -> Ending:
        """Read back what is about to be claimed: what is not on record is not claimed, what is held in vain let go."""
        records = await self._journal.records(case.trip)
        unfounded = case.ledger.compare(row for row in records if row.state == "booked")
        if ending.reason not in {Reason.COMPLETED, Reason.DEGRADED}:
            return ending
        await self._let_go(case, records, story)
        if not unfounded:
            return ending
        what = ", ".join(f"{row.what} ({row.booking})" for row in unfounded)
        return self._supervisor.given_up(f"a tool said that this is booked, and it is on no record: {what}")

    async def _let_go(self, case: Case, records: Iterable[BookingRow], story: Story) -> None:
        """Of holds that became no booking, because their names were garbled on the way."""
        held = tuple(Undoing("hold_flight", row.booking, row.request_key) for row in records if row.state == "held")
        if held and self._hardening.compensation:
            with story.compensation():
                await Compensation(self._tools).undo(case, held, self._allowances.to_undo())

    async def _undo(self, case: Case, ending: Ending, story: Story) -> tuple[Ending, tuple[Leftover, ...]]:
        """Undo what the ending says has to be undone, in any case what is in doubt. What cannot be is for a person."""
        intents = await self._journal.intents(case.trip)
        if ending.undoes and (case.ledger.cancelled_earlier() or doubtful_undos(case, intents)):
            because = f"bookings of the earlier trip are cancelled, so the new ones are kept; {ending.because}"
            ending = self._supervisor.given_up(because)
            what = doubts(intents)
        else:
            what = everything(case.ledger, intents) if ending.undoes else doubts(intents)
        if not what or not self._hardening.compensation:
            return ending, ()
        with story.compensation():
            leftovers = await Compensation(self._tools).undo(case, what, self._allowances.to_undo())
        lasting = tuple(leftover for leftover in leftovers if leftover.undoing.matters)
        if not lasting or ending.reason is Reason.ESCALATED:
            return ending, lasting
        left = "; ".join(f"{leftover.undoing.describe()}: {leftover.because}" for leftover in lasting)
        return self._supervisor.given_up(f"not everything could be undone ({left}); {ending.because}"), lasting
