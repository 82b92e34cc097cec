"""What a person fills in: form definitions, and the pure package that loads and judges them.

Knows no request, no database and no clock. The definitions stand in ``forms/definitions``, one file a form.
"""

from pathlib import Path

from forms.coerce import clean_text, read_day, read_number
from forms.conditions import Condition, ConditionError, parse_condition
from forms.errors import FormDefinitionError
from forms.fill import localise, prefill
from forms.loader import form_faults, load_form, load_forms
from forms.model import DayBound, Field, FieldKind, Form, Option, Text
from forms.problems import (
    Problem,
    expiring_policy,
    kept_from_life,
    kept_from_life_route,
    not_an_orphan,
    not_serving,
    too_early,
    too_late,
    unexplained,
    unwanted,
)
from forms.schema import json_schema
from forms.validate import Checked, check, from_html, outcomes, visible_fields

DEFINITIONS = Path(__file__).parent / "definitions"
"""Directory of the shipped definitions."""

__all__ = [
    "DEFINITIONS",
    "Checked",
    "Condition",
    "ConditionError",
    "DayBound",
    "Field",
    "FieldKind",
    "Form",
    "FormDefinitionError",
    "Option",
    "Problem",
    "Text",
    "check",
    "clean_text",
    "expiring_policy",
    "form_faults",
    "from_html",
    "json_schema",
    "kept_from_life",
    "kept_from_life_route",
    "load_form",
    "load_forms",
    "localise",
    "not_an_orphan",
    "not_serving",
    "outcomes",
    "parse_condition",
    "prefill",
    "read_day",
    "read_number",
    "too_early",
    "too_late",
    "unexplained",
    "unwanted",
    "visible_fields",
]
