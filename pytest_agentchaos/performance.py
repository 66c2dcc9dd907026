"""A performance: one plan, carried out, judged and cleared away, whatever the system does to its surroundings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import AgentChaosError, InternalError, InvalidTrialError, ToolCallError, UsageError
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.differing import differences
from pytest_agentchaos.evidence.figures.measures import measure
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.result import Result, Status
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.base import judge
from pytest_agentchaos.observation import Observer
from pytest_agentchaos.plan import STUCK_LIVE_S, Plan
from pytest_agentchaos.questions import condition_from_data
from pytest_agentchaos.surroundings import StuckError, Surroundings
from pytest_agentchaos.system import Ready
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.usual import asked

RESTARTS = 20
"""So often a system that crashes is started again."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What came of a plan."""

    plan: Plan
    result: Result
    history: History


def perform(plan: Plan, *, chaos: Chaos | None = None) -> Performance:
    """Run one trial. Whatever goes wrong is in the result; nothing but an interruption by the user is raised.

    A live trial of a system that has both forms is run in virtual time as well, and told where the two differ.
    ``chaos``: the words of a trial that has been begun already, as a fixture has.
    """
    done, has_both = _performed(plan, chaos)
    of_bytes = any(line.selector.kind == "tcp" for line in plan.schedule)  # in virtual time there are no bytes
    if plan.mode != "live" or not has_both or of_bytes or done.result.status == "infrastructure":
        return done
    in_sim, _ = _performed(replace(plan, mode="sim"), None)
    return replace(done, result=replace(done.result, differs=differences(in_sim.result, done.result)))


def _performed(plan: Plan, chaos: Chaos | None) -> tuple[Performance, bool]:
    began_s = time.perf_counter()
    chaos = Chaos(seed=plan.seed) if chaos is None else chaos
    trial = chaos.trial
    for rule in plan.schedule:
        trial.inject(rule)
    observer = None if plan.observe is None else Observer(plan.observe, trial)
    is_live = plan.mode == "live"
    surroundings = Surroundings(max(plan.stuck_s, STUCK_LIVE_S) if is_live else plan.stuck_s, keeps=is_live)
    verdicts: tuple[Verdict, ...] = ()
    reached: dict[str, bool] = {}
    ready: Ready | None = None
    broken: str | None = None
    with surroundings:
        try:
            ready, broken = _set_up(plan, chaos)
            if ready is not None:
                broken = _take(plan, chaos, ready, observer)
            verdicts = judged(plan, chaos)
            reached = dict(chaos.reached)
        except StuckError as error:
            broken = str(error)
        finally:
            trial.close()
    problem = broken or surroundings.fatal
    status, why = _status(plan, trial, verdicts, problem)
    ended = trial.history.view(runs)
    result = Result(
        trial=plan.id,
        plan=plan.to_data(),
        status=status,
        why=why,
        ended=ended[-1].ended if ended else "",
        verdicts=verdicts,
        fired=tuple(tally.fired for tally in trial.engine.tallies),
        reached=reached,
        measures=measure(trial.history).to_data() if ended else {},
        digest=trial.history.digest(),
        calls=trial.history.begun,
        virtual_s=round(trial.clock.now_s(), 6),
        real_s=round(time.perf_counter() - began_s, 6),
        observed={} if observer is None else observer.to_data(),
        left=surroundings.left,
    )
    return Performance(plan, result, trial.history), ready is not None and ready.has_both


def _set_up(plan: Plan, chaos: Chaos) -> tuple[Ready | None, str | None]:
    """The system, or why there is none."""
    try:
        if plan.effects:
            chaos.effect(*plan.effects)
        return plan.system.set_up(chaos, live=plan.mode == "live"), None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the user's: it may raise anything
        return None, f"the system did not start: {told(error)}"


def _take(plan: Plan, chaos: Chaos, ready: Ready, observer: Observer | None) -> str | None:
    """Have it take the journey; why there was no proper trial, None if there was."""
    try:
        if observer is not None:
            observer.watch(ready.state_digest)
        arguments = ready.journey(plan.journey)
        if plan.mode == "live":
            return _ran(chaos, partial(chaos.trial.run_live, ready.take, *arguments))
        return _to_the_end(chaos, ready, lambda: ready.take(*arguments))
    finally:
        if ready.close is not None:
            ready.close()


def _to_the_end(chaos: Chaos, ready: Ready, take: Callable[[], Any]) -> str | None:
    """Have the journey taken; a system that crashes is started again: it resumes, or is asked once more."""
    trial = chaos.trial
    system, again = take, take if ready.resume is None else ready.resume
    for restart in range(1, RESTARTS + 2):
        broken = _ran(chaos, partial(trial.run, system))
        if broken is not None or trial.outcome is None or trial.outcome.ending != "crashed":
            return broken
        if restart <= RESTARTS:
            trial.engine.note(restart=restart, by="take" if ready.resume is None else "resume")
            system = again
    msg = f"it crashes each time, and was started again {RESTARTS} times; let some start succeed: on.tool(..., nth=1)"
    trial.engine.problems.append(InvalidTrialError(msg))
    return None


def _ran(chaos: Chaos, run: Callable[[], Any]) -> str | None:
    try:
        run()
    except SystemExit as error:
        return f"the system called sys.exit({error.code!r})"
    except KeyboardInterrupt:
        raise  # by the user, or in place of one: see surroundings
    except BaseException as error:  # noqa: BLE001 - how it ended is in the history; CancelledError is no Exception
        if isinstance(error, InternalError):
            return f"pytest-agentchaos itself failed: {error}"
        if isinstance(error, AgentChaosError) and not isinstance(error, ToolCallError):
            chaos.trial.engine.problems.append(error)
    return None


def judged(plan: Plan, chaos: Chaos) -> tuple[Verdict, ...]:
    """What the plan's invariants and expectations say of what has been run; its *sometimes* are asked as well."""
    for one in plan.sometimes:
        name, condition = condition_from_data(one)
        try:
            chaos.sometimes(name, condition)
        except Exception as error:  # noqa: BLE001 - it may be the user's own
            chaos.trial.engine.problems.append(UsageError(f"the condition {name} failed: {told(error)}"))
    return _judged(plan, chaos.trial)


def _judged(plan: Plan, trial: Trial) -> tuple[Verdict, ...]:
    verdicts = [judge(one, trial.history) for one in asked(plan.invariants, trial)]
    if plan.expect:
        verdicts.append(_as_expected(plan, trial))
    return tuple(verdicts)


def _as_expected(plan: Plan, trial: Trial) -> Verdict:
    name = f"ends({' or '.join(plan.expect)})"
    ended = trial.history.view(runs)
    if not ended or not ended[-1].ended:
        return Verdict(name, "unknown", "nobody knows how the journey ended: see agentchaos.ends(...)")
    last = ended[-1]
    if last.ended in plan.expect:
        return Verdict(name, "pass", f"it ended as {last.ended}", (last.op,))
    if last.ended == "completed" and not trial.declared.tells_ends:
        reason = "it gave an answer, and nobody said how an answer tells its end: declare it by agentchaos.ends(...)"
        return Verdict(name, "unknown", reason, (last.op,))
    why = f" ({last.error})" if last.error else ""
    return Verdict(name, "fail", f"it ended as {last.ended}{why}, not as {' or '.join(plan.expect)}", (last.op,))


def _status(plan: Plan, trial: Trial, verdicts: tuple[Verdict, ...], broken: str | None) -> tuple[Status, str]:
    if broken is not None:
        return "infrastructure", broken
    for problem in trial.engine.problems:
        if isinstance(problem, InternalError):
            return "infrastructure", f"pytest-agentchaos itself failed: {problem}"
        return "invalid", f"{type(problem).__name__}: {problem}"
    unproven = trial.unproven()
    for status in ("fail", "unknown", "invalid"):
        if status == "unknown" and unproven is not None and plan.if_unfired == "skip":
            return "inapplicable", unproven
        for verdict in verdicts:
            if verdict.status == status:
                return verdict.status, f"{verdict.invariant}: {verdict.reason}"
    return ("pass", "") if unproven is None else ("invalid", unproven)
