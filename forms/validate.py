"""Judge a submission: values in, clean values and problems out; pure, and it never raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from forms import problems
from forms.coerce import coerce, read_day, read_moment, read_number
from forms.model import DAYS, SEVERAL_CHOICES, TEXTS, Field, FieldKind, Form
from forms.problems import Problem
from forms.schema import json_schema

MAX_UNKNOWN = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: *clean* holds what was understood, *problems* what must be mended.

    Both are keyed by field. *clean* may be stored only when ``ok``; it is JSON-safe, and checking it again
    at the same moment gives it back unchanged.
    """

    clean: dict[str, Any]
    problems: dict[str, Problem]

    @property
    def ok(self) -> bool:
        """Whether the submission can be accepted."""
        return not self.problems


def check(form: Form, values: Any, *, today: date, now: datetime | None = None) -> Checked:
    """Return the clean values of a submission and its problems.

    Args:
        form: the definition the submission answers.
        values: what was submitted, from JSON or from a posted HTML form (see ``from_html``).
        today: business date, Asia/Shanghai; moving bounds of dates are counted from it.
        now: local wall time of that zone; a moment that must not lie after (before) today must not lie after
            (before) it. Without it moments are judged by their day alone, which is for drafts and samples.

    Hidden fields are dropped and not required; a value for a field the form does not have is a problem.
    """
    if not isinstance(values, Mapping):
        return Checked({}, {"": problems.not_values()})
    found = _unknown(form, values)
    clean: dict[str, Any] = {}
    visible: list[Field] = []
    for field in form.fields:
        if field.is_hidden(clean):
            continue
        visible.append(field)
        value = coerce(field, values.get(field.key))
        if isinstance(value, Problem):
            found[field.key] = value
        elif value is not None:
            clean[field.key] = value
    found = _against_schema(visible, clean, found)
    for field in visible:
        if field.key in clean and field.key not in found:
            problem = _against_bounds(field, form, clean, today, now)
            if problem is not None:
                found[field.key] = problem
    good = {key: value for key, value in clean.items() if key not in found}
    return Checked(good, found)


def visible_fields(form: Form, clean: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields a person sees once *clean* is entered."""
    return tuple(field for field in form.fields if not field.is_hidden(clean))


def outcomes(form: Form, clean: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outcome fields alone: the only values that enter the process.

    A field that is hidden or empty is there as None, so that an expression always finds its name.
    """
    return {key: clean.get(key) for key in form.outcome_keys}


def from_html(form: Form, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return posted name/value pairs as values for ``check``: fields of several choices become lists.

    Of a name repeated for another field the last value counts (a hidden "off" before a checkbox's "on").
    """
    values: dict[str, Any] = {}
    for key, value in pairs:
        field = form.field(key)
        if field is not None and field.kind in SEVERAL_CHOICES:
            values.setdefault(key, []).append(value)
        else:
            values[key] = value
    return values


def _unknown(form: Form, values: Mapping[Any, Any]) -> dict[str, Problem]:
    known = {field.key for field in form.fields}
    names = [key for key in values if key not in known][:MAX_UNKNOWN]
    shown = [str(name)[:60].encode("ascii", "backslashreplace").decode() for name in names]
    return {name: problems.unknown_field(name) for name in shown}


def _against_schema(
    visible: list[Field], clean: dict[str, Any], found: dict[str, Problem]
) -> dict[str, Problem]:
    from jsonschema import Draft202012Validator  # slow to import, needed only where a form is judged

    by_key = {field.key: field for field in visible}
    validator = Draft202012Validator(json_schema(visible))
    for error in validator.iter_errors(clean):
        if error.validator == "required":
            for key in error.validator_value:
                if key not in clean and key not in found:
                    found[key] = problems.required(by_key[key])
        else:
            key = str(error.absolute_path[0])
            found.setdefault(key, _schema_problem(by_key[key], str(error.validator), clean[key]))
    return found


def _schema_problem(field: Field, rule: str, value: Any) -> Problem:
    if rule == "maxLength":
        return problems.too_long(field, len(value))
    if rule == "minLength":
        return problems.too_short(field)
    if rule == "const":
        return problems.required(field)
    if rule == "pattern" and field.kind in TEXTS:
        return problems.bad_pattern(field)
    return problems.wrong_type(field)


def _against_bounds(
    field: Field, form: Form, clean: Mapping[str, Any], today: date, now: datetime | None
) -> Problem | None:
    value = clean[field.key]
    # JSON Schema searches with Unicode digits and lets "$" stand before a final line end; this does not.
    if field.pattern is not None and not field.pattern.fullmatch(value):
        return problems.bad_pattern(field)
    if field.kind in DAYS:
        day = read_day(value)
        if field.min_date is not None and day < field.min_date.on(today):
            return problems.too_early(field, field.min_date.on(today))
        if field.max_date is not None and day > field.max_date.on(today):
            return problems.too_late(field, field.max_date.on(today))
    if field.kind is FieldKind.DATETIME and now is not None:
        problem = _against_now(field, read_moment(value), now.replace(second=0, microsecond=0, tzinfo=None))
        if problem is not None:
            return problem
    other = form.field(field.not_below) if field.not_below else None
    if other is not None and other.key in clean and _is_below(field.kind, value, clean[other.key]):
        return problems.below_other(field, other)
    return None


def _against_now(field: Field, moment: datetime, now: datetime) -> Problem | None:
    """Hold a moment bounded by today against the minute that runs: it is over, or it is still to come."""
    if field.min_date is not None and field.min_date.days == 0 and moment < now:
        return problems.moment_over(field, now)
    if field.max_date is not None and field.max_date.days == 0 and moment > now:
        return problems.moment_ahead(field, now)
    return None


def _is_below(kind: FieldKind, value: Any, other: Any) -> bool:
    if kind is FieldKind.NUMBER:
        return read_number(value) < read_number(other)
    return str(value) < str(other)
