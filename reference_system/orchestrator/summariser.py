"""The summariser: the answer, from the ledger; its prose from the model, if that tells nothing else."""

from __future__ import annotations

from collections.abc import Callable

from reference_system.contracts.asks import AskSummary
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.plan import Dine, Fly, Keep, PlanStep, Stay
from reference_system.contracts.tools import DOMAINS
from reference_system.contracts.trip import Booked, Reason, TripAnswer
from reference_system.errors import LimitError, ModelError
from reference_system.hardening import Hardening
from reference_system.model.interface import Model, Question
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.claims import untruths
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.ledger import total_minor
from reference_system.orchestrator.phrases import greeting, money, phrase
from reference_system.orchestrator.supervisor import wanted

TOLD_BY_MODEL = frozenset({Reason.COMPLETED, Reason.DEGRADED})
"""Reasons with something to tell; the others are said in fixed words, without another question to the model."""

Objected = Callable[[tuple[str, ...]], None]
"""Is told why a text of the model was not shown."""


class Summariser:
    """Writes answers."""

    def __init__(self, model: Model, manifest: Manifest, hardening: Hardening) -> None:
        self._model = model
        self._instructions = manifest.prompt("summariser")
        self._manifest = manifest
        self._truthful = hardening.truthful_summary

    async def answer(self, case: Case, ending: Ending, escalation: str | None, objected: Objected) -> TripAnswer:
        """The answer of a trip that has ended like this."""
        if not self._truthful:
            ending = _wished(case, ending)
        ask = self._ask(case, ending)
        text = await self._prose(case, ask, objected) if ending.reason in TOLD_BY_MODEL else None
        return TripAnswer(
            trip=case.trip,
            reason=ending.reason,
            text=template(ask, itinerary=case.ledger.has_itinerary()) if text is None else text,
            bookings=tuple(row for row in ask.bookings if row.state == "booked"),
            missing=ask.missing,
            problem=ending.problem,
            question=ending.question,
            escalation=escalation,
            total_minor=ask.total_minor,
            currency=ask.currency,
            itinerary=case.ledger.has_itinerary() or (not self._truthful and _is_planned(case, Keep)),
            weather=ask.weather,
            correlation=case.row.correlation or None,
            manifest=self._manifest.version,
        )

    def _ask(self, case: Case, ending: Ending) -> AskSummary:
        booked = _in_order(case.ledger.in_state("booked"))
        missing = tuple(wanted(case.language, step.task) for step in case.undone_steps())
        if not self._truthful:
            booked, missing = _claimed(case), ()
        gone = tuple(
            row.model_copy(update={"what": phrase(case.language, "cancelled", what=row.what), "amount_minor": 0})
            for row in case.ledger.cancelled_earlier()
        )
        return AskSummary(
            language=case.language,
            text=case.request.text,
            reason=str(ending.reason),
            bookings=booked + gone,
            missing=missing if ending.reason in TOLD_BY_MODEL else (),
            problem=ending.problem,
            question=ending.question,
            weather=case.ledger.weather(),
            total_minor=total_minor(booked),
            currency=case.policy.currency,
        )

    async def _prose(self, case: Case, ask: AskSummary, objected: Objected) -> str | None:
        """None: the model has nothing to say that may be shown."""
        question = Question(
            role="summariser",
            instructions=self._instructions,
            input=ask.model_dump_json(),
            stream=True,
            correlation=case.row.correlation,
            trip=case.trip,
        )
        try:
            reply = await self._model.ask(question, case.allowance)
        except (ModelError, LimitError) as error:
            objected((f"{type(error).__name__}: {error}",))
            return None
        wrong = untruths(reply.text, ask) if self._truthful else ()
        if wrong:
            objected(wrong)
            return None
        return str(reply.text)


def template(ask: AskSummary, *, itinerary: bool) -> str:
    """The same in fixed words."""
    language, reason = ask.language, Reason(ask.reason)
    if ask.question is not None:
        head = [ask.question] if not ask.bookings else [phrase(language, "still_booked")]
    elif reason in TOLD_BY_MODEL or not ask.bookings:
        head = [greeting(language, reason)]
    else:
        head = [greeting(language, reason), phrase(language, "still_booked")]
    lines = [*head, *(f"- {_line(row, language)}" for row in ask.bookings)]
    if not ask.bookings and reason in {Reason.FAILED, Reason.BUDGET_EXHAUSTED, Reason.DEADLINE}:
        lines.append(phrase(language, "nothing_booked"))
    if ask.total_minor:
        lines.append(phrase(language, "total", amount=money(ask.total_minor, ask.currency)))
    if ask.missing:
        lines.append(phrase(language, "missing", parts="; ".join(ask.missing)))
    if ask.weather and reason in TOLD_BY_MODEL:
        lines.append(phrase(language, "weather", lines="; ".join(ask.weather)))
    if itinerary and reason in TOLD_BY_MODEL:
        lines.append(phrase(language, "saved"))
    if ask.question is not None and ask.bookings:
        lines.append(ask.question)
    return "\n".join(lines)


def _in_order(rows: tuple[Booked, ...]) -> tuple[Booked, ...]:
    """As the trip goes."""
    return tuple(sorted(rows, key=lambda row: (row.first, DOMAINS.index(row.domain), row.item)))


def _line(row: Booked, language: str) -> str:
    paid = f", {money(row.amount_minor, row.currency)}" if row.amount_minor else ""
    return f"{row.what} ({phrase(language, 'reference', booking=row.booking)}{paid})"


# --- what is claimed when nobody looks into the ledger (switch ``truthful_summary``) ------------------------------


def _wished(case: Case, ending: Ending) -> Ending:
    """There was a plan, and plans come true."""
    hopeful = {Reason.COMPLETED, Reason.DEGRADED, Reason.FAILED}
    return Ending(reason=Reason.COMPLETED) if case.steps and ending.reason in hopeful else ending


def _claimed(case: Case) -> tuple[Booked, ...]:
    """What is held counts as booked, and every step that was to bring a booking has brought one."""
    real = [row.model_copy(update={"state": "booked"}) for row in case.ledger.in_state("held", "booked")]
    worked_on = {deed.step for deed in case.ledger.deeds}
    invented = (_invented(step, case.policy.currency) for step in case.steps if step.id not in worked_on)
    return (*real, *(row for row in invented if row is not None))


def _invented(step: PlanStep, currency: str) -> Booked | None:
    match step.task:
        case Fly() as fly:
            item, tool, days, names = f"{fly.origin}-{fly.destination}", "book_flight", fly.depart_on, fly.travellers
            last = fly.return_on or fly.depart_on
        case Stay() as stay:
            item, tool, days, names, last = stay.city, "book_hotel", stay.check_in, stay.guests, stay.check_out
        case _ if isinstance(step.task, Dine):
            dine = step.task
            item, tool, days, names, last = dine.city, "reserve_table", dine.date, (dine.name,), dine.date
        case _:
            return None
    return Booked(
        booking=f"planned-{step.id}",
        domain=step.agent,
        tool=tool,
        step=step.id,
        what=f"{item}, {days}",
        item=item,
        first=str(days),
        last=str(last),
        names=names,
        amount_minor=0,
        currency=currency,
        state="booked",
    )


def _is_planned(case: Case, task: type[Keep]) -> bool:
    return any(isinstance(step.task, task) for step in case.steps)
