"""Whatever is sent, the judge answers: it never raises, and what it calls clean is clean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forms
from tests.support.form_samples import TODAY, VARIANTS

FORMS = forms.load_forms(forms.DEFINITIONS)

_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.characters(categories=["Cs", "Cc", "Zs", "Mn"])
    | st.sampled_from(["on", "61", "L901", "2026-11-02", "2026-11-02T10:30", "12.5", "1e9", "-0"])
)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def _submissions(draw: st.DrawFn) -> tuple[forms.Form, Any]:
    """A shipped form and a submission: partly right, partly anything."""
    form = draw(st.sampled_from(list(FORMS.values())))
    values = dict(draw(st.sampled_from(list(VARIANTS[form.form_id].values()))))
    for field in draw(st.lists(st.sampled_from(form.fields), max_size=6)):
        options = st.sampled_from(field.values) if field.values else _scalars
        values[field.key] = draw(options | st.lists(options, max_size=3) | _json)
    return form, values | draw(st.dictionaries(st.text(max_size=5), _json, max_size=1))


@given(_submissions())
@settings(max_examples=400, deadline=None)
def test_clean_values_are_stable_json_of_visible_fields(submission: tuple[forms.Form, Any]) -> None:
    form, values = submission

    checked = forms.check(form, values, today=TODAY)

    again = forms.check(form, checked.clean, today=TODAY)
    visible = {field.key for field in forms.visible_fields(form, checked.clean)}
    assert checked.clean == json.loads(json.dumps(checked.clean, allow_nan=False))
    assert json.dumps(checked.clean, ensure_ascii=False).encode()
    assert set(checked.clean) <= visible
    assert not set(checked.clean) & set(checked.problems)
    assert all(problem.zh and problem.en.encode() for problem in checked.problems.values())
    if checked.ok:
        assert checked == again


@given(st.sampled_from(list(FORMS.values())), _json)
@settings(max_examples=200, deadline=None)
def test_any_json_gets_an_answer(form: forms.Form, values: Any) -> None:
    checked = forms.check(form, values, today=TODAY)

    assert checked.ok or checked.problems


@given(st.sampled_from(list(FORMS.values())), st.dictionaries(st.text(max_size=8), _json, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_facts_fill_only_what_fits(form: forms.Form, facts: dict[str, Any]) -> None:
    paths = {field.prefill.split(".")[0]: facts for field in form.fields if field.prefill}

    filled = forms.prefill(form, paths | facts)

    assert filled == json.loads(json.dumps(filled))
    assert set(filled) <= {field.key for field in form.fields}


@given(_json)
@settings(max_examples=200, deadline=None)
def test_any_definition_loads_or_is_refused_by_name(raw: Any) -> None:
    text = json.dumps(raw)

    faults = forms.form_faults(text, name="any")

    assert faults
    assert all(fault.code and fault.zh and fault.en for fault in faults)


@given(st.sampled_from(sorted(FORMS)), st.data())
@settings(max_examples=150, deadline=None)
def test_spoilt_definition_never_breaks_the_loader(form_id: str, data: st.DataObject) -> None:
    schema = json.loads(json.dumps(dict(FORMS[form_id].schema)))
    component = data.draw(st.sampled_from(schema["components"]))
    part = data.draw(
        st.sampled_from([component, component["properties"], component.get("validate", component)])
    )
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(_json)

    faults = forms.form_faults(json.dumps(schema), name=form_id)

    if not faults:
        assert form_id == forms.load_form(json.dumps(schema), name=form_id).form_id


@pytest.mark.parametrize("form_id", sorted(FORMS))
def test_each_hidden_field_is_dropped_whatever_it_holds(form_id: str) -> None:
    form = FORMS[form_id]
    for sample in VARIANTS[form_id].values():
        clean = forms.check(form, sample, today=TODAY).clean
        hidden = [field.key for field in form.fields if field.is_hidden(clean)]

        checked = forms.check(form, sample | dict.fromkeys(hidden, "stale"), today=TODAY)

        assert (clean, {}) == (checked.clean, checked.problems)
