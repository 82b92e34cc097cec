"""A task form as a page needs it: for the library that draws it, and as plain HTML beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import forms
from admin.context import current_engine
from admin.fields import ShownField, shown_fields, with_pickers
from admin.i18n import language

NOBODY: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({})
Drawn = tuple[dict[str, Any], tuple[ShownField, ...], dict[str, Any]]


def drawn(
    form: forms.Form,
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    people: Mapping[str, Sequence[tuple[str, str]]] = NOBODY,
) -> Drawn:
    """Return *form* filled with *values* as form-js schema, as plain fields, and as the data of the script.

    *people* are those who may be named, (number, shown name), by the field that asks for an employee number.
    """
    lang, today = language(), current_engine().clock.today()
    schema, fields = with_pickers(
        forms.localise(form, lang),
        shown_fields(form, values, problems, lang=lang, today=today),
        people,
    )
    told = {key: [text] for key, text in problems.items()}
    told_of = {"lang": lang, "today": today.isoformat()}
    return schema, fields, {"schema": schema, "values": values, "problems": told, **told_of}
