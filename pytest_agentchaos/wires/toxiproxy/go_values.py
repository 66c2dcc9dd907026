"""What a body says, put into fields as Go does: names in any case, null changes nothing, a wrong type is told."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from pytest_agentchaos.wires.toxiproxy.go_json import Members, Number
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal, bad_body

Decoder = Callable[[Any, str], Any]
"""Makes a field's value of what was read; the text says which field, for the complaint."""

_WHOLE: Final = re.compile(r"-?[0-9]+")
_INT64: Final = range(-(2**63), 2**63)


def fill(
    read: Any, fields: Mapping[str, Decoder], into: dict[str, Any], struct_name: str, type_name: str
) -> Refusal | None:
    """Put members into fields, and go on after a wrong type, as Go does; the first complaint comes back."""
    if read is None:
        return None
    if not isinstance(read, Members):
        return unfit(what=kind(read), where=f"value of type {type_name}")
    first: Refusal | None = None
    for name, value in read.pairs:
        field = _field(name, fields)
        if field is None or value is None:
            continue
        try:
            into[field] = fields[field](value, f"{struct_name}.{field}")
        except Refusal as refusal:
            first = first or refusal
    return first


def text(value: Any, where: str) -> str:
    """A field that holds text."""
    if not isinstance(value, str):
        raise unfit(what=kind(value), where=f"struct field {where} of type string")
    return value


def boolean(value: Any, where: str) -> bool:
    """A field that is true or false."""
    if not isinstance(value, bool):
        raise unfit(what=kind(value), where=f"struct field {where} of type bool")
    return value


def whole(type_name: str) -> Decoder:
    """A field that holds a whole number: written without point and exponent, and of 64 bits."""

    def decode(value: Any, where: str) -> int:
        if not isinstance(value, Number):
            raise unfit(what=kind(value), where=f"struct field {where} of type {type_name}")
        if (
            not _WHOLE.fullmatch(value.literal)
            or len(value.literal) > len(str(-(2**63)))
            or int(value.literal) not in _INT64
        ):
            raise unfit(what=f"number {value.literal}", where=f"struct field {where} of type {type_name}")
        return int(value.literal)

    return decode


def float32(value: Any, where: str) -> float:
    """A field that holds a fraction, in 32 bits."""
    number = float64(value, where, "float32")
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        raise unfit(what=f"number {value.literal}", where=f"struct field {where} of type float32") from None


def float64(value: Any, where: str, type_name: str = "float64") -> float:
    """A field that holds a fraction. One that is too large for it would be infinite, which JSON cannot say."""
    if not isinstance(value, Number):
        raise unfit(what=kind(value), where=f"struct field {where} of type {type_name}")
    if math.isinf(number := float(value.literal)):
        raise unfit(what=f"number {value.literal}", where=f"struct field {where} of type {type_name}")
    return number


def written_float32(value: float) -> str:
    """The shortest text that reads as the same 32 bits: ``1`` and not ``1.0``."""
    if value == int(value) and abs(value) < 1e21:  # noqa: PLR2004 - where Go begins to write exponents
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    packed = struct.pack("f", value)
    digits = next(n for n in range(1, 18) if struct.pack("f", float(f"{value:.{n}g}")) == packed)
    if 1e-6 <= abs(value) < 1e21:  # noqa: PLR2004 - the same
        return f"{Decimal(f'{value:.{digits}g}'):f}"
    return re.sub(r"e-0+", "e-", f"{value:.{digits - 1}e}")


def kind(value: Any) -> str:
    """What Go calls a value that does not fit."""
    if isinstance(value, Number):
        return "number"
    if isinstance(value, Members):
        return "object"
    return {str: "string", bool: "bool", list: "array"}[type(value)]


def unfit(*, what: str, where: str) -> Refusal:
    """A value of the wrong type."""
    return bad_body(f"json: cannot unmarshal {what} into Go {where}")


def _field(name: str, fields: Mapping[str, Decoder]) -> str | None:
    if name in fields:
        return name
    return next((field for field in fields if field.lower() == name.lower()), None)
