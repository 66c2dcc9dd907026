"""Prices of models: what a million tokens cost, by globs over the names of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.evidence.usage import Usage

__tracebackhide__ = explains_itself

_MILLION = 1_000_000
_EXAMPLE = "write for example {'gpt-5*': [1.25, 10, 0.125]}: input, output, cached input, for a million tokens"
_FIELDS = ("input", "output", "cached")


class Price(NamedTuple):
    """What a million tokens of one model cost."""

    input: float
    output: float
    cached: float
    """Of those of the input that were read from a cache. Writing to a cache is counted as input, although some
    vendors ask a quarter more for it."""

    def of(self, usage: Usage) -> float:
        """What one reply cost."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        fresh = usage.input_tokens - cached
        return (fresh * self.input + cached * self.cached + usage.output_tokens * self.output) / _MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list."""

    globs: tuple[tuple[str, Price], ...]
    """The most specific glob that fits a model counts: the name itself, else the one with the most letters in it."""
    currency: str = "USD"

    @classmethod
    def of(cls, listed: Any, *, currency: str = "USD") -> Prices:
        """The price list that a mapping tells: glob -> [input, output, cached], where cached may be left out."""
        if isinstance(listed, Prices):
            return listed
        if not isinstance(listed, Mapping) or not listed:
            msg = f"prices={quoted(listed)}: a mapping from models to prices is due; {_EXAMPLE}"
            raise UsageError(msg)
        return cls(tuple((_glob(glob), _price(glob, value)) for glob, value in listed.items()), currency)

    def price(self, model: str) -> Price | None:
        """What a model costs; None if the list does not say."""
        fitting = [(glob == model, _letters(glob), price) for glob, price in self.globs if fnmatchcase(model, glob)]
        return max(fitting, key=lambda one: one[:2])[2] if fitting else None

    def to_data(self) -> dict[str, list[float]]:
        """As the note ``{"prices": ...}`` of a history has it."""
        return {glob: list(price) for glob, price in self.globs}


def prices(history: History) -> Prices | str:
    """The prices by which a history is to be judged: those of its last note, else the default ones.

    A text instead says what is wrong with the note. Ask by ``history.view(prices)``.
    """
    listed: Any = DEFAULT
    currency = DEFAULT.currency
    for op in history:
        if op.kind == "note" and "prices" in op.data:
            listed, currency = op.data["prices"], str(op.data.get("currency", DEFAULT.currency))
    try:
        return Prices.of(listed, currency=currency)
    except UsageError as error:
        return str(error)


def _glob(glob: object) -> str:
    if isinstance(glob, str) and glob:
        return glob
    msg = f"prices: {quoted(glob)} is no name of a model; {_EXAMPLE}"
    raise UsageError(msg)


def _price(glob: str, value: Any) -> Price:
    numbers = [value.get(name, value.get("input")) for name in _FIELDS] if isinstance(value, Mapping) else value
    unknown = set(value) - set(_FIELDS) if isinstance(value, Mapping) else ()
    if isinstance(numbers, (list, tuple)) and len(numbers) == 2:  # noqa: PLR2004 - without cached: as dear as any input
        numbers = [*numbers, numbers[0]]
    is_right = (
        isinstance(numbers, (list, tuple)) and len(numbers) == len(_FIELDS) and all(map(_is_price, numbers))
    ) and not unknown
    if not is_right or (isinstance(value, Mapping) and "output" not in value):
        msg = f"prices[{quoted(glob)}] = {quoted(value)}: two or three numbers from 0 up are due; {_EXAMPLE}"
        raise UsageError(msg)
    return Price(*map(float, numbers))


def _is_price(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < inf and value < _MILLION**2


def _letters(glob: str) -> int:
    return sum(char not in "*?[]" for char in glob)


DEFAULT = Prices.of(
    {
        "gpt-5.2": [1.75, 14, 0.175],
        "gpt-5.1": [1.25, 10, 0.125],
        "gpt-5": [1.25, 10, 0.125],
        "gpt-5-20??-*": [1.25, 10, 0.125],
        "gpt-5-mini*": [0.25, 2, 0.025],
        "gpt-5-nano*": [0.05, 0.4, 0.005],
        "gpt-4.1": [2, 8, 0.5],
        "gpt-4.1-20??-*": [2, 8, 0.5],
        "gpt-4.1-mini*": [0.4, 1.6, 0.1],
        "gpt-4.1-nano*": [0.1, 0.4, 0.025],
        "gpt-4o": [2.5, 10, 1.25],
        "gpt-4o-mini": [0.15, 0.6, 0.075],
        "gpt-4o-mini-20??-*": [0.15, 0.6, 0.075],
        "o3": [2, 8, 0.5],
        "o4-mini": [1.1, 4.4, 0.275],
        "claude-opus-4-6*": [5, 25, 0.5],
        "claude-opus-4-5*": [5, 25, 0.5],
        "claude-opus-4-1*": [15, 75, 1.5],
        "claude-opus-4-20??????": [15, 75, 1.5],
        "claude-sonnet-4-6*": [3, 15, 0.3],
        "claude-sonnet-4-5*": [3, 15, 0.3],
        "claude-sonnet-4-20??????": [3, 15, 0.3],
        "claude-haiku-4-5*": [1, 5, 0.1],
        "claude-3-5-haiku*": [0.8, 4, 0.08],
        "claude-3-haiku*": [0.25, 1.25, 0.03],
    }
)
"""List prices of March 2026, in US dollars, for standard processing; without the surcharges that some of these models
have for very long inputs. A model that is not in it has no price: a guess would be worse. Prices change, and
contracts differ: give your own by ``prices=`` or a note ``{"prices": ...}``."""
