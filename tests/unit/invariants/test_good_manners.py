"""Whoever behaves is never blamed: agents that back off, respect Retry-After, have breakers and keep deadlines.

They are made by chance: how many tasks they have at the same time, how long calls take (nothing at all, as often in
virtual time), how servers fail, how the agents draw their pauses. An invariant may say *unknown*, and not *fail*.
"""

from __future__ import annotations

import heapq
import random
from itertools import count

from hypothesis import event, given, settings
from hypothesis import strategies as st

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story

AFTER, REST_S, DEADLINE_S = 3, 20.0, 120.0

JUDGES = (
    invariants.respects_retry_after(),
    invariants.respects_retry_after(per="name"),
    invariants.respects_retry_after(per="call"),
    invariants.backs_off(),
    invariants.backs_off(growth=1.0),
    invariants.backs_off(jitter=True),
    invariants.breaker_opens(after=AFTER, rest_s=REST_S),  # these agents have one for the server, not for each tool
    invariants.deadline_respected(DEADLINE_S),
)

PAUSES = {
    "full jitter": lambda draw, tries: draw.uniform(0, min(30.0, 2**tries)),
    "equal jitter": lambda draw, tries: min(30.0, 2**tries) / 2 + draw.uniform(0, min(30.0, 2**tries) / 2),
    "a little jitter": lambda draw, tries: min(30.0, 2**tries) * draw.uniform(0.9, 1.1),
}
FAILURES = {
    "refused": lambda call: call.refused(503),
    "lost": lambda call: call.info(),
    "reset": lambda call: call.fail("ReadError: reset"),
    "slow down": lambda call: call.refused(429, retry_after_s=7),
    "later": lambda call: call.refused(503, retry_after_s=0.5),
}


class Agent:
    """Does tasks side by side, in virtual time."""

    def __init__(self, seed, pause, lasts_s, failures):
        self.draw = random.Random(seed)  # noqa: S311 - draws pauses, guards nothing
        self.story = Story()
        self.pause = PAUSES[pause]
        self.lasts_s = lasts_s
        self.failures = failures
        self.leave_until_s = 0.0  # what the server asked for
        self.failed = 0
        self.open_until_s = None
        self.probing = False

    def task(self, number, begins_s):
        """A few calls, one after the other, each tried until it works or there is no time."""
        yield begins_s
        for name in ("search", "book"):
            for tries in range(6):
                while (wait_s := self.leave_until_s - self.story.now_s) > 0:
                    wait_s += self.draw.uniform(0, 3)  # so that not all come back together
                    if not self.is_in_time(wait_s):
                        return
                    yield wait_s
                if self.is_left_alone() or not self.is_in_time(2 * self.lasts_s):
                    return
                if (yield from self.attempt(name, number)):
                    break
                pause_s = self.pause(self.draw, tries)
                if not self.is_in_time(pause_s):
                    return
                yield pause_s

    def is_in_time(self, seconds):
        """Whether the deadline leaves so much time."""
        return self.story.now_s + seconds < DEADLINE_S

    def is_left_alone(self):
        """Whether the breaker lets nothing through, but for a probe when its time has come."""
        return self.open_until_s is not None and (self.probing or self.story.now_s < self.open_until_s)

    def attempt(self, name, number):
        """One call, and whether it worked."""
        is_probe = self.open_until_s is not None
        self.probing = is_probe
        call = self.story.call(name, number=number)
        if self.lasts_s:
            yield self.draw.uniform(0.5, 1.5) * self.lasts_s
        failure = self.draw.choice(self.failures)
        if is_probe:
            self.probing = False
        if failure is None:
            call.ok([])
            self.failed, self.open_until_s = 0, None
            return True
        FAILURES[failure](call)
        wait_s = {"slow down": 7.0, "later": 0.5}.get(failure, 0.0)
        if wait_s:
            self.leave_until_s = max(self.leave_until_s, self.story.now_s + wait_s + 0.01)
        self.failed += 1
        if self.failed >= AFTER:
            self.open_until_s = self.story.now_s + REST_S + 0.01
        return False

    def run(self, tasks):
        """The history of all of them."""
        order = count()
        due = [(0.0, next(order), self.task(number, begins_s)) for number, begins_s in enumerate(tasks)]
        heapq.heapify(due)
        while due:
            at_s, _, task = heapq.heappop(due)
            self.story.now_s = max(self.story.now_s, at_s)
            if (pause_s := next(task, None)) is not None:
                heapq.heappush(due, (self.story.now_s + pause_s, next(order), task))
        return self.story.ended().history


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32),
    pause=st.sampled_from(sorted(PAUSES)),
    lasts_s=st.sampled_from((0.0, 0.2, 3.0)),
    failures=st.lists(st.sampled_from((None, *sorted(FAILURES))), min_size=1, max_size=6),
    tasks=st.lists(st.sampled_from((0.0, 0.0, 0.3, 5.0, 25.0, 26.0, 50.0)), min_size=1, max_size=8),
)
def test_good_manners_are_never_blamed(seed, pause, lasts_s, failures, tasks):
    """Whatever befalls a well-behaved agent."""
    history = Agent(seed, pause, lasts_s, failures).run(tasks)
    for judge in JUDGES:
        verdict = judge.check(history)
        event(f"{verdict.invariant}: {verdict.status}")
        assert verdict.status != "fail", f"{verdict}\n{history.timeline(400)}"
