"""Before a form is shown: known facts filled in, texts in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from forms.coerce import coerce
from forms.model import SEVERAL_CHOICES, TEXTS, Field, FieldKind, Form
from forms.problems import Problem


def prefill(form: Form, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return first values by each field's ``prefill`` path into *facts*; what does not fit is left out.

    Facts may hold dates, moments (local time, Asia/Shanghai), Decimals and closed lists; the result is
    JSON-safe and can be handed to form-js as data.
    """
    filled: dict[str, Any] = {}
    for field in form.fields:
        fact = _follow(facts, field.prefill) if field.prefill else None
        value = coerce(field, _plain(field, fact))
        if fact is None or value is None or isinstance(value, Problem):
            continue
        if field.kind not in TEXTS or _fits(field, value):
            filled[field.key] = value
    return filled


def localise(form: Form, lang: str) -> dict[str, Any]:
    """Return the form-js schema for the browser with every text in *lang* (``zh`` or ``en``)."""
    schema = deepcopy(dict(form.schema))
    schema["properties"] = {"title": form.title.say(lang)}
    for component in schema["components"]:
        if lang == "en":
            _to_english(component)
        if component["type"] == "datetime":
            # form-js shows these two instead of the label.
            component["dateLabel"] = component["label"]
            component["timeLabel"] = "Time" if lang == "en" else "时间"
    return schema


def _follow(facts: Mapping[str, Any], path: str) -> Any:
    part: Any = facts
    for name in path.split("."):
        if not isinstance(part, Mapping):
            return None
        part = part.get(name)
    return part


def _plain(field: Field, fact: Any) -> Any:
    if isinstance(fact, datetime):
        text = fact.isoformat(timespec="minutes")[:16]
        return text if field.kind is FieldKind.DATETIME else text[:10]
    if isinstance(fact, date):
        return fact.isoformat()
    if isinstance(fact, Decimal):
        return f"{fact:f}" if fact.is_finite() else None
    if field.kind in SEVERAL_CHOICES and isinstance(fact, tuple | set | frozenset | list):
        return [str(entry) for entry in fact]
    if isinstance(fact, str):
        return str(fact)
    return fact if isinstance(fact, bool | int | float) else None


def _fits(field: Field, value: str) -> bool:
    if len(value) > field.max_length:
        return False
    return field.pattern is None or field.pattern.fullmatch(value) is not None


def _to_english(component: dict[str, Any]) -> None:
    properties = component.get("properties") or {}
    for name in ("label", "description", "text"):
        if f"{name}_en" in properties:
            component[name] = properties[f"{name}_en"]
    labels = properties.get("values_en") or {}
    for option in component.get("values") or ():
        option["label"] = labels.get(option["value"], option["label"])
    if "pattern_message_en" in properties:
        component["validate"]["patternErrorMessage"] = properties["pattern_message_en"]
