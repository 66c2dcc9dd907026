"""Workers: a crew of this machine's own. When one dies, the trial that killed it is known, and the others go on."""

from __future__ import annotations

import atexit
import multiprocessing
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from pytest_agentchaos.campaign.work import Done, Keep, lost
from pytest_agentchaos.campaign.worker import Unread, serve
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.surroundings import ended_process

GRACE_S: Final = 5.0
"""A trial that does not end when it is interrupted has so much longer before its process is ended."""
_LOOK_S: Final = 1.0
_SMALL_BYTES: Final = 32_000
_ATTEMPTS: Final = 2
_QUEUE: Final = 2
"""One that runs and one that waits, so that a worker need not."""


@dataclass(eq=False, slots=True)
class _Task:
    plan: Plan
    sent: bytes
    deaths: int = 0


@dataclass(eq=False, slots=True)
class _Worker:
    process: Any
    pipe: Connection[bytes, bytes]
    known: set[_Task]
    """What was given before it began: it can read all of that if anybody can."""
    tasks: deque[_Task] = field(default_factory=deque)
    since_s: float = 0.0
    """When the first of its tasks began."""

    def overdue(self) -> bool:
        """Whether nothing but the end of the process ends its trial."""
        return bool(self.tasks) and wall_s() - self.since_s > self.tasks[0].plan.stuck_s + GRACE_S


class Workers:
    """So many worker processes, made when they are needed."""

    def __init__(self, count: int, keep: Keep) -> None:
        self.ahead = count * (_QUEUE + 1)
        self._count = count
        self._keep: Keep = keep
        self._context: Any = multiprocessing.get_context("fork" if _can_fork() else "spawn")
        self._queue: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._done: deque[tuple[Plan, Done]] = deque()
        atexit.register(self.close)

    def give(self, plan: Plan) -> None:
        """One more plan to be carried out."""
        try:
            sent = pickle.dumps((plan, self._keep))
        except Exception as error:
            msg = f"trial {plan.id} cannot be sent to another process: {told(error)}; run the campaign with workers=1"
            raise UsageError(msg) from error
        self._queue.append(_Task(plan, sent))

    def take(self) -> tuple[Plan, Done]:
        """One that is done; waits for it."""
        while not self._done:
            self._hand_out()
            self._listen()
        return self._done.popleft()

    def close(self) -> None:
        """End all processes; what they were doing is lost."""
        atexit.unregister(self.close)
        for worker in self._workers:
            worker.pipe.close()  # a worker that waits ends by itself
            if worker.tasks:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_LOOK_S)
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()
        self._workers.clear()
        self._queue.clear()
        self._done.clear()

    def _hand_out(self) -> None:
        for load in range(_QUEUE):
            while self._queue and (worker := self._free(load)) is not None:
                task = self._queue[0]
                if load and len(task.sent) > _SMALL_BYTES:
                    return  # both ends of a pipe that is full would wait for each other
                self._queue.popleft()
                if not worker.tasks:
                    worker.since_s = wall_s()
                worker.tasks.append(task)
                with suppress(OSError):  # it is dead: that is found out when listening
                    worker.pipe.send_bytes(task.sent)

    def _free(self, load: int) -> _Worker | None:
        for worker in self._workers:
            if len(worker.tasks) == load:
                return worker
        if load == 0 and len(self._workers) < self._count:
            return self._start()
        return None

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        inherited = [ours, *(worker.pipe for worker in self._workers)] if _can_fork() else []
        process = self._context.Process(target=serve, args=(theirs, inherited), name="agentchaos-worker")
        with _undisturbed():
            process.start()
        theirs.close()
        worker = _Worker(process, ours, set(self._queue))
        self._workers.append(worker)
        return worker

    def _listen(self) -> None:
        ready = set(wait([worker.pipe for worker in self._workers], _LOOK_S))
        for worker in list(self._workers):
            if worker.pipe in ready:
                self._hear(worker)
            elif worker.process.exitcode is not None:  # somebody whom it left behind holds its pipe open
                self._died(worker)
            elif worker.overdue():
                stuck_s = worker.tasks[0].plan.stuck_s
                why = (
                    f"stuck: no end after {stuck_s:g} real seconds, nor when it was interrupted; its process was ended"
                )
                self._ended(worker, why)

    def _hear(self, worker: _Worker) -> None:
        try:
            answer = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - of a process of ours
        except (EOFError, OSError, pickle.UnpicklingError):
            self._died(worker)
            return
        task = worker.tasks.popleft()
        worker.since_s = wall_s()
        if isinstance(answer, Unread):
            if task in worker.known:
                self._done.append((task.plan, lost(task.plan, f"another process cannot read the plan: {answer.why}")))
            else:  # a function that did not exist when the worker was forked
                self._queue.appendleft(task)
            self._dismiss(worker)
        else:
            self._done.append((task.plan, answer))
            if answer.spent:
                self._dismiss(worker)

    def _died(self, worker: _Worker) -> None:
        """Blame the trial that ran, if it does that in a fresh process as well."""
        worker.process.join(_LOOK_S)
        if worker.tasks:
            worker.tasks[0].deaths += 1
            if worker.tasks[0].deaths >= _ATTEMPTS:
                code = worker.process.exitcode
                self._ended(worker, "its process cannot be reached" if code is None else ended_process(code))
                return
        self._dismiss(worker)

    def _ended(self, worker: _Worker, why: str) -> None:
        plan = worker.tasks.popleft().plan
        self._done.append((plan, lost(plan, why)))
        self._dismiss(worker)

    def _dismiss(self, worker: _Worker) -> None:
        """End a process; what waits for it is given to others."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()
        self._queue.extendleft(reversed(worker.tasks))


def _can_fork() -> bool:
    """Whether a process can be a copy of this one, with all functions in it; on macOS libraries do not survive it."""
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No interruption until the new process knows that it is none of its business; no warning of threads either."""
    blocked = hasattr(signal, "pthread_sigmask")
    if blocked:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads: it takes no lock of theirs
            yield
    finally:
        if blocked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
