"""A form as JSON Schema (2020-12) of its cleaned values.

Numbers with decimals are decimal strings, so bounds on them, on days and between fields are the second
pass of ``validate``: JSON Schema cannot say those exactly (``multipleOf`` 0.01 refuses 19.99).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forms.model import ONE_CHOICE, SEVERAL_CHOICES, TEXTS, Field, FieldKind

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the schema of an object holding exactly the values of *fields*."""
    fields = tuple(fields)
    return {
        "$schema": _DIALECT,
        "type": "object",
        "additionalProperties": False,
        "properties": {field.key: _value_schema(field) for field in fields},
        "required": [field.key for field in fields if field.required],
    }


def _value_schema(field: Field) -> dict[str, Any]:
    if field.kind in TEXTS:
        schema: dict[str, Any] = {
            "type": "string",
            "minLength": field.min_length,
            "maxLength": field.max_length,
        }
        return schema | ({"pattern": field.pattern.pattern} if field.pattern else {})
    if field.kind is FieldKind.NUMBER:
        if field.decimals == 0:
            return {"type": "integer"}
        return {"type": "string", "pattern": rf"^-?[0-9]{{1,12}}\.[0-9]{{{field.decimals}}}$"}
    if field.kind in ONE_CHOICE:
        return {"type": "string", "enum": list(field.values)}
    if field.kind in SEVERAL_CHOICES:
        items = {"type": "string", "enum": list(field.values)}
        return {"type": "array", "items": items, "uniqueItems": True, "minItems": 1}
    if field.kind is FieldKind.CHECKBOX:
        return {"type": "boolean"} | ({"const": True} if field.required else {})
    return {"type": "string", "format": "date" if field.kind is FieldKind.DATE else "date-time"}
