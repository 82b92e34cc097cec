"""Known facts are filled in where they fit, and every text is in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

import forms
from forms import Form

TODAY = date(2026, 11, 2)


class _Code(StrEnum):
    TRANSFERRED = "X04"


@pytest.mark.parametrize(
    ("form_id", "facts", "filled"),
    [
        pytest.param(
            "record_contact",
            {"now": datetime(2026, 11, 2, 9, 41, 7), "plan": {"channel": "phone"}},
            {"channel": "phone", "contacted_at": "2026-11-02T09:41"},
            id="a moment to the minute",
        ),
        pytest.param("confirm_delivery", {"today": TODAY}, {"delivered_on": "2026-11-02"}, id="a date"),
        pytest.param(
            "prepare_plan", {"quote": {"mid": Decimal("3480.5")}}, {"premium_mid": "3480.50"}, id="money"
        ),
        pytest.param("prepare_plan", {"quote": {"mid": Decimal("NaN")}}, {}, id="no number"),
        pytest.param(
            "exclusion_review",
            {"exclusion": {"code": _Code.TRANSFERRED, "evidence": "过户登记"}},
            {"exclusion_code": "X04", "evidence": "过户登记"},
            id="a code of a closed list",
        ),
        pytest.param(
            "exclusion_review", {"exclusion": {"code": "X99"}}, {}, id="an unknown code is left out"
        ),
        pytest.param("exclusion_review", {"exclusion": None}, {}, id="a missing fact"),
        pytest.param("exclusion_review", {"exclusion": {"code": {"a": 1}}}, {}, id="a fact of another shape"),
        pytest.param("exclusion_review", {}, {}, id="no facts"),
        pytest.param(
            "dispatch_list", {"agent": {"employee_no": "no such no."}}, {}, id="a text of the wrong format"
        ),
        pytest.param(
            "complete_customer_file",
            {"file": {"completeness": 70, "missing": ("address", "phone")}},
            {"completeness": 70, "missing_items": ["phone", "address"]},
            id="a number and several choices",
        ),
    ],
)
def test_prefill(
    shipped: Mapping[str, Form], form_id: str, facts: Mapping[str, Any], filled: Mapping[str, Any]
) -> None:
    # Checkboxes are never filled in: nobody's consent is presumed.
    assert filled == forms.prefill(shipped[form_id], facts)


def test_no_shipped_form_ticks_a_box_beforehand(shipped: Mapping[str, Form]) -> None:
    ticked = [
        (form.form_id, field.key)
        for form in shipped.values()
        for field in form.fields
        if field.kind is forms.FieldKind.CHECKBOX and field.prefill
    ]

    assert [] == ticked


def test_english_schema_has_no_chinese_left(shipped: Mapping[str, Form]) -> None:
    left = []
    for form in shipped.values():
        schema = forms.localise(form, "en")
        for component in schema["components"]:
            shown = {name: part for name, part in component.items() if name != "properties"}
            if any("\u4e00" <= sign <= "\u9fff" for sign in json.dumps(shown, ensure_ascii=False)):
                left.append((form.form_id, component["key"]))

    assert [] == left


def test_chinese_schema_shows_the_label_on_dates(shipped: Mapping[str, Form]) -> None:
    schema = forms.localise(shipped["record_contact"], "zh")

    moment = next(part for part in schema["components"] if part["key"] == "contacted_at")
    assert ("联系时间", "时间") == (moment["dateLabel"], moment["timeLabel"])
    assert {"title": "联系拜访客户"} == schema["properties"]


def test_localising_leaves_the_form_alone(shipped: Mapping[str, Form]) -> None:
    before = json.dumps(dict(shipped["lapse_reason"].schema))

    forms.localise(shipped["lapse_reason"], "en")["components"].clear()

    assert before == json.dumps(dict(shipped["lapse_reason"].schema))
