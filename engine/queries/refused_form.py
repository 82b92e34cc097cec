"""What ``renewals complete`` says of a refused form: each field with its reason and what it would take."""

from __future__ import annotations

from collections.abc import Mapping

import forms
from engine.domain.codes import Label
from engine.errors import InvalidForm

_ALLOWED = Label("可填：", "Allowed: ")
_KNOWN = Label("表单的字段：", "Fields of the form: ")


def form_refusal(error: InvalidForm, lang: str) -> str:
    """Return the refusal, a line for each field at fault, and the form's fields if one was unknown."""
    form: forms.Form = error.params["form"]
    problems: Mapping[str, forms.Problem] = error.params["problems"]
    lines = [error.say(lang)]
    for key, problem in problems.items():
        allowed = _allowed(form.field(key), lang)
        lines.append(f"  {key}: {problem.say(lang)}{allowed}")
    if any(form.field(key) is None for key in problems):
        lines.append(_KNOWN.say(lang) + ", ".join(field.key for field in form.fields))
    return "\n".join(lines)


def _allowed(field: forms.Field | None, lang: str) -> str:
    if field is None or not field.options:
        return ""
    shown = (f"{o.value} ({o.label.en if lang == 'en' else o.label.zh})" for o in field.options)
    return f" {_ALLOWED.say(lang)}{', '.join(shown)}"
