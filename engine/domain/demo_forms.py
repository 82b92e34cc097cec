"""How a plausible colleague would fill a form: values for the demonstration, deterministic by the random given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from forms import FieldKind, Form
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, Field

_NOTES = (
    "已与客户沟通，情况正常。",
    "客户关注保费变化，已说明依据。",
    "资料已核对。",
    "约定下周再联系。",
    "按计划推进。",
)


def plausible(form: Form, random: Random, *, today: date, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Fill every visible required field of *form*, and the *wanted* ones, as a person would."""
    values: dict[str, Any] = {}
    for field in form.fields:
        if field.condition is not None and field.condition.hides(values):
            continue
        if field.key in wanted and _fits(field, wanted[field.key]):
            values[field.key] = wanted[field.key]
        elif field.required:
            values[field.key] = _value(field, random, today, values)
    return values


def _fits(field: Field, value: Any) -> bool:
    return field.kind not in ONE_CHOICE or value in field.values


def _value(field: Field, random: Random, today: date, values: Mapping[str, Any]) -> Any:
    if field.kind in ONE_CHOICE:
        return random.choice(field.values)
    if field.kind in SEVERAL_CHOICES:
        return [random.choice(field.values)]
    if field.kind is FieldKind.CHECKBOX:
        return True
    if field.kind in DAYS:
        return _day(field, random, today)
    if field.kind is FieldKind.NUMBER:
        return _number(field, random, values)
    return _text(field, random)


def _day(field: Field, random: Random, today: date) -> str:
    """A near day within the field's bounds: yesterday where the past is asked for, else some days ahead.

    A moment of the past is this morning's: people write down what they have just done.
    """
    last = field.max_date.on(today) if field.max_date else today + timedelta(days=30)
    if last <= today:
        if field.kind is FieldKind.DATETIME:
            return f"{last.isoformat()}T09:00"
        day = last - timedelta(days=1)
    else:
        first = field.min_date.on(today) if field.min_date else today
        day = min(last, max(first, today) + timedelta(days=random.randint(1, 4)))
    return day.isoformat() if field.kind is FieldKind.DATE else f"{day.isoformat()}T10:00"


def _number(field: Field, random: Random, values: Mapping[str, Any]) -> str:
    low = field.minimum if field.minimum is not None else 1
    if field.not_below and values.get(field.not_below) is not None:
        low = max(low, int(float(str(values[field.not_below]))))
    high = field.maximum if field.maximum is not None else 6000
    start = max(int(low), min(2600, int(high)))
    return str(random.randint(start, max(start, min(int(high), start + 400))))


def _text(field: Field, random: Random) -> str:
    text = random.choice(_NOTES)
    if field.pattern is not None:
        made = (f"{random.randint(10**21, 10**22 - 1)}", f"139{random.randint(10**7, 10**8 - 1)}", "AG001")
        text = next((one for one in made if field.pattern.fullmatch(one)), made[0])
    if field.min_length > len(text):
        text = text * (field.min_length // len(text) + 1)
    return text[: field.max_length] if field.max_length else text
