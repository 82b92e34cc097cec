"""The bounds of one component: numbers, lengths, patterns, days."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from forms.model import DAYS, TEXTS, DayBound, FieldKind, Text
from forms.patterns import pattern_fault
from forms.reader import Reader

DEFAULT_MAX_LENGTH = {FieldKind.TEXT: 200, FieldKind.TEXTAREA: 1_000}
MAX_TEXT = 4_000
MAX_DECIMALS = 6

_DAY_BOUND = re.compile(r"today(?:([+-])(\d{1,4}))?")


def number_rules(reader: Reader, kind: FieldKind) -> tuple[Decimal | None, Decimal | None, int]:
    """Return minimum, maximum and decimals of a number field."""
    validate = reader.part("validate")
    if kind is not FieldKind.NUMBER:
        for name in ("min", "max"):
            if name in validate:
                _misplaced(reader, f"validate.{name}")
        return None, None, 0
    digits = reader.raw.get("decimalDigits", 0)
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= MAX_DECIMALS:
        reader.refuse(
            "bad_value",
            f"小数位数应为 0 至 {MAX_DECIMALS} 的整数",
            f"decimalDigits must be a whole number from 0 to {MAX_DECIMALS}",
            "请改正 decimalDigits",
            "Correct decimalDigits",
        )
    minimum, maximum = _bound(reader, "min"), _bound(reader, "max")
    if minimum is not None and maximum is not None and minimum > maximum:
        reader.refuse(
            "bad_bounds",
            "最小值大于最大值",
            "the minimum is above the maximum",
            "请改正 min 与 max",
            "Correct min and max",
        )
    return minimum, maximum, digits


def _bound(reader: Reader, name: str) -> Decimal | None:
    value = reader.part("validate").get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        reader.refuse(
            "bad_bounds",
            f"“validate.{name}”不是可用的数字",
            f"validate.{name} is not a usable number",
            "请填写数字",
            "Give a number",
        )
    return number


def lengths(reader: Reader, kind: FieldKind) -> tuple[int, int]:
    """Return the shortest and the longest text a field takes."""
    validate = reader.part("validate")
    if kind not in TEXTS:
        for name in ("minLength", "maxLength"):
            if name in validate:
                _misplaced(reader, f"validate.{name}")
        return 0, 0
    shortest = validate.get("minLength", 0)
    longest = validate.get("maxLength", DEFAULT_MAX_LENGTH[kind])
    for length in (shortest, longest):
        if isinstance(length, bool) or not isinstance(length, int) or not 0 <= length <= MAX_TEXT:
            reader.refuse(
                "bad_bounds",
                f"文本长度应为 0 至 {MAX_TEXT} 的整数",
                f"text lengths are whole numbers from 0 to {MAX_TEXT}",
                "请改正 minLength、maxLength",
                "Correct minLength and maxLength",
            )
    if shortest > longest or longest == 0:
        reader.refuse(
            "bad_bounds",
            "最小长度大于最大长度",
            "the shortest length is above the longest",
            "请改正 minLength、maxLength",
            "Correct minLength and maxLength",
        )
    return shortest, longest


def pattern(reader: Reader, kind: FieldKind, longest: int) -> tuple[re.Pattern[str] | None, Text | None]:
    """Return the format of a text field and what to say when it is not met."""
    validate, properties = reader.part("validate"), reader.part("properties")
    if "pattern" not in validate:
        return None, None
    if kind is not FieldKind.TEXT:
        _misplaced(reader, "validate.pattern")
    source = validate["pattern"]
    fault = pattern_fault(source, longest)
    if fault is not None:
        reader.refuse(
            "bad_pattern",
            f"格式规则“{str(source)[:60]}”不可用：{fault.zh}",
            f"the pattern {str(source)[:60]!r} cannot be used: {fault.en}",
            "请写成以 ^ 开头、以 $ 结尾的简单规则，如 ^[0-9A-Z]{10,30}$",
            "Write a simple one from ^ to $, such as ^[0-9A-Z]{10,30}$",
        )
    message = Text(
        reader.text(validate, "patternErrorMessage", label="validate.patternErrorMessage"),
        reader.text(properties, "pattern_message_en", label="properties.pattern_message_en"),
    )
    return re.compile(source, re.ASCII), message


def day_bound(reader: Reader, kind: FieldKind, name: str) -> DayBound | None:
    """Return the moving bound *name* of a day field."""
    value = reader.part("properties").get(name)
    if value is None:
        return None
    if kind not in DAYS:
        _misplaced(reader, f"properties.{name}")
    match = _DAY_BOUND.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        reader.refuse(
            "bad_day_bound",
            f"“properties.{name}”应为 today、today+天数 或 today-天数",
            f"properties.{name} must be today, today+N or today-N",
            "请改正",
            "Correct it",
        )
    sign, days = match.groups()
    return DayBound(int(f"{sign}{days}") if days else 0)


def _misplaced(reader: Reader, name: str) -> NoReturn:
    reader.refuse(
        "misplaced_rule",
        f"“{name}”不适用于该类型的字段",
        f"{name!r} does not apply to a field of this type",
        "请删除该设置",
        "Remove it",
    )
