"""Task forms as plain HTML, for browsers without scripts; and what a browser sent, as form values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from forms import Field, FieldKind, Form, from_html

INPUT_TYPES = {
    FieldKind.TEXT: "text",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime-local",
    FieldKind.NUMBER: "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a choice field."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """One field as the template draws it."""

    key: str
    kind: str
    input_type: str
    label: str
    description: str
    is_required: bool
    is_conditional: bool
    value: str
    choices: tuple[Choice, ...]
    least: str | None
    most: str | None
    longest: int | None
    problem: str | None

    def left_to_rows(self, hint: str) -> ShownField:
        """Return the field as one of many tasks: it may be left blank, as *hint* says."""
        return replace(self, is_required=False, description=hint)


def typed_values(form: Form, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Return what was typed into the fields of *form*; the token and whatever else came along is passed over."""
    known = {field.key for field in form.fields}
    return from_html(form, [(key, value) for key, value in sent.items(multi=True) if key in known])


def shown_fields(
    form: Form, values: Mapping[str, Any], problems: Mapping[str, str], *, lang: str, today: date
) -> tuple[ShownField, ...]:
    """Return the fields of *form* filled with *values*, each problem beside its field."""
    return tuple(
        _shown(field, values.get(field.key), problems.get(field.key), lang, today) for field in form.fields
    )


def with_pickers(
    schema: dict[str, Any], fields: tuple[ShownField, ...], people: Mapping[str, Sequence[tuple[str, str]]]
) -> tuple[dict[str, Any], tuple[ShownField, ...]]:
    """Return form-js schema and plain fields with a list of *people* for each field that has one.

    What already stands in the field stays choosable; a field without people is typed into.
    """
    shown = tuple(_picker(one, people[one.key]) if people.get(one.key) else one for one in fields)
    choices = {one.key: one.choices for one in shown if people.get(one.key)}
    for component in schema["components"]:
        if component.get("key") in choices:
            rules = component.get("validate", {})
            component.update(
                type="select",
                searchable=True,
                values=[{"value": c.value, "label": c.label} for c in choices[component["key"]]],
                validate={"required": rules.get("required", False)},
            )
    return schema, shown


def _picker(field: ShownField, staff: Sequence[tuple[str, str]]) -> ShownField:
    known = {number for number, _label in staff}
    options = [*staff] if field.value in known or not field.value else [(field.value, field.value), *staff]
    return replace(
        field,
        kind="select",
        choices=tuple(
            Choice(value=number, label=label, is_chosen=number == field.value) for number, label in options
        ),
    )


def _shown(field: Field, value: Any, problem: str | None, lang: str, today: date) -> ShownField:
    chosen = {str(item) for item in value} if isinstance(value, list | tuple) else {_text(value)}
    is_day = field.kind is FieldKind.DATE
    return ShownField(
        key=field.key,
        kind=str(field.kind),
        input_type=INPUT_TYPES.get(field.kind, "text"),
        label=field.label.say(lang),
        description=field.description.say(lang) if field.description else "",
        is_required=field.required and field.condition is None,
        is_conditional=field.condition is not None,
        value=_text(value),
        choices=tuple(
            Choice(value=o.value, label=o.label.say(lang), is_chosen=o.value in chosen) for o in field.options
        ),
        least=field.min_date.on(today).isoformat() if is_day and field.min_date else None,
        most=field.max_date.on(today).isoformat() if is_day and field.max_date else None,
        longest=field.max_length or None,
        problem=problem,
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value)
