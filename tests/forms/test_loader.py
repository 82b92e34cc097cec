"""Each thing a form must not carry is refused by name, with the field and a remedy in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import forms
from forms import Form, FormDefinitionError

Raw = dict[str, Any]


def _part(**changes: Any) -> Callable[[Raw], None]:
    """Change the second component; None removes a setting."""

    def change(raw: Raw) -> None:
        part = raw["components"][1]
        for name, value in changes.items():
            part[name] = value
        for name in [name for name, value in changes.items() if value is None]:
            del part[name]

    return change


def _inside(where: str, index: int = 1, **changes: Any) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        part = raw["components"][index][where]
        part.update(changes)
        for name in [name for name, value in changes.items() if value is None]:
            del part[name]

    return change


def _add(**component: Any) -> Callable[[Raw], None]:
    return lambda raw: raw["components"].append(component)


def _options(*options: Any) -> Callable[[Raw], None]:
    return lambda raw: raw["components"][0].update(values=list(options))


def _top(**changes: Any) -> Callable[[Raw], None]:
    return lambda raw: raw.update(changes)


def _hide(source: Any) -> Callable[[Raw], None]:
    return _part(conditional={"hide": source})


def _many(count: int) -> Callable[[Raw], None]:
    item = {"type": "textfield", "label": "项", "properties": {"label_en": "Item"}}
    return lambda raw: raw["components"].extend(item | {"id": f"f{n}", "key": f"k{n}"} for n in range(count))


def _outlives(raw: Raw) -> None:
    raw["components"].insert(
        1,
        raw["components"][0]
        | {"id": "field_kind", "key": "kind", "conditional": {"hide": '=result != "yes"'}},
    )
    raw["components"][2]["conditional"] = {"hide": '=kind != "yes" and result = "yes"'}


_TICK = {"type": "checkbox", "id": "t", "label": "勾", "properties": {"label_en": "Tick"}}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        *(
            pytest.param("forbidden_component", _add(type=kind, id="x", content="hi"), id=kind)
            for kind in "html iframe image script button expression filepicker dynamiclist table group documentPreview".split()
        ),
        pytest.param("unknown_type", _add(type="hologram", id="x"), id="an unknown type"),
        pytest.param("unknown_type", _add(id="x"), id="no type"),
        pytest.param("bad_component", lambda raw: raw["components"].append(7), id="a component that is none"),
        pytest.param("missing_id", _part(id=None), id="no id"),
        pytest.param("missing_id", _part(id="1 x"), id="an id with a blank"),
        pytest.param("duplicate_id", _part(id="field_result"), id="one id twice"),
        pytest.param("bad_key", _part(key=None), id="no key"),
        pytest.param("bad_key", _part(key="__builtins__"), id="key __builtins__"),
        pytest.param("bad_key", _part(key="__class__"), id="a dunder key"),
        pytest.param("bad_key", _part(key="a.b"), id="a path as key"),
        pytest.param("bad_key", _part(key="Result"), id="capital letters in a key"),
        pytest.param("bad_key", _part(key=["a"]), id="a list as key"),
        pytest.param("reserved_key", _part(key="typename"), id="key typename"),
        pytest.param("reserved_key", _part(key="class"), id="a word of Python as key"),
        pytest.param("reserved_key", _part(key="satisfies"), id="a word of FEEL as key"),
        pytest.param("duplicate_key", _part(key="price"), id="one key twice"),
        pytest.param("missing_text", _part(label=None), id="no label"),
        pytest.param("missing_text", _part(label="  "), id="a blank label"),
        pytest.param("missing_text", _inside("properties", label_en=None), id="no English label"),
        pytest.param("missing_text", _inside("properties", description_en=None), id="no English description"),
        pytest.param(
            "missing_text", _inside("properties", 0, values_en={"yes": "Yes"}), id="an option without English"
        ),
        pytest.param("missing_text", _inside("properties", 0, values_en=7), id="options without English"),
        pytest.param(
            "missing_text", _inside("validate", patternErrorMessage=None), id="a pattern without words"
        ),
        pytest.param("text_too_long", _part(label="长" * 500), id="an endless label"),
        pytest.param("missing_values", _options(), id="a choice without options"),
        pytest.param("bad_option", _options({"value": "a"}), id="an option without label"),
        pytest.param("bad_option", _options({"value": 1, "label": "一"}), id="a number as option"),
        pytest.param(
            "duplicate_value", _options(*[{"value": "yes", "label": "是"}] * 2), id="one option twice"
        ),
        pytest.param("bad_value", _inside("properties", 0, usual="yes,perhaps"), id="a usual option of none"),
        pytest.param("bad_value", _inside("properties", 0, usual="yes,yes"), id="a usual option twice"),
        pytest.param("bad_value", _inside("properties", 0, usual=["yes"]), id="usual options as a list"),
        pytest.param("unknown_setting", _part(valuesExpression="x"), id="computed options"),
        pytest.param("unknown_setting", _part(defaultValue="0000"), id="a default that nobody chose"),
        pytest.param("unknown_setting", _part(readonly=True), id="a read-only field"),
        pytest.param("unknown_setting", _inside("properties", outcom=True), id="a misspelt property"),
        pytest.param(
            "unknown_setting", _inside("validate", validationType="email"), id="a rule only browsers know"
        ),
        pytest.param("unknown_setting", _part(conditional={"show": "x"}), id="another conditional"),
        pytest.param("unknown_setting", _top(script="x"), id="an unknown setting of the form"),
        pytest.param("expression_refused", _part(description="=price * 2"), id="an expression in a text"),
        pytest.param("expression_refused", _inside("validate", required="=true"), id="an expression as rule"),
        pytest.param("markup_refused", _part(label="<b>编码</b>"), id="markup in a label"),
        pytest.param("markup_refused", _part(description="[看](http://x)"), id="a link"),
        pytest.param("markup_refused", _part(description="{{result}}"), id="a template"),
        pytest.param("markup_refused", _part(label="javascript:alert(1)"), id="a script address"),
        pytest.param("condition_refused", _hide("=result > 5"), id="an order in a condition"),
        pytest.param("condition_refused", _hide('=now() = "x"'), id="a clock in a condition"),
        pytest.param("condition_refused", _hide('=other = "x"'), id="a condition on no field"),
        pytest.param("condition_refused", _hide('=code = "1"'), id="a condition on itself"),
        pytest.param("condition_refused", _hide('=result = "perhaps"'), id="a condition on no option"),
        pytest.param("condition_refused", _hide("=result = true"), id="a choice compared as a tick"),
        pytest.param(
            "condition_refused", _hide('=list contains(result, "yes")'), id="a choice read as a list"
        ),
        pytest.param("condition_refused", _hide(5), id="a number as condition"),
        pytest.param(
            "condition_refused",
            lambda raw: raw["components"].append(
                _TICK | {"key": "tick", "conditional": {"hide": '=price = "1"'}}
            ),
            id="a condition on a number",
        ),
        pytest.param("condition_outlives_parent", _outlives, id="a condition on a hidden field's old value"),
        pytest.param("bad_pattern", _inside("validate", pattern="[0-9]+"), id="a pattern without anchors"),
        pytest.param(
            "bad_pattern", _inside("validate", pattern="^a|b$"), id="an alternative past the anchors"
        ),
        pytest.param("bad_pattern", _inside("validate", pattern="^(a+)+$"), id="a pattern that never ends"),
        pytest.param("bad_pattern", _inside("validate", pattern="^a*a*a*a*$"), id="a slow pattern"),
        pytest.param("bad_pattern", _inside("validate", pattern="^(?=a)a$"), id="a look-ahead"),
        pytest.param("bad_pattern", _inside("validate", pattern=r"^\bword$"), id="a word edge"),
        pytest.param("bad_pattern", _inside("validate", pattern="^[a-$"), id="a broken pattern"),
        pytest.param("bad_pattern", _inside("validate", pattern="^" + "a" * 500 + "$"), id="a long pattern"),
        pytest.param("bad_pattern", _inside("validate", maxLength=1000), id="a pattern on long texts"),
        pytest.param("bad_pattern", _inside("validate", pattern=7), id="a number as pattern"),
        pytest.param("bad_bounds", _inside("validate", 2, min=10, max=1), id="minimum above maximum"),
        pytest.param("bad_bounds", _inside("validate", 2, min="many"), id="a minimum that is no number"),
        pytest.param("bad_bounds", _inside("validate", 2, max=1e300), id="a maximum beyond reason"),
        pytest.param("bad_bounds", _inside("validate", maxLength=100_000), id="a text without end"),
        pytest.param("bad_bounds", _inside("validate", minLength=11), id="shortest above longest"),
        pytest.param("bad_value", _inside("validate", required="maybe"), id="required: maybe"),
        pytest.param("bad_value", _part(properties=[]), id="properties as a list"),
        pytest.param("bad_value", _inside("properties", prefill="a..b"), id="a broken prefill path"),
        pytest.param(
            "bad_value", _inside("properties", prefill="a.__class__"), id="a dunder in a prefill path"
        ),
        pytest.param(
            "bad_value", lambda raw: raw["components"][2].update(decimalDigits=99), id="99 decimals"
        ),
        pytest.param("misplaced_rule", _inside("validate", min=1), id="a minimum on a text"),
        pytest.param("misplaced_rule", _inside("properties", min_date="today"), id="a day bound on a text"),
        pytest.param(
            "bad_not_below", _inside("properties", 2, not_below="code"), id="a floor of another kind"
        ),
        pytest.param("outcome_is_text", _inside("properties", outcome=True), id="free text as outcome"),
        pytest.param(
            "bad_datetime",
            _add(type="datetime", id="d", key="d", subtype="time", label="时", properties={"label_en": "T"}),
            id="a time of day alone",
        ),
        pytest.param(
            "bad_day_bound",
            _add(
                type="datetime",
                id="d",
                key="d",
                subtype="date",
                label="日",
                properties={"label_en": "Day", "min_date": "tomorrow"},
            ),
            id="a day bound in words",
        ),
        pytest.param("too_many_fields", _many(58), id="61 fields"),
        pytest.param("too_big", _many(10_000), id="10,000 fields"),
        pytest.param("not_a_form", _top(components=[]), id="no fields"),
        pytest.param("not_a_form", _top(type="wizard"), id="not a form"),
        pytest.param(
            "not_a_form", _top(components=[{"type": "separator", "id": "s"}]), id="nothing to fill in"
        ),
        pytest.param("bad_form_id", _top(id="other"), id="an id that is not the file's"),
        pytest.param("bad_schema_version", _top(schemaVersion=99), id="a schema of the future"),
        pytest.param("bad_schema_version", _top(schemaVersion=True), id="a schema version that is none"),
        pytest.param("missing_title", _top(properties={"title": "只有中文"}), id="no English title"),
        pytest.param(
            "missing_title", _top(properties={"title": "<b>", "title_en": "x"}), id="markup in the title"
        ),
        pytest.param("unreadable", _part(label="\ud800"), id="half a character"),
        pytest.param("unreadable", _part(label="a\x00b"), id="a NUL"),
        pytest.param("unreadable", _part(properties={"typename": "x"}), id="typename inside"),
        pytest.param("unreadable", _part(label=float("nan")), id="NaN"),
        pytest.param("unreadable", _part(label=object()), id="an object"),
    ],
)
def test_refused_by_name(raw_form: Raw, code: str, change: Callable[[Raw], None]) -> None:
    change(raw_form)

    with pytest.raises(FormDefinitionError) as caught:
        forms.load_form(raw_form, name="trial")

    error = caught.value
    assert code == error.code
    assert "trial.json" == error.facts["file"]
    assert "trial.json" in error.zh and "trial.json" in error.en
    assert error.zh.endswith(f"{error.facts['remedy_zh']}。") and error.en.endswith(
        f"{error.facts['remedy_en']}."
    )
    assert not re.search("[\u4e00-\u9fff]", re.sub("“.*?”|'.*?'", "", error.facts["remedy_en"]))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param("unreadable", "{", id="cut off"),
        pytest.param("unreadable", "", id="empty"),
        pytest.param("unreadable", b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param("unreadable", '{"id": 1, "id": 2}', id="a name twice"),
        pytest.param("unreadable", '{"a": NaN}', id="NaN"),
        pytest.param("unreadable", "[" * 100_000, id="nested 100,000 deep"),
        pytest.param("unreadable", '{"a":' * 50 + "1" + "}" * 50, id="nested 50 deep"),
        pytest.param("unreadable", '{"__proto__": {}}', id="a dunder name"),
        pytest.param("too_big", " " * 600_000, id="600 KB"),
        pytest.param("not_a_form", "[]", id="a list"),
        pytest.param("not_a_form", "null", id="null"),
    ],
)
def test_file_that_is_no_form_is_refused(code: str, text: str | bytes) -> None:
    with pytest.raises(FormDefinitionError) as caught:
        forms.load_form(text, name="trial.json")

    assert code == caught.value.code


def test_complaint_names_field_and_remedy(raw_form: Raw) -> None:
    raw_form["components"][1]["type"] = "iframe"

    with pytest.raises(FormDefinitionError) as caught:
        forms.load_form(raw_form, name="trial.json")

    assert caught.value.say("zh").startswith("表单 trial.json，字段 code：不允许使用“iframe”组件。")
    assert caught.value.say("en").startswith("Form trial.json, field code: components of type 'iframe'")


def test_every_faulty_field_is_listed(raw_form: Raw) -> None:
    raw_form["components"][0]["key"] = "typename"
    raw_form["components"][1]["label"] = ""

    faults = forms.form_faults(raw_form, name="trial")

    assert ["reserved_key", "missing_text"] == [fault.code for fault in faults]


def test_text_bytes_and_mapping_give_the_same_form(raw_form: Raw) -> None:
    text = json.dumps(raw_form, ensure_ascii=False)

    loaded = {
        forms.load_form(raw_form, name="trial"),
        forms.load_form(text, name="trial.json"),
        forms.load_form(b"\xef\xbb\xbf" + text.encode(), name="trial.json"),
    }

    assert 1 == len(loaded)


def test_directory_is_loaded_by_form_id(tmp_path: Path, raw_form: Raw) -> None:
    (tmp_path / "trial.json").write_text(json.dumps(raw_form), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a form", encoding="utf-8")

    assert ["trial"] == list(forms.load_forms(tmp_path))


def test_one_form_id_in_two_files_is_refused(raw_form: Raw) -> None:
    with pytest.raises(FormDefinitionError) as caught:
        forms.load_forms({"trial": raw_form, "trial.json": raw_form})

    assert "duplicate_form" == caught.value.code


def test_loaded_form_does_not_change_with_its_source(raw_form: Raw) -> None:
    form: Form = forms.load_form(raw_form, name="trial")

    raw_form["components"][0]["label"] = "改了"

    assert "结果" == form.schema["components"][0]["label"]


def test_decoration_may_stand_between_fields(raw_form: Raw) -> None:
    raw_form["components"][1:1] = [
        {"type": "text", "id": "hint", "text": "请如实填写", "properties": {"text_en": "Be exact"}},
        {"type": "separator", "id": "line", "conditional": {"hide": '=result = "no"'}},
    ]

    assert ["result", "code", "price"] == [
        field.key for field in forms.load_form(raw_form, name="trial").fields
    ]
