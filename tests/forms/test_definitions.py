"""The shipped forms: complete, bilingual, and true to the trade's code lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import forms
from forms import Field, Form
from tests.support.form_samples import TODAY, VARIANTS

FILES = sorted(forms.DEFINITIONS.glob("*.json"))
# domain.md §4.2 without 00, which leaves the task open.
CONTACT_RESULTS = "11 12 13 14 15 16 17 21 22 23 31 32 33 34 41 51 61 62 71".split()
# domain.md §4.1.
LAPSE_REASONS = (
    "L101 L102 L103 L104 L201 L202 L203 L204 L205 L301 L302 L303 L304 L305 L306 L401 L402 L403 L404 "
    "L501 L502 L503 L504 L505 L601 L602 L603 L604 L605 L701 L702 L703 L704 L705 L901"
).split()
# domain.md §2.4.
EXCLUSION_CODES = [f"X{number:02}" for number in range(1, 15)]
OUTCOMES = {
    "dispatch_list": ["category", "exclusion_code"],
    "confirm_delivery": ["result", "undelivered_reason"],
    "prepare_plan": [],
    "prepare_visit": [],
    "approve_visit_plan": ["verdict"],
    "record_contact": ["result", "reason", "exclusion_code", "quote_requested"],
    "give_actual_quote": ["result", "not_possible_reason"],
    "verify_application": ["verdict"],
    "coach_agent": ["result"],
    "check_follow_up": ["result"],
    "complete_customer_file": ["result"],
    "update_customer": ["result"],
    "route_orphan": ["route"],
    "take_over_orphan": ["result"],
    "joint_visit": ["result", "reason", "exclusion_code"],
    "chase_policy": ["result", "reason"],
    "assist_agent": ["result"],
    "second_visit": ["result", "reason", "exclusion_code", "quote_requested"],
    "final_sweep": ["disposition", "reason", "exclusion_code"],
    "report_lapse_reason": ["reason", "recoverable"],
    "hand_to_win_back": ["win_back"],
    "verify_lapse_reason": ["verdict", "reason", "recoverable"],
    "win_back_contact": ["result", "reason", "exclusion_code", "quote_requested"],
    "exclusion_review": ["verdict", "exclusion_code"],
    "lapse_reason": ["reason", "recoverable"],
    "verify_loss": ["verdict", "reason", "recoverable"],
}
WAYS = [
    pytest.param(form_id, way, id=f"{form_id}: {way}") for form_id, ways in VARIANTS.items() for way in ways
]


def _all_fields(shipped: Mapping[str, Form], key: str) -> Iterator[Field]:
    return (field for form in shipped.values() for field in form.fields if field.key == key)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_definition_has_no_fault(path: Path) -> None:
    assert () == forms.form_faults(path.read_bytes(), name=path.name)


def test_every_user_task_has_its_form_and_outcomes(shipped: Mapping[str, Form]) -> None:
    assert OUTCOMES == {form_id: list(form.outcome_keys) for form_id, form in sorted(shipped.items())}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_stands_in_both_languages(path: Path) -> None:
    form = forms.load_form(path.read_bytes(), name=path.name)

    texts = [form.title]
    for field in form.fields:
        texts += [field.label, *(option.label for option in field.options)]
        texts += [text for text in (field.description, field.pattern_message) if text is not None]

    assert [] == [text for text in texts if not text.zh.strip() or not text.en.strip()]
    assert [] == [text.en for text in texts if any("\u4e00" <= sign <= "\u9fff" for sign in text.en)]
    assert [] == [field.key for field in form.fields if not any(s > "\u4e00" for s in field.label.zh)]


@pytest.mark.parametrize(
    ("key", "codes"),
    [("reason", LAPSE_REASONS), ("exclusion_code", EXCLUSION_CODES)],
    ids=["lapse reasons", "exclusion codes"],
)
def test_code_list_is_whole_and_alike_in_all_forms(
    shipped: Mapping[str, Form], key: str, codes: list[str]
) -> None:
    lists = {field.options for field in _all_fields(shipped, key)}

    assert 1 == len(lists)
    assert codes == [option.value for option in lists.pop()]


@pytest.mark.parametrize("form_id", ["record_contact", "win_back_contact", "second_visit"])
def test_contact_results_are_those_of_the_trade(shipped: Mapping[str, Form], form_id: str) -> None:
    result = shipped[form_id].field("result")

    assert result is not None
    assert CONTACT_RESULTS == list(result.values)


def test_lapse_reasons_are_grouped_by_their_first_level(shipped: Mapping[str, Form]) -> None:
    reason = shipped["lapse_reason"].field("reason")

    assert reason is not None
    groups = [option.label.zh.split(" · ")[0] for option in reason.options]
    assert 8 == len(set(groups))
    assert 8 - 1 == sum(before != after for before, after in pairwise(groups))


@pytest.mark.parametrize(("form_id", "way"), WAYS)
def test_sample_is_accepted_whole_and_stays_as_it_is(
    shipped: Mapping[str, Form], form_id: str, way: str
) -> None:
    form, sample = shipped[form_id], VARIANTS[form_id][way]

    checked = forms.check(form, sample, today=TODAY)

    assert {} == checked.problems
    assert set(sample) <= set(checked.clean)
    assert checked.clean == json.loads(json.dumps(checked.clean))
    assert set(form.outcome_keys) == set(forms.outcomes(form, checked.clean))


def test_decisive_field_comes_first(shipped: Mapping[str, Form]) -> None:
    late = [
        form.form_id
        for form in shipped.values()
        if form.outcome_keys and form.form_id != "coach_agent" and form.fields[0].key != form.outcome_keys[0]
    ]

    assert [] == late


@pytest.mark.parametrize(("form_id", "way"), WAYS)
def test_nobody_sees_more_than_eleven_fields_at_once(
    shipped: Mapping[str, Form], form_id: str, way: str
) -> None:
    form = shipped[form_id]
    clean = forms.check(form, VARIANTS[form_id][way], today=TODAY).clean

    assert 11 >= len(forms.visible_fields(form, clean))


def test_no_form_offers_a_gift_or_rebate(shipped: Mapping[str, Form]) -> None:
    words = ("返现", "返利", "回扣", "赠送", "礼品", "gift", "rebate", "cash back")
    texts = [json.dumps(dict(form.schema), ensure_ascii=False).lower() for form in shipped.values()]

    assert [] == [word for word in words for text in texts if word in text]


@pytest.mark.parametrize(
    ("result", "demanded"),
    [
        *(
            pytest.param(code, {"next_follow_up_date"}, id=f"{code}: next date")
            for code in ("11", "12", "13")
        ),
        *(
            pytest.param(code, {"next_follow_up_date", "quote_no"}, id=f"{code}: quote")
            for code in ("14", "15")
        ),
        *(
            pytest.param(code, {"appointment_at", "appointment_place"}, id=f"{code}: date, place")
            for code in ("16", "17")
        ),
        pytest.param("51", {"policy_no"}, id="51: the new policy"),
        pytest.param("61", {"reason", "reason_source", "recoverable"}, id="61: a reason, its source, hope"),
        pytest.param("71", {"exclusion_code", "evidence"}, id="71: code and evidence"),
        *(
            pytest.param(code, set(), id=f"{code}: nothing more")
            for code in ("21", "22", "23", "31", "34", "41", "62")
        ),
    ],
)
def test_contact_result_demands_what_comes_next(
    shipped: Mapping[str, Form], result: str, demanded: set[str]
) -> None:
    always = {"channel": "phone", "contacted_at": f"{TODAY}T09:00", "contact_person": "owner"}
    taken = {"result": "accepted", "servicing_agent_no": "A0001", "first_contact_date": TODAY.isoformat()}

    checked = forms.check(shipped["record_contact"], always | {"result": result}, today=TODAY)
    over = forms.check(shipped["take_over_orphan"], always | taken | {"contact_result": result}, today=TODAY)

    assert demanded == set(checked.problems) - {"contact_person"}
    assert {"required"} >= {problem.code for problem in checked.problems.values()}
    assert demanded == set(over.problems) - {"contact_person", "contacted_at"}, "told at a take-over (K-L2)"


@pytest.mark.parametrize(
    ("form_id", "values"),
    [
        ("record_contact", {"result": "61"}),
        ("second_visit", {"result": "61"}),
        ("joint_visit", {"result": "61"}),
        ("win_back_contact", {"result": "61"}),
        ("take_over_orphan", {"result": "accepted", "contact_result": "61"}),
        ("chase_policy", {"result": "lost"}),
        ("final_sweep", {"disposition": "switched"}),
        ("verify_loss", {"verdict": "confirmed"}),
        ("verify_lapse_reason", {"verdict": "switched"}),
        ("report_lapse_reason", {}),
        ("lapse_reason", {}),
        ("assist_agent", {"result": "helped"}),
    ],
)
def test_reason_other_needs_an_explanation(
    shipped: Mapping[str, Form], form_id: str, values: dict[str, Any]
) -> None:
    other = forms.check(shipped[form_id], values | {"reason": "L901"}, today=TODAY)
    named = forms.check(shipped[form_id], values | {"reason": "L101"}, today=TODAY)

    assert "required" == other.problems["reason_note"].code
    assert "reason_note" not in named.problems


def test_transfer_is_excluded_only_after_the_new_owner_was_checked(shipped: Mapping[str, Form]) -> None:
    review = VARIANTS["exclusion_review"]["approved_transfer"] | {"new_owner_checked": False}

    checked = forms.check(shipped["exclusion_review"], review, today=TODAY)

    assert {"new_owner_checked": "required"} == {
        key: problem.code for key, problem in checked.problems.items()
    }


def test_forecast_band_runs_from_low_to_high(shipped: Mapping[str, Form]) -> None:
    plan = VARIANTS["prepare_plan"]["full"] | {"premium_mid": "3100.00"}

    checked = forms.check(shipped["prepare_plan"], plan, today=TODAY)

    assert ["premium_mid"] == list(checked.problems)
    assert "预测保费 低" in checked.problems["premium_mid"].zh
