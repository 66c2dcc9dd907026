"""Whether values fit their JSON schemas. Nothing is ever fetched: what a schema refers to elsewhere is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_agentchaos.evidence.canonical import dump, encode, told
from pytest_agentchaos.evidence.redaction import HIDDEN, redact
from pytest_agentchaos.evidence.telling import shown

Schema = Mapping[str, Any] | bool

_WORDS = frozenset({"description", "title", "default", "$comment"})
"""Keywords that promise nothing. Hidden parts in them change no verdict."""
_GAVE_UP = frozenset({"BacktrackLimitExceeded", "RegexEngineFailure"})
_VALUE = "\0"  # stands where an error's message would repeat the value, which may be of any size
_VALUE_CHARACTERS = 40


class UndecidedError(Exception):
    """Nobody can say whether a value fits; the message says why."""


class SchemaCheck:
    """Compiles each distinct schema once. Draft 2020-12, unless a schema's ``$schema`` says another."""

    def __init__(self) -> None:
        # Each holds on to its schema, so that no other one gets its number.
        self._by_identity: dict[int, tuple[Schema, Any]] = {}
        self._by_text: dict[str, Any] = {}

    def misfit(self, schema: Schema, value: Any) -> str | None:
        """What is wrong with a value, the first thing if several are; None if it fits. May raise UndecidedError."""
        validator = self._validator(schema)
        try:
            fits = validator.is_valid(value)
            wrong = None if fits else _first_error(validator, value)
            hidden = HIDDEN in str(value)
        except (ValueError, RecursionError) as error:  # half a character, a value that is deeper than can be judged
            msg = f"the value cannot be judged ({shown(told(error))})"
            raise UndecidedError(msg) from error
        if hidden:
            msg = f"a part of the value is {HIDDEN}, as in every saved history; judge before it is saved"
            raise UndecidedError(msg)
        return wrong

    def problem(self, schema: Schema) -> str | None:
        """Why nothing can be judged by this schema; None if it is a good one."""
        try:
            self._validator(schema)
        except UndecidedError as error:
            return str(error)
        return None

    def _validator(self, schema: Schema) -> Any:
        known = self._by_identity.get(id(schema))
        if known is None:
            text = dump(schema)
            if text not in self._by_text:
                self._by_text[text] = _compile(text)
            known = self._by_identity[id(schema)] = (schema, self._by_text[text])
        compiled = known[1]
        if isinstance(compiled, str):
            raise UndecidedError(compiled)
        return compiled


def _compile(text: str) -> Any:
    """A validator, or the words that say why there is none."""
    try:
        import jsonschema_rs
    except ImportError:
        return "the package jsonschema-rs is not installed; install it: pip install jsonschema-rs"
    if HIDDEN in text and _holds_hidden(json.loads(text)):
        return f"a part of the schema is {HIDDEN}, as in every saved history; judge before it is saved"
    try:
        # Half a character goes as its escape: as it is, it ends the whole process under Python 3.13.
        return jsonschema_rs.validator_for(encode(text).decode(), offline=True, mask=_VALUE)
    except jsonschema_rs.ValidationError as error:
        return f"the schema is not valid ({shown(error.message.replace(_VALUE, _short(error.instance)))})"
    except ValueError as error:
        return f"the schema is not valid ({shown(told(error))})"


def _holds_hidden(schema: Any) -> bool:
    """Whether a part that promises something is hidden."""
    rest = [schema]
    while rest:
        part = rest.pop()
        if isinstance(part, str) and HIDDEN in part:
            return True
        if isinstance(part, list):
            rest += part
        elif isinstance(part, dict):
            rest += part
            rest += [item for key, item in part.items() if not (key in _WORDS and isinstance(item, str))]
    return False


def _first_error(validator: Any, value: Any) -> str:
    """The first error on the value as a saved history tells it, so that both have the same words."""
    error = next(iter(validator.iter_errors(json.loads(dump(value)))), None)
    if error is None:  # it is as JSON what it was not as an object
        return "it is no JSON value"
    if type(error.kind).__name__ in _GAVE_UP:
        msg = f"a pattern of the schema takes too long to be judged ({shown(error.message)})"
        raise UndecidedError(msg)
    path = [str(part) for part in error.instance_path]
    name = path[-1] if path else ""
    what = _short(redact({name: error.instance})[name])  # by its name, so that a password is hidden
    said = shown(error.message.replace(_VALUE, what))
    return f"{shown('.'.join(path))}: {said}" if path else said


def _short(value: Any) -> str:
    told = shown(repr(value))
    return told if len(told) <= _VALUE_CHARACTERS else f"{told[: _VALUE_CHARACTERS - 3]}..."
