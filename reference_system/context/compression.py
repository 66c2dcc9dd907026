"""A conversation too long for the window becomes a summary, the facts not to be lost, and its last turns whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from reference_system.context.facts import chosen_too, pinned, said
from reference_system.context.outline import outline
from reference_system.context.tokens import fitted, tokens_of
from reference_system.contracts.asks import AskCompression, Compression, Talk
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.trip import Turn
from reference_system.errors import LimitError, ModelError
from reference_system.model.interface import Model, Question
from reference_system.resilience.interface import Allowance

CHUNKS_AT_MOST = 4
"""So many questions to the model a summary is worth. If it would take more, long turns are shortened first."""

_FRAME_TOKENS = 20
"""What a Talk, or an AskCompression, takes besides what is in it."""
_TURN_TOKENS = 8
"""The same of a turn."""
_SHORTENED_AT_LEAST = 3 * _TURN_TOKENS
"""In less a turn says nothing any more; then the oldest turns are not shown to the model at all."""


async def compress(  # noqa: PLR0913 - three of them only go with the question
    conversation: Sequence[Turn],
    model: Model,
    manifest: Manifest,
    allowance: Allowance,
    *,
    names: Collection[str] = (),
    correlation: str = "",
    trip: str = "",
) -> Talk:
    """What the planner is told of a conversation: all of it if it fits the manifest's window, else what matters.

    Never takes more than the window, and never fails: without the model the summary is made by rules. The facts are
    found by rules in any case; the model can give weight to a sentence of the user and cannot add one. ``names`` (the
    cities, say) count as facts in whatever case they are written.
    """
    turns = tuple(conversation)
    window = manifest.workflow.conversation_tokens
    whole = Talk(turns=turns)
    if not turns or tokens_of(whole) <= window:
        return whole
    last, whole_ones = _last(turns, manifest.workflow.conversation_turns_kept, window // 2)
    old = turns[: len(turns) - whole_ones]
    compressor = _Compressor(model, manifest.prompt("compressor"), allowance, window, correlation, trip)
    summary, chosen = await compressor.summary(old)
    left = window - _FRAME_TOKENS - tokens_of(summary) - sum(map(_taken, last))
    return Talk(summary=summary, facts=pinned(chosen_too(said(old, names), chosen), left), turns=last)


def _last(turns: Sequence[Turn], count: int, room: int) -> tuple[tuple[Turn, ...], int]:
    """The last turns for which there is room, and how many of them are whole: if not even one is, it is shortened."""
    kept: list[Turn] = []
    for turn in reversed(turns[-count:]):
        room -= _taken(turn)
        if room < 0:
            break
        kept.append(turn)
    if not kept:
        return (_shortened(turns[-1], room + _taken(turns[-1])),), 0
    return tuple(reversed(kept)), len(kept)


@dataclass(frozen=True, slots=True)
class _Compressor:
    """Asks the model for a rolling summary, chunk by chunk."""

    model: Model
    instructions: str
    allowance: Allowance
    window: int
    correlation: str
    trip: str

    async def summary(self, turns: Sequence[Turn]) -> tuple[str, list[str]]:
        """Of all these turns; and the sentences that the model thinks are facts."""
        room = self.window // 4
        chunks = list(_chunks(turns, self.window - room - _FRAME_TOKENS))
        unasked = [turn for chunk in chunks[:-CHUNKS_AT_MOST] for turn in chunk]
        summary = outline("", unasked, room)
        chosen: list[str] = []
        for index, chunk in enumerate(chunks[-CHUNKS_AT_MOST:]):
            answer = await self._ask(summary, chunk)
            if answer is None:
                remaining = [turn for later in chunks[-CHUNKS_AT_MOST:][index:] for turn in later]
                return outline(summary, remaining, room), chosen
            summary = fitted(answer.summary, room)
            chosen.extend(answer.facts)
        return summary, chosen

    async def _ask(self, summary: str, turns: tuple[Turn, ...]) -> Compression | None:
        """None: the model cannot, whatever the reason. The trip goes on without it."""
        question = Question(
            role="compressor",
            instructions=self.instructions,
            input=AskCompression(summary=summary, turns=turns).model_dump_json(),
            answer=Compression,
            correlation=self.correlation,
            trip=self.trip,
        )
        try:
            reply = await self.model.ask(question, self.allowance)
        except (ModelError, LimitError):
            return None
        return reply.parsed if isinstance(reply.parsed, Compression) else None


def _chunks(turns: Sequence[Turn], tokens_each: int) -> Iterator[tuple[Turn, ...]]:
    """The turns in pieces of at most this size; shortened so that the pieces are few, and no turn larger than one."""
    in_all = CHUNKS_AT_MOST * tokens_each
    crowded = sum(map(_taken, turns)) > in_all
    share = min(tokens_each, max(in_all // len(turns), _SHORTENED_AT_LEAST)) if crowded else tokens_each
    chunk: list[Turn] = []
    left = tokens_each
    for turn in (_shortened(turn, share) for turn in turns):
        taken = _taken(turn)
        if taken > left:
            yield tuple(chunk)
            chunk, left = [], tokens_each
        chunk.append(turn)
        left -= taken
    if chunk:
        yield tuple(chunk)


def _shortened(turn: Turn, tokens_at_most: int) -> Turn:
    if _taken(turn) <= tokens_at_most:
        return turn
    return Turn(role=turn.role, text=fitted(turn.text, tokens_at_most - _TURN_TOKENS))


def _taken(turn: Turn) -> int:
    return tokens_of(turn.text) + _TURN_TOKENS
