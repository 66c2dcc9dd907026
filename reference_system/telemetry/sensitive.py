"""What must not be seen: how secrets and personal data look, and what stands in their place.

Each rule is cheap to rule out (``hints``), bounded in what it looks at, and blind to the marks that it leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Replacement = str | Callable[[re.Match[str]], str]

CARD = "[card]"
EMAIL = "[email]"
PASSPORT = "[passport]"
PHONE = "[phone]"
SECRET = "[secret]"  # noqa: S105 - the mark, no secret


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of text to hide."""

    pattern: re.Pattern[str]
    replacement: Replacement
    hints: tuple[str, ...] = ()
    """One of these, in lower case, stands in every text that the pattern matches; none: a long number does."""


def passes_luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the digits of a two-digit number, added
    return total % 10 == 0


def _card(match: re.Match[str]) -> str:
    digits = "".join(filter(str.isdecimal, match[0]))
    return CARD if passes_luhn(digits) else match[0]


def _after_name(mark: str) -> Callable[[re.Match[str]], str]:
    """Keep the words that say what follows, hide what follows."""
    return lambda match: match[1] + mark


_NAMES_OF_SECRETS = (
    "api[_ -]?key|access[_ -]?key|access[_ -]?token|auth[_ -]?token|client[_ -]?secret|secret|token|"
    "password|passwd|pwd|passwort|kennwort|mot de passe|contraseña"
)
_NAMES_OF_PASSPORTS = "passport|passeport|passaporto|pasaporte|reisepass|ausweis|identity card|id card|dni"
_NAMES_OF_PHONES = "telephone|telefon|téléphone|teléfono|telefono|tel|phone|mobile|móvil|handy|cell|whatsapp"
_GAP = r"[ \u00a0._-]"

_ISSUER = r"(?:[3-6]\d{3}|2[2-7]\d{2})"
_CARD_SHAPE = rf"{_ISSUER}(?:\d{{9,15}}|{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{1,4}}|{_GAP}\d{{6}}{_GAP}\d{{4,5}})"
_DATE = r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})"

RULES: tuple[Rule, ...] = (
    # secrets by their own shape
    Rule(re.compile(r"(?<=://)[^\s/@\[\]\"']{1,200}:[^\s/@\[\]\"']{1,200}(?=@)", re.ASCII), SECRET, ("://",)),
    Rule(re.compile(r"\bsk-[A-Za-z0-9_-]{8,}", re.ASCII), SECRET, ("sk-",)),
    Rule(re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*", re.ASCII), SECRET, ("eyj",)),
    Rule(re.compile(r"\bAKIA[0-9A-Z]{16}\b", re.ASCII), SECRET, ("akia",)),
    Rule(re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}", re.ASCII), SECRET, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    # secrets by what is said before them
    Rule(
        re.compile(r"(?i)\b(bearer\s{1,3})(?=[^\s\[]*\d|[^\s\[]{20})[\w.~+/=-]{8,}", re.ASCII),
        _after_name(SECRET),
        ("bearer",),
    ),
    Rule(
        re.compile(
            r"(?i)\b(authorization\\{0,3}[\"']?\s{0,3}[:=]\s{0,3}\\{0,3}[\"']?(?:basic|digest)?\s{0,3})"
            r"(?!bearer\b)[\w.~+/=-]{8,}"
        ),
        _after_name(SECRET),
        ("authorization",),
    ),
    Rule(
        re.compile(
            rf"(?i)((?<![A-Za-z0-9\[])(?:{_NAMES_OF_SECRETS})\\{{0,3}}[\"']?\s{{0,3}}"
            r"(?:[:=]|\b(?:is|ist|est|es|è)\b)\s{0,3}\\{0,3}[\"']?)[^\s\"',;&\[\]\\]{4,}"
        ),
        _after_name(SECRET),
        ("api", "access", "secret", "token", "passw", "pwd", "kennwort", "mot de passe", "contrase"),
    ),
    # personal data
    Rule(re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), EMAIL, ("@",)),
    Rule(re.compile(rf"(?<![0-9A-Za-z]){_CARD_SHAPE}(?![0-9A-Za-z])", re.ASCII), _card),
    Rule(
        re.compile(
            rf"(?i)(\b(?<!\[)(?:{_NAMES_OF_PASSPORTS})\b[^\d\[\n]{{0,25}}?)(?<![A-Z0-9])[A-Z]{{0,3}}\d[A-Z0-9]{{5,10}}\b"
        ),
        _after_name(PASSPORT),
        ("passport", "passeport", "passaporto", "pasaporte", "reisepass", "ausweis", "identity card", "id card", "dni"),
    ),
    Rule(re.compile(r"(?<![\w-])(?:[A-Z]{1,2}\d{7,8}|\d{8}[A-Z])(?![\w-])", re.ASCII), PASSPORT),
    Rule(re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ ()/.\-\u00a0]{0,2}\d){7,13}(?!\d)", re.ASCII), PHONE),
    Rule(
        re.compile(rf"(?<![\w.+/-])(?!{_DATE})0[1-9]\d{{0,4}}[ /.\-](?:\d[ /.\-]?){{6,9}}\d(?!\w)", re.ASCII),
        PHONE,
    ),
    Rule(re.compile(r"(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-])", re.ASCII), PHONE),
    Rule(
        re.compile(
            rf"(?i)(\b(?<!\[)(?:{_NAMES_OF_PHONES})\b[^\d\[\n+]{{0,20}})(?!{_DATE})\+?\d(?:[ ()/.\-]{{0,2}}\d){{6,14}}"
        ),
        _after_name(PHONE),
    ),
)

LONG_NUMBER = re.compile(r"\d(?<!\d\d)(?!\d{3}-\d\d-\d\d(?!\d))(?:[ ()/.\-_\u00a0]{0,2}\d){6,}", re.ASCII)
"""Seven digits or more, however they are grouped, that do not start with an ISO day. Starts with the digit: fast."""

HINTS = tuple(sorted({hint for rule in RULES for hint in rule.hints}))

MARK_OF_FIELD = {
    **dict.fromkeys(
        ("apikey", "accesskey", "accesstoken", "authtoken", "authorization", "clientsecret", "cookie", "password",
         "passwd", "pwd", "refreshtoken", "secret", "setcookie", "token", "xapikey", "cvv", "cvc"),
        SECRET,
    ),
    **dict.fromkeys(("card", "cardnumber", "creditcard"), CARD),
    **dict.fromkeys(("email", "mail", "emailaddress"), EMAIL),
    **dict.fromkeys(("passport", "passportnumber"), PASSPORT),
    **dict.fromkeys(("mobile", "phone", "phonenumber", "telephone"), PHONE),
}  # fmt: skip
"""Name of a JSON field (lower case, letters only) -> what stands in place of its value, whatever it is."""
