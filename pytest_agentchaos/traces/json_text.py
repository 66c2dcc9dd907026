"""JSON of any size, walked through a window: nothing but the value that is asked for is ever held as a whole."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pytest_agentchaos.traces.otlp_json import DECODER
from pytest_agentchaos.traces.otlp_values import SPAN_LIMIT, shown

_CHUNK = 256 * 1024

_SPACE = re.compile(r"[ \t\r\n]*")
_MARK = re.compile(r'["{}\[\]]')
_DEPTHS = {"{": 1, "[": 1, "}": -1, "]": -1}
_IN_STRING = re.compile(r'["\n]|\\.', re.DOTALL)
_SCALAR_END = re.compile(r"[\s,\]}]")
_NEXT_OBJECT = re.compile(r"\n\{")


class CutOffError(Exception):
    """The text ends before a value does."""


class MisplacedError(Exception):
    """Something stands where JSON allows something else; where one is in the text is no longer known."""


class UnreadableValueError(Exception):
    """A value that cannot be read; the text goes on after it."""


class JsonText:
    """A place in a text of JSON, which moves forward only."""

    def __init__(self, file: BinaryIO, limit: int = SPAN_LIMIT, chunk: int = _CHUNK) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._limit = limit
        self._chunk = chunk
        self._window = ""
        self._at = 0
        self._lines_before = 0
        self._column_before = 0
        self._ended = False

    def place(self) -> str:
        """Where one is, as an editor counts."""
        lines, column = self._counted(self._at)
        return f"line {lines + 1}, character {column + 1}"

    def _counted(self, end: int) -> tuple[int, int]:
        last = self._window.rfind("\n", 0, end)
        if last < 0:
            return self._lines_before, self._column_before + end
        return self._lines_before + self._window.count("\n", 0, end), end - last - 1

    def _grow(self) -> bool:
        """Forget what lies behind and read on; whether there was more. At least doubles what is held."""
        self._lines_before, self._column_before = self._counted(self._at)
        self._window, self._at = self._window[self._at :], 0
        while not self._ended:
            data = self._file.read(max(self._chunk, len(self._window)))
            self._ended = not data
            if more := self._decoder.decode(data, final=self._ended):
                self._window += more
                return True
        return False

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._window, self._at).end()  # type: ignore[union-attr] # matches anything
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._grow():
                return ""

    def _expect(self, *characters: str) -> str:
        if (found := self.peek()) not in characters:
            if not found:
                raise CutOffError
            msg = f"{shown(found)} where {' or '.join(characters)} is due"
            raise MisplacedError(msg)
        self._at += 1
        return found

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; whoever asks for the next one has passed the value."""
        self._expect("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                self._expect("a key")
            try:
                key = self.value()
            except UnreadableValueError as error:
                raise MisplacedError(str(error)) from error
            self._expect(":")
            yield key
            if self._expect(",", "}") == "}":
                return

    def elements(self) -> Iterator[None]:
        """Stops at each element of the list that begins here; whoever asks for the next one has passed it."""
        self._expect("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield
            if self._expect(",", "]") == "]":
                return

    def value(self) -> Any:
        """The value that begins here."""
        self.peek()
        try:
            value, end = DECODER.raw_decode(self._window, self._at)
        except (ValueError, RecursionError):  # mostly because the window ends inside of it
            return self._whole_value()
        if end == len(self._window):  # a number may go on
            return self._whole_value()
        self._at = end
        return value

    def _whole_value(self) -> Any:
        end = self._end_of_value(keep=True)
        begin, self._at = self._at, end
        try:
            return DECODER.decode(self._window[begin:end])
        except RecursionError as error:
            msg = "a value that is nested too deeply"
            raise UnreadableValueError(msg) from error
        except ValueError as error:
            msg = f"a value that is not JSON ({error})"
            raise UnreadableValueError(msg) from error

    def skip(self) -> None:
        """Pass the value that begins here, however large it is."""
        self.peek()
        self._at = self._end_of_value(keep=False)

    def _end_of_value(self, *, keep: bool) -> int:
        """Where in the window the value ends, which is held from its beginning if it is to be kept."""
        if (first := self.peek()) in {"}", "]", ",", ":", ""}:
            self._expect("a value")
        if first not in '"{[':
            return self._end_of_scalar()
        at, depth, inside, is_large = self._at, 0, False, False
        while True:
            found = (_IN_STRING if inside else _MARK).search(self._window, at)
            if found is None:
                half_an_escape = inside and at < len(self._window) and self._window.endswith("\\")
                at = len(self._window) - half_an_escape
                is_large = is_large or (keep and at - self._at > self._limit)
                at = self._grown(at, keep=keep and not is_large)
                continue
            at, mark = found.end(), found.group()
            if mark == "\n":  # no text of JSON goes on in another line; this one was cut off
                self._at = at - 1
                msg = "a line that ends inside a text"
                raise MisplacedError(msg)
            if mark == '"':
                inside = not inside
            depth += _DEPTHS.get(mark, 0)
            if depth == 0 and not inside:
                break
        if is_large:
            self._at = at
            msg = f"a value of more than {self._limit} characters"
            raise UnreadableValueError(msg)
        return at

    def _end_of_scalar(self) -> int:
        at = self._at
        while (found := _SCALAR_END.search(self._window, at)) is None:
            if len(self._window) - self._at > self._limit:
                msg = f"a number of more than {self._limit} digits"
                raise MisplacedError(msg)
            try:
                at = self._grown(len(self._window), keep=True)
            except CutOffError:
                return len(self._window)
        return found.start()

    def _grown(self, at: int, *, keep: bool) -> int:
        """Read on; the same place in the new window."""
        if not keep:
            self._at = at
        behind = self._at
        if not self._grow():
            raise CutOffError
        return at - behind

    def next_line_that_begins_an_object(self) -> bool:
        """Go on after damage: in a file of lines the next one is whole again. Whether there is such a line."""
        if self.peek() == "{" and self._counted(self._at)[1] == 0:
            return True
        while (found := _NEXT_OBJECT.search(self._window, self._at)) is None:
            self._at = max(self._at, len(self._window) - 1)  # the end of a line may be all that is there yet
            if not self._grow():
                return False
        self._at = found.start() + 1
        return True
