"""JSON as the programs of Toxiproxy's world read and write it: Go's decoder, its error texts, its escapes."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pytest_agentchaos.wires.toxiproxy.refusal import bad_body

DEEPEST: Final = 100
"""How deep a body may be nested. No request needs more than four."""

_SPACE: Final = b" \t\r\n"
_PLAIN: Final = re.compile(rb'[^"\\\x00-\x1f]*')
_ESCAPES: Final = {b'"': '"', b"\\": "\\", b"/": "/", b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}
_LITERALS: Final = {b"t": (b"true", True), b"f": (b"false", False), b"n": (b"null", None)}
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: whether it is whole depends on how it was written, not on its value."""

    literal: str


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object, in order, repeated names included."""

    pairs: tuple[tuple[str, Any], ...]


def read(body: bytes) -> Any:
    """The first value of a body; whatever follows it is not looked at. Raises a refusal with Go's words."""
    return _Reader(body).value_at_the_top()


def written(value: Any) -> str:
    """As Go writes it: nothing that a browser could take for markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class _Reader:
    """Where in the body we are. Bytes, because Go's complaints name bytes."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def value_at_the_top(self) -> Any:
        self._skip_space()
        if self._at == len(self._body):
            return self._end("EOF")
        return self._value(0)

    def _value(self, depth: int) -> Any:
        if depth > DEEPEST:
            self._end("exceeded max depth")
        first = self._next()
        if first == b"{":
            return self._members(depth)
        if first == b"[":
            return self._elements(depth)
        if first == b'"':
            return self._string()
        if first in _LITERALS:
            return self._literal(*_LITERALS[first])
        if first in b"-0123456789":
            return self._number()
        return self._fail("looking for beginning of value")

    def _members(self, depth: int) -> Members:
        self._at += 1
        pairs: list[tuple[str, Any]] = []
        if self._next() == b"}":
            self._at += 1
            return Members(())
        while True:
            if self._next() != b'"':
                self._fail("looking for beginning of object key string")
            name = self._string()
            if self._next() != b":":
                self._fail("after object key")
            self._at += 1
            pairs.append((name, self._value(depth + 1)))
            if not self._another(b"}", "after object key:value pair"):
                return Members(tuple(pairs))

    def _elements(self, depth: int) -> list[Any]:
        self._at += 1
        if self._next() == b"]":
            self._at += 1
            return []
        elements = [self._value(depth + 1)]
        while self._another(b"]", "after array element"):
            elements.append(self._value(depth + 1))
        return elements

    def _another(self, end: bytes, where: str) -> bool:
        found = self._next()
        if found not in (b",", end):
            self._fail(where)
        self._at += 1
        return found == b","

    def _literal(self, word: bytes, value: Any) -> Any:
        for letter in word:
            if self._byte() != bytes((letter,)):
                self._fail(f"in literal {word.decode()} (expecting {_quoted(letter)})")
            self._at += 1
        return value

    def _number(self) -> Number:
        begin = self._at
        if self._follows(b"-"):
            self._at += 1
        if self._byte() == b"0":
            self._at += 1
        else:
            self._digits("in numeric literal")
        if self._follows(b"."):
            self._at += 1
            self._digits("after decimal point in numeric literal")
        if self._follows(b"eE"):
            self._at += 1
            if self._follows(b"+-"):
                self._at += 1
            self._digits("in exponent of numeric literal")
        return Number(self._body[begin : self._at].decode())

    def _digits(self, where: str) -> None:
        if self._byte() not in b"0123456789":
            self._fail(where)
        while self._follows(b"0123456789"):
            self._at += 1

    def _follows(self, any_of: bytes) -> bool:
        return self._at < len(self._body) and self._body[self._at] in any_of

    def _string(self) -> str:
        self._at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self._body, self._at)
            if plain is not None:
                parts.append(plain.group().decode("utf-8", "agentchaos-each-byte"))
                self._at = plain.end()
            found = self._byte()
            if found == b'"':
                self._at += 1
                return _HALF.sub("\ufffd", _PAIR.sub(_joined, "".join(parts)))
            if found != b"\\":
                self._fail("in string literal")
            self._at += 1
            parts.append(self._escape())

    def _escape(self) -> str:
        found = self._byte()
        if found != b"u":
            if found not in _ESCAPES:
                self._fail("in string escape code")
            self._at += 1
            return _ESCAPES[found]
        code = ""
        for _ in range(4):
            self._at += 1
            digit = self._byte()
            if digit not in b"0123456789abcdefABCDEF":
                self._fail("in \\u hexadecimal character escape")
            code += digit.decode()
        self._at += 1
        return chr(int(code, 16))

    def _skip_space(self) -> None:
        while self._follows(_SPACE):
            self._at += 1

    def _next(self) -> bytes:
        self._skip_space()
        return self._byte()

    def _byte(self) -> bytes:
        if self._at >= len(self._body):
            self._end("unexpected EOF")
        return self._body[self._at : self._at + 1]

    def _fail(self, where: str) -> NoReturn:
        self._end(f"invalid character {_quoted(self._body[self._at])} {where}")

    def _end(self, complaint: str) -> NoReturn:
        raise bad_body(complaint)


def _quoted(byte: int) -> str:
    """One byte as Go quotes it: taken for the character of that number."""
    if byte == ord("'"):
        return r"'\''"
    if byte == ord('"'):
        return "'\"'"
    character = chr(byte)
    if character.isprintable():
        return f"'{character}'" if character != "\\" else r"'\\'"
    short = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r"}.get(byte)
    if short:
        return f"'\\{short}'"
    return f"'\\x{byte:02x}'" if byte < 0x80 else f"'\\u{byte:04x}'"  # noqa: PLR2004 - the end of ASCII


def _joined(pair: re.Match[str]) -> str:
    """Two escapes that are one character."""
    return pair.group().encode("utf-16", "surrogatepass").decode("utf-16")


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """Every byte that is no UTF-8 becomes a mark of its own; Python's own way takes some of them together."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("agentchaos-each-byte", _each_byte)
