"""The shipped forms, loaded once, and a small form whose every part a test may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import forms
from forms import Form


@pytest.fixture(scope="session")
def shipped() -> Mapping[str, Form]:
    return forms.load_forms(forms.DEFINITIONS)


@pytest.fixture
def raw_form() -> dict[str, Any]:
    """A definition that loads: one choice, and a text and a number that depend on it."""
    return {
        "id": "trial",
        "type": "default",
        "schemaVersion": 19,
        "properties": {"title": "试用表单", "title_en": "Trial"},
        "components": [
            {
                "type": "select",
                "id": "field_result",
                "key": "result",
                "label": "结果",
                "values": [{"value": "yes", "label": "是"}, {"value": "no", "label": "否"}],
                "validate": {"required": True},
                "properties": {
                    "label_en": "Result",
                    "values_en": {"yes": "Yes", "no": "No"},
                    "outcome": True,
                },
            },
            {
                "type": "textfield",
                "id": "field_code",
                "key": "code",
                "label": "编码",
                "description": "四位数字",
                "validate": {
                    "required": True,
                    "maxLength": 10,
                    "pattern": "^[0-9]{4}$",
                    "patternErrorMessage": "请填四位数字",
                },
                "conditional": {"hide": '=result != "yes"'},
                "properties": {
                    "label_en": "Code",
                    "description_en": "Four digits",
                    "pattern_message_en": "give four digits",
                    "prefill": "policy.code",
                },
            },
            {
                "type": "number",
                "id": "field_price",
                "key": "price",
                "label": "价格",
                "decimalDigits": 2,
                "serializeToString": True,
                "validate": {"min": 0, "max": 9999.99},
                "conditional": {"hide": '=result = "no"'},
                "properties": {"label_en": "Price"},
            },
        ],
    }
