"""What the operators and functions of the expression language mean.

An unset value (None) is *unknown*: comparing it gives False (``==`` and ``!=`` compare with None itself),
computing with it gives None. Values of different kinds are never compared silently: that is a
:class:`Mismatch`, so that ``result == 61`` on the text ``'61'`` is seen and not quietly false.
Numbers are exact: whole numbers stay whole, anything else is computed in decimals of 28 digits.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Any

MAX_TEXT = 2000
"""Longest text that joining two texts may give, in characters."""
MAX_EXPONENT = 30
MAX_MAGNITUDE = 10**MAX_EXPONENT
"""Largest number a computation may give."""

_DECIMALS = Context(prec=28, traps=[DivisionByZero, InvalidOperation, Overflow])
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,10})?")

KIND_LABELS: Mapping[str, tuple[str, str]] = {
    "boolean": ("真/假", "true/false"),
    "number": ("数字", "a number"),
    "text": ("文本", "text"),
    "date": ("日期", "a date"),
    "instant": ("时刻", "an instant"),
    "list": ("一组值", "a list"),
    "group": ("一组字段", "a group of fields"),
    "nothing": ("空值", "nothing"),
    "other": ("无法使用的值", "a value of no usable kind"),
}


class Mismatch(Exception):
    """An operator or function met values it cannot work on; ``column`` is filled in by the caller."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.column: int | None = None


def kind_of(value: object) -> str:
    """Return the kind of *value*, a key of ``KIND_LABELS``."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime):
        return "instant"
    if isinstance(value, date):
        return "date"
    if isinstance(value, Mapping):
        return "group"
    if isinstance(value, list | tuple | Set):
        return "list"
    return "nothing" if value is None else "other"


def _differ(verb_zh: str, verb_en: str, left: object, right: object) -> Mismatch:
    (left_zh, left_en), (right_zh, right_en) = KIND_LABELS[kind_of(left)], KIND_LABELS[kind_of(right)]
    hint = {kind_of(left), kind_of(right)} == {"number", "text"}
    return Mismatch(
        f"{left_zh}与{right_zh}不能{verb_zh}" + ("；请用 number(…) 转成数字，或给值加上引号" if hint else ""),
        f"{left_en} and {right_en} cannot be {verb_en}"
        + ("; use number(…), or put the value in quotes" if hint else ""),
    )


def exact(value: int | float | Decimal) -> int | Decimal:
    """Return *value* as a whole or decimal number; floats go through their shortest text."""
    if isinstance(value, float):
        value = Decimal(str(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Mismatch("数值不是有限的数", "the number is not finite")
        if value.adjusted() > MAX_EXPONENT:
            raise Mismatch("数值过大", "the number is too large")
    return value


def equal(left: object, right: object) -> bool:
    """Compare for equality; None equals only None."""
    if type(left) is type(right) and isinstance(left, str | int):
        return bool(left == right)
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right) or kind in ("list", "group", "other"):
        raise _differ("比较", "compared", left, right)
    if isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal):
        return exact(left) == exact(right)
    _check_zones(left, right)
    return bool(left == right)


def unequal(left: object, right: object) -> bool:
    """The opposite of :func:`equal`."""
    return not equal(left, right)


Order = Callable[[Any, Any], bool]


def _ordered(left: object, right: object, compare: Order) -> bool:
    if left is None or right is None:
        return False
    kind = kind_of(left)
    if kind != kind_of(right) or kind in ("boolean", "list", "group", "other"):
        raise _differ("比较大小", "put in order", left, right)
    if isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal):
        return compare(exact(left), exact(right))
    _check_zones(left, right)
    return compare(left, right)


def less(left: object, right: object) -> bool:
    """``<``; an unknown value on either side gives False, as in the three that follow."""
    return _ordered(left, right, operator.lt)


def at_most(left: object, right: object) -> bool:
    """``<=``."""
    return _ordered(left, right, operator.le)


def more(left: object, right: object) -> bool:
    """``>``."""
    return _ordered(left, right, operator.gt)


def at_least(left: object, right: object) -> bool:
    """``>=``."""
    return _ordered(left, right, operator.ge)


def _check_zones(left: object, right: object) -> None:
    if not (isinstance(left, datetime) and isinstance(right, datetime)):
        return
    if (left.tzinfo is None) != (right.tzinfo is None):
        raise Mismatch(
            "带时区与不带时区的时刻不能比较", "instants with and without a zone cannot be compared"
        )


def contains(item: object, container: object) -> bool:
    """Whether *item* is in a list, or a text in a text; unknown on either side gives False."""
    if item is None or container is None:
        return False
    if isinstance(container, str):
        if not isinstance(item, str):
            raise _differ("用 in 比较", "compared with in", item, container)
        return item in container
    if isinstance(container, list | tuple | Set):
        return any(kind_of(item) == kind_of(other) and equal(item, other) for other in container)
    raise Mismatch("in 的右边必须是一组值或文本", "the right side of in must be a list or a text")


def lacks(item: object, container: object) -> bool:
    """``not in``; unknown on either side gives False, like every comparison."""
    if item is None or container is None:
        return False
    return not contains(item, container)


def _number(value: object, other: object, verb_zh: str, verb_en: str) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _differ(verb_zh, verb_en, value, other)
    return exact(value)


def _arithmetic(
    left: object, right: object, verb: tuple[str, str], whole: Callable[[int, int], int] | None, exactly: str
) -> object:
    a, b = _number(left, right, *verb), _number(right, left, *verb)
    if whole is not None and isinstance(a, int) and isinstance(b, int):
        result: int | Decimal = whole(a, b)
    else:
        try:
            result = getattr(_DECIMALS, exactly)(Decimal(a), Decimal(b))
        except (DivisionByZero, InvalidOperation) as error:
            raise Mismatch("除数为零", "division by zero") from error
        except DecimalException as error:
            raise Mismatch("计算结果过大", "the result is too large") from error
    if abs(result) > MAX_MAGNITUDE:
        raise Mismatch("计算结果过大", "the result is too large")
    return result


def _moved(day: date, days: object) -> date:
    if isinstance(days, float | Decimal) and exact(days) == int(days):
        days = int(days)
    if isinstance(days, bool) or not isinstance(days, int):
        raise Mismatch("日期只能加减整数天", "only whole days can be added to a date")
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise Mismatch("日期超出可用范围", "the date is out of range") from error


def add(left: object, right: object) -> object:
    """Add numbers, join texts, or move a date by whole days."""
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_TEXT:
            raise Mismatch(f"文本超过 {MAX_TEXT} 个字符", f"the text is longer than {MAX_TEXT} characters")
        return left + right
    if isinstance(left, date):
        return _moved(left, right)
    if isinstance(right, date):
        return _moved(right, left)
    return _arithmetic(left, right, ("相加", "added"), int.__add__, "add")


def subtract(left: object, right: object) -> object:
    """Subtract numbers, move a date back by whole days, or count the days between two dates."""
    if left is None or right is None:
        return None
    if isinstance(left, date):
        if kind_of(left) == "date" and kind_of(right) == "date" and isinstance(right, date):
            return (left - right).days
        return _moved(left, negate(right))
    return _arithmetic(left, right, ("相减", "subtracted"), int.__sub__, "subtract")


def multiply(left: object, right: object) -> object:
    """Multiply two numbers."""
    if left is None or right is None:
        return None
    return _arithmetic(left, right, ("相乘", "multiplied"), int.__mul__, "multiply")


def divide(left: object, right: object) -> object:
    """Divide two numbers exactly (28 digits)."""
    if left is None or right is None:
        return None
    return _arithmetic(left, right, ("相除", "divided"), None, "divide")


def negate(value: object) -> object:
    """Change the sign of a number."""
    if value is None:
        return None
    number = _number(value, value, "取负", "negated")
    return -number if isinstance(number, int) else _DECIMALS.minus(number)


def truth(value: object) -> bool:
    """Return a yes/no value as a real boolean; unknown is False, anything else is refused."""
    if value is True or value is False:
        return value
    if value is None:
        return False
    zh, en = KIND_LABELS[kind_of(value)]
    raise Mismatch(
        f"这里需要真/假，得到{zh}；请写成比较", f"true/false is wanted, {en} was found; write a comparison"
    )


def field(group: object, name: str) -> object:
    """Return the field *name* of a mapping; unset fields and fields of nothing are None."""
    if group is None:
        return None
    if isinstance(group, Mapping):
        return group.get(name)
    zh, en = KIND_LABELS[kind_of(group)]
    raise Mismatch(f"{zh}没有字段“{name}”", f"{en} has no field “{name}”")


def _known(values: Sequence[object], kinds: tuple[str, ...]) -> list[object]:
    known = [value for value in values if value is not None]
    found = {kind_of(value) for value in known}
    if len(found) > 1 or not found <= set(kinds):
        zh = "、".join(KIND_LABELS[kind][0] for kind in sorted(found))
        en = ", ".join(KIND_LABELS[kind][1] for kind in sorted(found))
        raise Mismatch(f"不能在{zh}之间取舍", f"cannot choose among {en}")
    return known


def _choose(
    values: Sequence[object], kinds: tuple[str, ...], better: Callable[[object, object], bool]
) -> object:
    known = _known(values, kinds)
    if not known:
        return None
    best = known[0]
    for value in known[1:]:
        if better(value, best):
            best = value
    return best


def earlier(*days: object) -> object:
    """Return the earliest of the dates that are known, or None."""
    return _choose(days, ("date", "instant"), less)


def later(*days: object) -> object:
    """Return the latest of the dates that are known, or None."""
    return _choose(days, ("date", "instant"), more)


def smallest(*values: object) -> object:
    """Return the smallest of the values that are known, or None."""
    return _choose(values, ("number", "date", "instant"), less)


def largest(*values: object) -> object:
    """Return the largest of the values that are known, or None."""
    return _choose(values, ("number", "date", "instant"), more)


def has(value: object) -> bool:
    """Whether *value* is set."""
    return value is not None


def to_number(value: object) -> object:
    """Return a number given as text or number; None stays None.

    At most 18 digits before and 10 after the point, no separators, no exponent.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise Mismatch(f"“{value[:40]}”不是数字", f"“{value[:40]}” is not a number")
        return Decimal(text) if "." in text else int(text)
    return _number(value, value, "转成数字", "read as a number")


def to_lower(value: object) -> object:
    """Return a text in lower case; None stays None."""
    if value is None or isinstance(value, str):
        return value if value is None else value.lower()
    zh, en = KIND_LABELS[kind_of(value)]
    raise Mismatch(f"lower 只能用于文本，得到{zh}", f"lower works on text, {en} was found")
