"""Which calls were seen, in a few words: what is remembered of them when a history has let go of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.op import Op

DIFFERENT: Final = 1_000
LONGEST: Final = 1_000
"""So many are told apart, if they read in so many characters; others are only counted."""


@dataclass(slots=True)
class CallSort:
    """Calls that read alike."""

    call: Call
    first_s: float
    count: int = 0


class CallSorts:
    """How often each sort of call was made, and when first."""

    def __init__(self) -> None:
        self.sorts: dict[str, CallSort] = {}
        self.count = 0

    def copy(self) -> CallSorts:
        """The same, to count on from here."""
        other = CallSorts()
        other.count = self.count
        other.sorts = {text: replace(sort) for text, sort in self.sorts.items()}
        return other

    def add(self, op: Op) -> None:
        """One more op; only those count with which calls begin."""
        call = op.call
        if call is None:
            return
        self.count += 1
        text = str(call)
        sort = self.sorts.get(text)
        if sort is None:
            if len(self.sorts) >= DIFFERENT or len(text) > LONGEST:
                return
            plain = Call(call.kind, call.target, call.name, agent=call.agent)  # its arguments may be large
            sort = self.sorts[text] = CallSort(plain, op.at_s)
        sort.count += 1
