"""One submitted value → the value as stored, or what is wrong with it.

Browsers without JavaScript post strings ("on", "12.5", repeated keys as lists); form-js posts JSON. Both end
as the same JSON-safe value: text NFC-normalised and trimmed, whole numbers int, other numbers a decimal
string with the field's decimals, dates ISO, several choices in the order of the options.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from forms import problems
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, Field, FieldKind
from forms.problems import Problem

MAX_RAW_TEXT = 50_000
MAX_RAW_LIST = 500
NUMBER_LIMIT = Decimal(10) ** 12
YEARS = range(1900, 2200)

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15})(?:\.[0-9]{1,20})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::00)?")
_TICKED = dict.fromkeys(("on", "true", "1", "yes"), True) | dict.fromkeys(("off", "false", "0", "no"), False)
# Characters that turn the reading direction and can make a text look like another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def coerce(field: Field, raw: Any) -> Any | Problem:
    """Return *raw* as *field* stores it, None when nothing was entered, or a Problem; never raises."""
    if field.kind is FieldKind.CHECKBOX:
        return _tick(field, raw)
    if raw is None or (isinstance(raw, str | list) and len(raw) == 0):
        return None
    if field.kind is FieldKind.NUMBER:
        return _number(field, raw)
    if field.kind in SEVERAL_CHOICES:
        return _choices(field, raw)
    if not isinstance(raw, str):
        return problems.wrong_type(field)
    text = clean_text(raw, lines=field.kind is FieldKind.TEXTAREA)
    if text is None:
        return (
            problems.bad_character(field) if len(raw) <= MAX_RAW_TEXT else problems.too_long(field, len(raw))
        )
    if text == "":
        return None
    if field.kind in ONE_CHOICE:
        return text if text in field.values else problems.not_a_choice(field)
    if field.kind in DAYS:
        return _day(field, text)
    return text


def clean_text(raw: str, *, lines: bool = True) -> str | None:
    """Return *raw* in NFC and trimmed, line ends as LF (or, without *lines*, as a space).

    None when it is absurdly long or holds a control character, a lone surrogate or a turning mark.
    """
    if len(raw) > MAX_RAW_TEXT:
        return None
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not lines:
        text = text.replace("\n", " ")
    if any(_is_unfit(sign) for sign in text):
        return None
    return unicodedata.normalize("NFC", text).strip()


def _is_unfit(sign: str) -> bool:
    return sign in _TURNING or (sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs"))


def read_number(value: int | str) -> Decimal:
    """Return a cleaned number as Decimal, whichever way it is stored."""
    return Decimal(value)


def read_day(value: str) -> date:
    """Return the day of a cleaned date or moment."""
    return date.fromisoformat(value[:10])


def read_moment(value: str) -> datetime:
    """Return a cleaned moment: local wall time to the minute, without a zone."""
    return datetime.fromisoformat(value)


def _tick(field: Field, raw: Any) -> bool | Problem:
    if raw is None or raw == "" or raw == []:
        return False
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _TICKED:
        return _TICKED[raw.strip().lower()]
    return problems.wrong_type(field)


def _number(field: Field, raw: Any) -> int | str | Problem | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return problems.wrong_type(field)
    if isinstance(raw, int):
        # Before str(): writing out an int of thousands of digits raises.
        text = str(raw) if raw.bit_length() <= 64 else ""
        if not text:
            return _range_problem(field, below=raw < 0)
    elif isinstance(raw, float):
        text = f"{Decimal(repr(raw)):f}" if math.isfinite(raw) and abs(raw) < NUMBER_LIMIT else "?"
    else:
        text = unicodedata.normalize("NFKC", raw[:60]).strip()
    if text == "":
        return None
    # [:60] and the pattern keep exponents and endless digits away from Decimal.
    if not _NUMBER.fullmatch(text) or (isinstance(raw, str) and len(raw) > 60):
        return problems.not_a_number(field)
    number = Decimal(text)
    if abs(number) >= NUMBER_LIMIT:
        return _range_problem(field, below=number < 0)
    if number != number.quantize(Decimal(1).scaleb(-field.decimals)):
        return problems.too_many_decimals(field)
    if field.minimum is not None and number < field.minimum:
        return _range_problem(field, below=True)
    if field.maximum is not None and number > field.maximum:
        return _range_problem(field, below=False)
    number = abs(number) if number == 0 else number
    return int(number) if field.decimals == 0 else f"{number:.{field.decimals}f}"


def _range_problem(field: Field, *, below: bool) -> Problem:
    least = field.minimum if field.minimum is not None else 1 - NUMBER_LIMIT
    most = field.maximum if field.maximum is not None else NUMBER_LIMIT - 1
    return problems.out_of_range(field, least, most, below=below)


def _choices(field: Field, raw: Any) -> list[str] | Problem | None:
    entries = [raw] if isinstance(raw, str) else raw
    if not isinstance(entries, list) or len(entries) > MAX_RAW_LIST:
        return problems.wrong_type(field)
    chosen: set[str] = set()
    for entry in entries:
        if not isinstance(entry, str):
            return problems.wrong_type(field)
        value = entry[:60].strip()
        if value and value not in field.values:
            return problems.not_a_choice(field)
        chosen.add(value)
    return [value for value in field.values if value in chosen] or None


def _day(field: Field, text: str) -> str | Problem:
    moment = field.kind is FieldKind.DATETIME
    if not (_DATETIME if moment else _DATE).fullmatch(text):
        return problems.not_a_date(field)
    text = text[:16]
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return problems.not_a_date(field)
    return text if day.year in YEARS else problems.not_a_date(field)
