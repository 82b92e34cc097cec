"""Identifiers of a vehicle and its holder: VIN, plate, identity number, mobile number.

Every function is total over text: it never raises and never guesses (an O in a VIN is a fault, not a zero).
Normalised values are what is stored, compared and blind-indexed. Source: domain.md §4.5, §7 cases 25, 32, 33.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

# A lone accent becomes a blank and a combining mark, which joins its neighbour once the blank is gone.
_MOST_PASSES = 5
_SEPARATORS = re.compile(r"[\s\u00b7\u2022\u2027\u30fb\u25cf.\-_/]+")

# GB 16735-2019: 17 characters without I, O, Q; position 9 is the check digit.
_VIN_SHAPE = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
) | {str(n): n for n in range(10)}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

# GA 36-2018: province sign, office letter, serial without I and O; five places for fuel, six for new energy,
# where the letter A-K stands first (small vehicles) or last (large ones).
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_FUEL = re.compile(rf"[{_PROVINCE}][A-HJ-NP-Z](?:[A-HJ-NP-Z0-9]{{5}}|[A-HJ-NP-Z0-9]{{4}}[学警港澳挂领试超])")
_NEW_ENERGY = re.compile(rf"[{_PROVINCE}][A-HJ-NP-Z](?:[A-HJK][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[A-HJK])")
_NO_PLATE = frozenset(
    {
        "",
        "无",
        "无牌",
        "暂无",
        "未上牌",
        "未上户",
        "待上牌",
        "新车",
        "新车未上牌",
        "空",
        "未知",
        "*",
        "NULL",
        "NONE",
        "N",
        "NA",
        "0",
    }
)

_ID_NO = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_MOBILE = re.compile(r"1[3-9]\d{9}")


class VinFault(StrEnum):
    """Why a text cannot serve as a VIN; a wrong check digit is not among them (imports only warn)."""

    MISSING = "vin_missing"
    MASKED = "vin_masked"
    LENGTH = "vin_length"
    CHARACTERS = "vin_characters"


class PlateKind(StrEnum):
    """What a normalised plate says about the vehicle."""

    FUEL = "fuel"
    NEW_ENERGY = "new_energy"
    TEMPORARY = "temporary"
    NONE = "none"
    UNRECOGNISED = "unrecognised"


def _compact(text: str) -> str:
    """Return *text* half-width, upper case and without separators, the same when compacted again."""
    for _ in range(_MOST_PASSES):
        before = text
        text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
        if text == before:
            break
    return text


def normalise_vin(text: str) -> str:
    """Return *text* half-width, upper case and without separators; empty text stays empty."""
    return _compact(text)


def vin_fault(vin: str) -> VinFault | None:
    """Return why the normalised *vin* cannot identify a vehicle, or None when it can.

    The check digit is judged apart by `vin_check_digit_ok`: real lists hold imported and
    old vehicles whose digit is wrong, so it earns a warning there, never a rejection.
    """
    if not vin:
        return VinFault.MISSING
    if "*" in vin:
        return VinFault.MASKED
    if len(vin) != 17:
        return VinFault.LENGTH
    return None if _VIN_SHAPE.fullmatch(vin) else VinFault.CHARACTERS


def vin_check_digit(vin: str) -> str | None:
    """Return the digit (0 to 9 or X) that belongs at position 9, or None when *vin* is no VIN at all."""
    if vin_fault(vin) is not None:
        return None
    remainder = sum(_VIN_VALUES[char] * weight for char, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def vin_check_digit_ok(vin: str) -> bool:
    """Return whether the normalised *vin* is a VIN whose position 9 is right."""
    return vin_fault(vin) is None and vin[8] == vin_check_digit(vin)


def normalise_plate(text: str) -> str | None:
    """Return *text* half-width, upper case, without separators; None where it says there is no plate."""
    plate = _compact(text)
    return None if plate in _NO_PLATE else plate


def plate_kind(plate: str | None) -> PlateKind:
    """Return the kind of a plate as `normalise_plate` gives it.

    Seven characters are a fuel plate and eight a new-energy one; 临 anywhere makes it temporary.
    Consular, military and mistyped plates are UNRECOGNISED: a reason to warn, never to reject the row.
    """
    if plate is None:
        return PlateKind.NONE
    if "临" in plate:
        return PlateKind.TEMPORARY
    if _FUEL.fullmatch(plate):
        return PlateKind.FUEL
    return PlateKind.NEW_ENERGY if _NEW_ENERGY.fullmatch(plate) else PlateKind.UNRECOGNISED


def normalise_id_no(text: str) -> str:
    """Return an identity number half-width, upper case (final x becomes X) and without separators."""
    return _compact(text)


def normalise_name(text: str) -> str:
    """Return a person's or company's name half-width, upper case, without spaces and middle dots."""
    return _compact(text)


def id_check_digit(first_17: str) -> str | None:
    """Return the check digit of a resident identity number (GB 11643), None unless 17 digits are given."""
    if not re.fullmatch(r"[0-9]{17}", first_17):
        return None
    return _ID_CHECKS[
        sum(int(char) * weight for char, weight in zip(first_17, _ID_WEIGHTS, strict=True)) % 11
    ]


def id_no_ok(text: str) -> bool:
    """Return whether *text* is a resident identity number: 18 places, a real birth date, a right check digit.

    Residence permits of Hong Kong, Macao and Taiwan and of foreigners (since 2023) share the form.
    The withdrawn 15-digit form, passports and company codes are not this number.
    """
    number = normalise_id_no(text)
    match = _ID_NO.fullmatch(number)
    if match is None or not number.isascii():
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return number[17] == id_check_digit(number[:17])


def credit_code_ok(text: str) -> bool:
    """Return whether *text* is a company's unified social credit code (GB 32100), check character right."""
    code = normalise_id_no(text)
    if len(code) != 18 or any(char not in _CREDIT_ALPHABET for char in code):
        return False
    total = sum(
        _CREDIT_ALPHABET.index(char) * weight for char, weight in zip(code, _CREDIT_WEIGHTS, strict=False)
    )
    return code[17] == _CREDIT_ALPHABET[-total % 31]


def normalise_phone(text: str) -> str:
    """Return a telephone number half-width, without separators, brackets and the +86 / 0086 / 86 prefix."""
    digits = re.sub(r"[()]", "", _compact(text))
    return re.sub(r"^(?:\+86|0086|86(?=1[3-9]\d{9}$))", "", digits)


def phone_ok(text: str) -> bool:
    """Return whether *text* is a mainland mobile number: 11 digits from 13 to 19."""
    number = normalise_phone(text)
    return number.isascii() and _MOBILE.fullmatch(number) is not None
