"""Stored numbers whose check digit says that they were mistyped (domain.md §1, G-S3: "ID checksum, VIN checksum").

Pure. Passports, permits of the old forms and other numbers without a check digit are never doubted. A VIN may fail and
be right: vehicles made for other markets do not follow position 9 of GB 16735.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.domain.masking import mask_id_no, mask_vin
from engine.domain.vehicle import credit_code_ok, id_no_ok, normalise_id_no, vin_check_digit_ok
from engine.label import Label

ID_DOCUMENT, VIN = "id_document", "vin"
"""The items of the check list (form verify_application) that vouch for the two numbers."""
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_COMPANY = re.compile(r"[0-9A-Z]{18}")


@dataclass(frozen=True, slots=True)
class DoubtfulNumber:
    """A number that fails its check: the item of the check list it belongs to, and what to tell, masked."""

    item: str
    told: Label


def doubtful_numbers(id_no: str | None, vin: str) -> tuple[DoubtfulNumber, ...]:
    """Return which of a customer's number and a vehicle's VIN fail their check digit; an unknown number does not."""
    found = [_doubt_of_id(normalise_id_no(id_no or "")), _doubt_of_vin(vin)]
    return tuple(doubt for doubt in found if doubt is not None)


def _doubt_of_id(number: str) -> DoubtfulNumber | None:
    if id_no_ok(number) or credit_code_ok(number):
        return None
    if _RESIDENT.fullmatch(number):
        zh, en = (
            "身份证号码 {} 的出生日期或校验码不符（GB 11643）",
            "the ID number {} fails its check (GB 11643)",
        )
    elif _COMPANY.fullmatch(number):
        zh, en = (
            "统一社会信用代码 {} 的校验码不符（GB 32100）",
            "the credit code {} fails its check (GB 32100)",
        )
    else:
        return None
    shown = mask_id_no(number)
    return DoubtfulNumber(ID_DOCUMENT, Label(zh.format(shown), en.format(shown)))


def _doubt_of_vin(vin: str) -> DoubtfulNumber | None:
    if vin_check_digit_ok(vin):
        return None
    shown = mask_vin(vin)
    return DoubtfulNumber(
        VIN,
        Label(
            f"车架号 {shown} 的校验位不符（GB 16735）", f"the VIN {shown} fails its check digit (GB 16735)"
        ),
    )
