"""The parts of a file of OTLP JSON: one object or many, on lines of their own or not, and of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from pytest_agentchaos.traces.json_text import CutOffError, JsonText, MisplacedError, UnreadableValueError
from pytest_agentchaos.traces.otlp_json import HARMLESS, RESOURCE_SPANS, SCOPE_SPANS, SPANS
from pytest_agentchaos.traces.otlp_values import Damaged, Part, shown

_ENOUGH_KEYS = 5  # to say what an object is instead

Walked = Iterator[Part | Damaged]


def parts(file: BinaryIO, *, names_only: bool = False) -> Walked:
    """The parts, in the order in which they stand there; with the names only, spans are passed over."""
    return _Walk(JsonText(file), names_only=names_only).parts()


class _Walk:
    def __init__(self, text: JsonText, *, names_only: bool) -> None:
        self._text = text
        self._names_only = names_only
        self._entry = self._group = 0

    def parts(self) -> Walked:
        while self._text.peek():
            try:
                yield from self._request()
            except CutOffError:
                yield self._damaged("the file ends inside a value: it was cut off")
                return
            except MisplacedError as error:
                yield self._damaged(f"{error}; the rest of this line, or of the file, cannot be read")
                if not self._text.next_line_that_begins_an_object():
                    return

    def _request(self) -> Walked:
        return self._object("an object", RESOURCE_SPANS, self._resource_spans)

    def _resource_spans(self) -> Walked:
        self._entry += 1
        return self._object("an entry of resourceSpans", SCOPE_SPANS, self._scope_spans, small="resource")

    def _scope_spans(self) -> Walked:
        self._group += 1
        return self._object("an entry of scopeSpans", SPANS, self._span, small="scope")

    def _object(self, what: str, names: tuple[str, ...], walk: Callable[[], Walked], small: str = "") -> Walked:
        """The list of that name in an object. Other things in its place are damage: a misspelt key hides spans."""
        place = self._text.place()
        others: list[str] = []
        has_list = False
        for key in self._text.members():
            if key in names:
                has_list = True
                yield from self._each(walk)
            elif key == small:
                yield from self._small(small)
            else:
                if key not in HARMLESS and len(others) < _ENOUGH_KEYS:
                    others.append(key)
                self._text.skip()
        if others and not has_list:
            yield Damaged(place, f"{what} without {names[0]}; it has {shown(others)}")

    def _each(self, walk: Callable[[], Walked]) -> Walked:
        """A list, which may be null; what is no list is damage, and is passed."""
        if self._text.peek() == "[":
            for _ in self._text.elements():
                if self._text.peek() == "{":
                    yield from walk()
                else:
                    yield from self._not_due("an object")
        else:
            yield from self._not_due("a list", null_is_fine=True)

    def _not_due(self, due: str, *, null_is_fine: bool = False) -> Walked:
        begins_with = self._text.peek()
        if not (null_is_fine and begins_with == "n"):
            yield self._damaged(f"a value that begins with {shown(begins_with)} where {due} is due")
        self._text.skip()

    def _small(self, kind: Any) -> Walked:
        try:
            value = self._text.value()
        except UnreadableValueError as error:
            yield self._damaged(f"{kind}: {error}")
        else:
            yield Part(kind, self._entry, self._group, self._text.place, value)

    def _span(self) -> Walked:
        try:
            value = self._text.value()
        except UnreadableValueError as error:
            yield self._damaged(f"a span: {error}")
        else:
            yield Part("span", self._entry, self._group, self._text.place, None if self._names_only else value)

    def _damaged(self, why: str) -> Damaged:
        return Damaged(self._text.place(), why)
