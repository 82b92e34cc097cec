"""From one cell to one value: text, lines of cover, figures, people and vehicles. Dates are in `dates`.

A reader takes a cell and returns the value with the fault found, if any. With an error the value is None;
with a warning it is the value to use. Empty cells never reach a reader.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from engine.domain import vehicle
from engine.domain.codes import Line
from engine.domain.lists.model import Cell, Fault

Reading = tuple[object, Fault | None]
Reader = Callable[[Cell], Reading]

LONGEST_TEXT = 200
"""Characters a text column may hold."""

_LOSSLESS = 10**15
"""From here on a spreadsheet number (IEEE double, 15 digits kept) has lost digits of an identifier."""

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
_SPACES = re.compile(r"\s+")
_UNTIDY = re.compile(rf"^\s|\s$|\s\s|[^\S ]|^'|^=\"|{_INVISIBLE.pattern}")
_FORCED_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)

EMPTY_WORDS = frozenset({"", "-", "--", "—", "——", "/", "\\", "null", "none", "n/a"})
"""What exports write for «nothing»; compared in lower case."""

CELL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"})

_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}")


def half_width(text: str) -> str:
    """Return *text* with full-width ASCII forms and the ideographic space made half-width; CJK is kept."""
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def clean(text: str) -> str:
    """Return *text* without the tricks of exports: blanks and invisible marks, ``="…"``, a leading apostrophe.

    Idempotent. Inner runs of white space (line breaks too) become one space.
    """
    if text.isalnum() or not _UNTIDY.search(text):  # nearly every cell
        return text
    text = _INVISIBLE.sub("", text)
    while True:
        before = text
        text = _SPACES.sub(" ", text).strip()
        if text.startswith("'"):
            text = text[1:]
        elif text.startswith('="'):
            text = _FORCED_TEXT.sub(r"\1", text)
        if text == before:
            return text


def as_text(cell: Cell) -> str:
    """Return the cell as a person would type it: whole numbers without a fraction, dates as YYYY-MM-DD."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return str(cell)
        return str(int(cell)) if cell.is_integer() and abs(cell) < _LOSSLESS else f"{cell!r}".upper()
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell.isoformat()


def read_text(cell: Cell) -> Reading:
    """Read free text, trimmed; full-width characters of names stay as written."""
    text = clean(as_text(cell))
    if len(text) > LONGEST_TEXT:
        return None, Fault("text_too_long", {"length": len(text), "limit": LONGEST_TEXT})
    return text, None


def read_line(cell: Cell) -> Reading:
    """Read the line of cover from any of its names (交强险, 机动车商业保险 , ctp …)."""
    text = half_width(clean(as_text(cell))).lower()
    compulsory = "交强" in text or "强制" in text or text == Line.CTP
    commercial = "商业" in text or text == Line.COMMERCIAL
    if compulsory and commercial:
        return None, Fault("line_both")
    if compulsory:
        return Line.CTP, None
    return (Line.COMMERCIAL, None) if commercial else (None, Fault("line_unknown"))


# Identifiers: text always; a number cell has lost leading zeros, a long one its last digits as well.

_POLICY_NO = re.compile(r"[A-Z0-9][A-Z0-9_./-]{3,39}")
_STAFF_NO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_STAFF_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _identifier(cell: Cell) -> str:
    return _SPACES.sub("", half_width(clean(as_text(cell))))


def read_policy_no(cell: Cell) -> Reading:
    """Read a policy number, upper case, without blanks."""
    number = _identifier(cell).upper()
    if _SCIENTIFIC.fullmatch(number) or (isinstance(cell, float) and abs(cell) >= _LOSSLESS):
        return None, Fault("policy_no_mangled")
    if isinstance(cell, float):
        return number, Fault("number_cell")
    if len(number) > 15 and number.isdigit() and not number[15:].strip("0"):
        return number, Fault("policy_no_rounded")
    if len(number) > LONGEST_TEXT:
        return None, Fault("text_too_long", {"length": len(number), "limit": LONGEST_TEXT})
    return number, None if _POLICY_NO.fullmatch(number) else Fault("policy_no_format")


def read_staff_no(cell: Cell) -> Reading:
    """Read the employee number out of ``80012345张三``, ``张三(80012345)`` or a bare number; never a name.

    Source: domain.md §4.5, §7 case 41 (people of one name are told apart by number only).
    """
    text = half_width(clean(as_text(cell)))
    if isinstance(cell, float) and not _STAFF_NO.fullmatch(text):
        return None, Fault("staff_format")
    if isinstance(cell, float):
        return text, Fault("number_cell")
    if text.isascii():
        bare = text.strip("[]() ")
        return (bare, None) if _STAFF_NO.fullmatch(bare) else (None, Fault("staff_format"))
    numbers = [token.strip("-_") for token in _STAFF_TOKEN.findall(text) if any(map(str.isdigit, token))]
    if len(numbers) == 1:
        return numbers[0], None
    return None, Fault("staff_ambiguous" if numbers else "staff_without_number")


def read_vin(cell: Cell) -> Reading:
    """Read a VIN; a wrong check digit is a warning only (imported cars)."""
    vin = vehicle.normalise_vin(clean(as_text(cell)))
    fault = vehicle.vin_fault(vin)
    if fault is None:
        expected = vehicle.vin_check_digit(vin)
        return vin, None if vin[8] == expected else Fault("vin_check_digit", {"expected": expected})
    bad = " ".join(sorted({char for char in vin if not (char.isascii() and char.isalnum()) or char in "IOQ"}))
    return None, Fault(fault.value, {"length": len(vin), "bad": bad})


def read_plate(cell: Cell) -> Reading:
    """Read a plate of seven places (fuel) or eight (new energy); 未上牌 gives None with a warning."""
    plate = vehicle.normalise_plate(clean(as_text(cell)))
    if plate is None:
        return None, Fault("plate_none")
    if len(plate) > 20:
        return None, Fault("text_too_long", {"length": len(plate), "limit": 20})
    kind = vehicle.plate_kind(plate)
    if kind is vehicle.PlateKind.TEMPORARY:
        return plate, Fault("plate_temporary")
    return plate, Fault("plate_format") if kind is vehicle.PlateKind.UNRECOGNISED else None


def read_id_no(cell: Cell) -> Reading:
    """Read an identity number or a company's credit code; number cells have lost digits and are refused."""
    number = vehicle.normalise_id_no(clean(as_text(cell)))
    if isinstance(cell, float) or _SCIENTIFIC.fullmatch(_identifier(cell)):
        return None, Fault("id_mangled")
    if "*" in number:
        return None, Fault("id_masked")
    if len(number) > 40:
        return None, Fault("text_too_long", {"length": len(number), "limit": 40})
    if vehicle.id_no_ok(number) or vehicle.credit_code_ok(number):
        return number, None
    if re.fullmatch(r"[0-9]{15}", number):
        return number, Fault("id_old_form")
    return number, Fault("id_check_digit" if re.fullmatch(r"[0-9]{17}[0-9X]", number) else "id_format")


def read_phone(cell: Cell) -> Reading:
    """Read a telephone number; anything but a mainland mobile number earns a warning."""
    text = half_width(clean(as_text(cell)))
    if "*" in text:
        return None, Fault("phone_masked")
    if _SCIENTIFIC.fullmatch(text) or (isinstance(cell, float) and not text.isdigit()):
        return None, Fault("phone_mangled")
    parts = [part for part in re.split(r"[,;/、|\s]+", text) if len(re.sub(r"\D", "", part)) >= 7]
    phone = vehicle.normalise_phone(parts[0] if len(parts) > 1 else text)
    if len(phone) > 40:
        return None, Fault("text_too_long", {"length": len(phone), "limit": 40})
    if not vehicle.phone_ok(phone):
        return phone, Fault("phone_format")
    return phone, Fault("phone_several") if len(parts) > 1 else None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a number may be: hard bounds reject the row, usual ones warn (a plain 0 does not). `places` 0 means whole."""

    low: Decimal
    high: Decimal
    places: int = 0
    usual: tuple[Decimal, Decimal] | None = None


def _figure(low: str, high: str, places: int = 0, usual: tuple[str, str] | None = None) -> Figure:
    return Figure(
        Decimal(low), Decimal(high), places, (Decimal(usual[0]), Decimal(usual[1])) if usual else None
    )


PREMIUM = _figure("0", "1000000", 2, ("30", "200000"))
PRICE = _figure("0", "100000000", 2, ("1000", "10000000"))
LIMIT = _figure("0", "100000000", 2, ("10000", "20000000"))
NCD = _figure("0.1", "10", 6, ("0.5", "2.0"))
"""NCD factor 2020: 0.5 to 2.0. Source: domain.md §3.4."""
SELF_PRICING = _figure("0.1", "10", 6)
"""Ranges of the self-pricing factor are effective-dated and judged elsewhere. Source: domain.md §0.8."""
SEATS = _figure("1", "200")
CLAIMS = _figure("0", "99")
YEARS = _figure("0", "60")

_NUMBER = re.compile(r"([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d*)?(万?)")
_UNITS = re.compile(r"^(?:rmb|cny|人民币|[¥￥])|(?:元|座|人|次|年|rmb|cny)$", re.IGNORECASE)


def _decimal(cell: Cell) -> Decimal | Fault:
    if isinstance(cell, float):
        return Decimal(repr(cell)) if math.isfinite(cell) else Fault("figure_not_finite")
    text = half_width(clean(as_text(cell))).replace(" ", "").replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):  # accountants' way of writing a negative amount
        text = "-" + text[1:-1]
    text = _UNITS.sub("", text)
    if text.lower().strip("+-") in {"nan", "inf", "infinity"}:
        return Fault("figure_not_finite")
    match = _NUMBER.fullmatch(text) if text.isascii() or text.endswith("万") else None
    if match is None or len(text) > 40:
        return Fault("figure_unreadable")
    sign, whole, fraction, ten_thousand = match.groups()
    number = Decimal(f"{sign}{whole.replace(',', '')}{fraction or ''}")
    return number * 10_000 if ten_thousand else number


def read_figure(cell: Cell, figure: Figure) -> Reading:
    """Read a number within the bounds of *figure*, rounded half up to its places; ``200万`` is 2,000,000."""
    number = _decimal(cell)
    if isinstance(number, Fault):
        return None, number
    if not figure.low <= number <= figure.high:
        return None, Fault("figure_absurd", {"low": figure.low, "high": figure.high})
    if figure.places == 0:
        return (
            (int(number), None) if number == number.to_integral_value() else (None, Fault("figure_not_whole"))
        )
    number = number.quantize(Decimal(1).scaleb(-figure.places), ROUND_HALF_UP)
    if figure.usual and number and not figure.usual[0] <= number <= figure.usual[1]:
        return number, Fault("figure_unusual", {"low": figure.usual[0], "high": figure.usual[1]})
    return number, None


def read_premium(cell: Cell) -> Reading:
    """Read a premium in yuan; a negative one marks a refund entry."""
    number = _decimal(cell)
    if isinstance(number, Decimal) and number < 0:
        return None, Fault("refund_row", {"amount": number})
    return read_figure(cell, PREMIUM)


_CANCELLED = re.compile(r"^(?:16|13)(?:\D|$)|退保|解除|解约|注销|cancel|surrender", re.IGNORECASE)
"""Codes and words of endorsements that end a policy (domain.md §2.4 X01); 批减 and others do not."""


def read_endorsement(cell: Cell) -> Reading:
    """Read the kind of an endorsement; one that ends the policy marks a cancelled one."""
    text = clean(as_text(cell))
    return (text, Fault("cancelled_row")) if _CANCELLED.search(half_width(text)) else (text, None)


def is_empty(cell: Cell) -> bool:
    """Return whether the cell holds nothing, or one of the words exports write for nothing."""
    return isinstance(cell, str) and (not cell or (not cell.isdigit() and clean(cell).lower() in EMPTY_WORDS))
