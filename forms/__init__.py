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
    before_listed,
    doubtful_number,
    expiring_policy,
    far_from_last_year,
    kept_from_life,
    kept_from_life_route,
    not_an_orphan,
    not_serving,
    quoted_elsewhere,
    serves_elsewhere,
    too_early,
    too_late,
    unexplained,
    unwanted,
    wide_band,
    wrong_role,
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
    "before_listed",
    "check",
    "clean_text",
    "doubtful_number",
    "expiring_policy",
    "far_from_last_year",
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
    "quoted_elsewhere",
    "read_day",
    "read_number",
    "serves_elsewhere",
    "too_early",
    "too_late",
    "unexplained",
    "unwanted",
    "visible_fields",
    "wide_band",
    "wrong_role",
]
