"""Whether a specialist gets anywhere: no endless turns, no call again and again, no ping-pong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from reference_system.contracts.policy import Workflow
from reference_system.errors import StuckError
from reference_system.model.interface import FunctionCall


class Watch:
    """Follows what is said with the model about one step, in one conversation after the other."""

    def __init__(self, workflow: Workflow) -> None:
        self._turns_at_most = workflow.step_turns_at_most
        self._repeats_at_most = workflow.repeated_calls_at_most
        self._turns: list[tuple[str, ...]] = []
        self._calls: Counter[str] = Counter()

    def begin(self) -> None:
        """A conversation begins.

        One that is not the first may make each call once more, to see for itself; what it tells is known by then.
        """
        self._turns.clear()
        for call, count in self._calls.items():
            self._calls[call] = min(count, self._repeats_at_most - 1)

    def turn(self, calls: Sequence[FunctionCall]) -> None:
        """The model has answered with these calls (or with none); StuckError: enough is enough."""
        turn = tuple(_signature(call) for call in calls)
        self._turns.append(turn)
        self._calls.update(turn)
        if len(self._turns) > self._turns_at_most:
            msg = f"the step is not done after {self._turns_at_most} turns"
            raise StuckError(msg)
        for call in turn:
            if self._calls[call] > self._repeats_at_most:
                msg = f"the same call for the {self._calls[call]}th time: {call}"
                raise StuckError(msg)
        if _ping_pong(self._turns):
            msg = f"two calls in turns, again and again: {' / '.join((*self._turns[-2], *turn))}"
            raise StuckError(msg)


class Blindfold(Watch):
    """Nobody watches (switch ``supervisor``)."""

    def turn(self, calls: Sequence[FunctionCall]) -> None:
        """Whatever it does, it goes on."""


def _signature(call: FunctionCall) -> str:
    """The call without what does not matter: spaces, the order of arguments, the call's id."""
    try:
        arguments = json.dumps(json.loads(call.arguments), sort_keys=True)
    except (TypeError, ValueError):
        arguments = str(call.arguments)
    return f"{call.name}({arguments[:500]})"


def _ping_pong(turns: Sequence[tuple[str, ...]]) -> bool:
    """The last four turns are A, B, A, B."""
    match turns[-4:]:
        case [first, second, third, fourth]:
            return bool(first) and first == third != second == fourth
        case _:
            return False
