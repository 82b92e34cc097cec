"""A task form as a page needs it: for the library that draws it, and as plain HTML beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from admin.choosing import staff_options
from admin.context import current_engine
from admin.fields import PICKED, ShownField, shown_fields, with_pickers
from admin.i18n import language

Drawn = tuple[dict[str, Any], tuple[ShownField, ...], dict[str, Any]]


def drawn(
    form: forms.Form, values: Mapping[str, Any], problems: Mapping[str, str], *, picks_people: bool
) -> Drawn:
    """Return *form* filled with *values* as form-js schema, as plain fields, and as the data of the script.

    *picks_people* offers colleagues by name where an employee number is asked for.
    """
    lang, today = language(), current_engine().clock.today()
    asks_for_people = any(field.key in PICKED for field in form.fields)
    schema, fields = with_pickers(
        forms.localise(form, lang),
        shown_fields(form, values, problems, lang=lang, today=today),
        staff_options() if picks_people and asks_for_people else (),
    )
    told = {key: [text] for key, text in problems.items()}
    told_of = {"lang": lang, "today": today.isoformat()}
    return schema, fields, {"schema": schema, "values": values, "problems": told, **told_of}
