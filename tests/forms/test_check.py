"""A submission is judged value by value: what is understood is clean, what is not names field and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

import forms
from forms import Form

TODAY = date(2026, 11, 2)


def _field(kind: str, key: str = "it", **settings: Any) -> dict[str, Any]:
    properties = {"label_en": "Item"} | settings.pop("properties", {})
    if "values" in settings:
        properties["values_en"] = {value: value.upper() for value in settings["values"]}
        settings["values"] = [{"value": value, "label": f"选{value}"} for value in settings["values"]]
    return {
        "type": kind,
        "id": f"field_{key}",
        "key": key,
        "label": "项目",
        "properties": properties,
        **settings,
    }


def _form(*components: dict[str, Any]) -> Form:
    titles = {"title": "单项", "title_en": "One"}
    raw = {
        "id": "one",
        "type": "default",
        "schemaVersion": 19,
        "properties": titles,
        "components": list(components),
    }
    return forms.load_form(raw, name="one")


TEXT = _field("textfield", validate={"maxLength": 5, "minLength": 2})
LINES = _field("textarea")
MONEY = _field("number", decimalDigits=2, validate={"min": 0, "max": 1000})
WHOLE = _field("number")
CHOICE = _field("select", values=["a", "b", "c"])
SEVERAL = _field("checklist", values=["a", "b", "c"])
TICK = _field("checkbox")
CONSENT = _field("checkbox", validate={"required": True})
DAY = _field("datetime", subtype="date")
PAST = _field("datetime", subtype="date", properties={"min_date": "today-30", "max_date": "today"})
MOMENT = _field(
    "datetime",
    subtype="datetime",
    timeSerializingFormat="no_timezone",
    properties={"min_date": "today"},
)
PLATE = _field(
    "textfield",
    validate={"maxLength": 8, "pattern": "^[0-9]{4}$", "patternErrorMessage": "请填四位数字"},
    properties={"pattern_message_en": "give four digits"},
)


@pytest.mark.parametrize(
    ("component", "value", "clean"),
    [
        pytest.param(TEXT, "  李四 \t", "李四", id="text is trimmed"),
        pytest.param(TEXT, "e\u0301te", "éte", id="text is composed"),
        pytest.param(TEXT, "a\nb", "a b", id="a line end in one line becomes a space"),
        pytest.param(TEXT, "\u3000\u3000", None, id="blank is nothing"),
        pytest.param(LINES, "一\r\n二\r三", "一\n二\n三", id="line ends are LF"),
        pytest.param(MONEY, "12.5", "12.50", id="a number as text"),
        pytest.param(MONEY, 12.5, "12.50", id="a number as JSON"),
        pytest.param(MONEY, 0.07, "0.07", id="0.07 is exact"),
        pytest.param(MONEY, 19.99, "19.99", id="19.99 is exact"),
        pytest.param(MONEY, "１２．５", "12.50", id="full-width digits"),
        pytest.param(MONEY, "-0.00", "0.00", id="no negative zero"),
        pytest.param(MONEY, "12.5000", "12.50", id="zeros behind do not count"),
        pytest.param(MONEY, "", None, id="no number"),
        pytest.param(WHOLE, "7", 7, id="a whole number as text"),
        pytest.param(WHOLE, 7.0, 7, id="a whole number as 7.0"),
        pytest.param(WHOLE, -3, -3, id="a negative number"),
        pytest.param(CHOICE, "b", "b", id="a choice"),
        pytest.param(CHOICE, "", None, id="no choice"),
        pytest.param(SEVERAL, ["c", "a", "c"], ["a", "c"], id="several choices in the form's order, once"),
        pytest.param(SEVERAL, "b", ["b"], id="a single posted value"),
        pytest.param(SEVERAL, [], None, id="none of several"),
        pytest.param(SEVERAL, ["", "b"], ["b"], id="an empty hidden value beside a choice"),
        pytest.param(TICK, "on", True, id="ticked, as a browser posts it"),
        pytest.param(TICK, True, True, id="ticked, as JSON"),
        pytest.param(TICK, "false", False, id="not ticked, as text"),
        pytest.param(TICK, None, False, id="not ticked, not posted"),
        pytest.param(DAY, "2026-11-05", "2026-11-05", id="a day"),
        pytest.param(DAY, " 2028-02-29 ", "2028-02-29", id="a leap day"),
        pytest.param(MOMENT, "2026-11-02T09:30", "2026-11-02T09:30", id="a moment today"),
        pytest.param(MOMENT, "2026-11-02T09:30:00", "2026-11-02T09:30", id="a moment with seconds"),
        pytest.param(PAST, "2026-11-02", "2026-11-02", id="the last day allowed"),
        pytest.param(PAST, "2026-10-03", "2026-10-03", id="the first day allowed"),
        pytest.param(PLATE, "0123", "0123", id="a text of digits keeps its zero"),
    ],
)
def test_value_is_understood(component: dict[str, Any], value: Any, clean: Any) -> None:
    checked = forms.check(_form(component), {"it": value}, today=TODAY)

    assert {} == checked.problems
    assert ({} if clean is None else {"it": clean}) == checked.clean
    assert type(clean) is type(checked.clean.get("it"))


@pytest.mark.parametrize(
    ("component", "value", "code"),
    [
        pytest.param(TEXT, "a", "too_short", id="a short text"),
        pytest.param(TEXT, "一二三四五六", "too_long", id="a long text"),
        pytest.param(TEXT, "x" * 10_000_000, "too_long", id="ten million characters"),
        pytest.param(TEXT, "a\x00b", "bad_character", id="NUL"),
        pytest.param(TEXT, "a\x1bb", "bad_character", id="an escape character"),
        pytest.param(TEXT, "\ud83d", "bad_character", id="half a character"),
        pytest.param(TEXT, "a\u202eb", "bad_character", id="a turned reading direction"),
        pytest.param(TEXT, 7, "wrong_type", id="a number for a text"),
        pytest.param(TEXT, ["ab"], "wrong_type", id="a list for a text"),
        pytest.param(TEXT, {"typename": "x"}, "wrong_type", id="an object for a text"),
        pytest.param(PLATE, "12a4", "bad_pattern", id="a wrong format"),
        pytest.param(PLATE, "１２３４", "bad_pattern", id="digits of another script"),
        pytest.param(MONEY, "twelve", "not_a_number", id="a word for a number"),
        pytest.param(MONEY, "1e3", "not_a_number", id="an exponent"),
        pytest.param(MONEY, "1,000", "not_a_number", id="a comma"),
        pytest.param(MONEY, "9" * 5_000, "not_a_number", id="5,000 digits as text"),
        pytest.param(MONEY, 10**5_000, "too_big", id="5,000 digits as JSON"),
        pytest.param(MONEY, -(10**5_000), "too_small", id="minus 5,000 digits"),
        pytest.param(MONEY, float("nan"), "not_a_number", id="NaN"),
        pytest.param(MONEY, float("inf"), "not_a_number", id="infinity"),
        pytest.param(MONEY, "NaN", "not_a_number", id="NaN as text"),
        pytest.param(MONEY, 1e300, "not_a_number", id="a number beyond reason"),
        pytest.param(MONEY, True, "wrong_type", id="a truth value for a number"),
        pytest.param(MONEY, [1], "wrong_type", id="a list for a number"),
        pytest.param(MONEY, "0.001", "too_many_decimals", id="a third decimal"),
        pytest.param(MONEY, 0.1 + 0.2, "too_many_decimals", id="a sum of floats"),
        pytest.param(MONEY, "-0.01", "too_small", id="below the minimum"),
        pytest.param(MONEY, "1000.01", "too_big", id="above the maximum"),
        pytest.param(WHOLE, "1.5", "too_many_decimals", id="half of a whole number"),
        pytest.param(WHOLE, 10**13, "too_big", id="ten trillion"),
        pytest.param(CHOICE, "d", "not_a_choice", id="no such option"),
        pytest.param(CHOICE, ["a"], "wrong_type", id="a list for one choice"),
        pytest.param(CHOICE, True, "wrong_type", id="a truth value for a choice"),
        pytest.param(SEVERAL, ["a", "d"], "not_a_choice", id="no such option among several"),
        pytest.param(SEVERAL, [["a"]], "wrong_type", id="a list in a list"),
        pytest.param(SEVERAL, {"a": True}, "wrong_type", id="an object for several choices"),
        pytest.param(SEVERAL, ["a"] * 10_000, "wrong_type", id="10,000 choices"),
        pytest.param(TICK, "perhaps", "wrong_type", id="neither ticked nor not"),
        pytest.param(TICK, 1, "wrong_type", id="one for ticked"),
        pytest.param(CONSENT, False, "required", id="a consent not given"),
        pytest.param(CONSENT, None, "required", id="a consent not posted"),
        pytest.param(DAY, "2026-02-30", "not_a_date", id="30 February"),
        pytest.param(DAY, "2027-02-29", "not_a_date", id="a leap day in a common year"),
        pytest.param(DAY, "2026/11/05", "not_a_date", id="slashes"),
        pytest.param(DAY, "20261105", "not_a_date", id="no separators"),
        pytest.param(DAY, "2026-W45-4", "not_a_date", id="a week date"),
        pytest.param(DAY, "0001-01-01", "not_a_date", id="the year one"),
        pytest.param(DAY, "２０２６-11-05", "not_a_date", id="full-width digits in a date"),
        pytest.param(DAY, 20261105, "wrong_type", id="a number for a date"),
        pytest.param(MOMENT, "2026-11-05", "not_a_date", id="a day for a moment"),
        pytest.param(MOMENT, "2026-11-05T25:00", "not_a_date", id="25 o'clock"),
        pytest.param(MOMENT, "2026-11-05T09:30Z", "not_a_date", id="a time zone"),
        pytest.param(MOMENT, "2026-11-01T23:59", "too_early", id="the minute before today"),
        pytest.param(PAST, "2026-11-03", "too_late", id="tomorrow, where the past is meant"),
        pytest.param(PAST, "2026-10-02", "too_early", id="31 days ago, where 30 are allowed"),
    ],
)
def test_value_is_refused(component: dict[str, Any], value: Any, code: str) -> None:
    checked = forms.check(_form(component), {"it": value}, today=TODAY)

    assert {} == checked.clean
    assert {"it": code} == {key: problem.code for key, problem in checked.problems.items()}
    assert "“项目”" in checked.problems["it"].zh and "“Item”" in checked.problems["it"].en


@pytest.mark.parametrize("values", [None, [], "x", 7, [["it", "x"]]], ids=repr)
def test_submission_that_is_no_object_is_a_problem(values: Any) -> None:
    checked = forms.check(_form(TEXT), values, today=TODAY)

    assert {"": "not_values"} == {key: problem.code for key, problem in checked.problems.items()}


@pytest.mark.parametrize(
    "name", ["other", "typename", "__builtins__", "it ", "\ud800", "x" * 10_000, ""], ids=ascii
)
def test_value_for_an_unknown_field_is_a_problem(name: str) -> None:
    checked = forms.check(_form(TEXT), {"it": "好的", name[:100]: 1}, today=TODAY)

    assert {"it": "好的"} == checked.clean
    assert ["unknown_field"] == [problem.code for problem in checked.problems.values()]
    assert checked.problems.popitem()[1].en.encode()


def test_unknown_fields_are_reported_only_up_to_a_limit() -> None:
    checked = forms.check(_form(TEXT), {f"x{n}": n for n in range(10_000)}, today=TODAY)

    assert 20 == len(checked.problems)


@pytest.fixture
def branching() -> Form:
    first = _field(
        "radio", "result", values=["yes", "no"], validate={"required": True}, properties={"outcome": True}
    )
    demand = {"required": True}
    return _form(
        first,
        _field("number", "price", validate=demand, conditional={"hide": '=result != "yes"'}),
        _field("checkbox", "sure", conditional={"hide": '=result != "yes"'}, properties={"outcome": True}),
        _field("textfield", "why", validate=demand, conditional={"hide": '=result != "yes" or sure = true'}),
    )


@pytest.mark.parametrize(
    ("values", "clean", "problems"),
    [
        pytest.param({"result": "no"}, {"result": "no"}, [], id="hidden fields are not required"),
        pytest.param(
            {"result": "no", "price": "junk", "why": "old", "sure": True},
            {"result": "no"},
            [],
            id="hidden fields are dropped, even wrong ones",
        ),
        pytest.param(
            {"result": "yes"},
            {"result": "yes", "sure": False},
            ["price", "why"],
            id="shown ones are required",
        ),
        pytest.param(
            {"result": "yes", "price": "5", "sure": "on", "why": "old"},
            {"result": "yes", "price": 5, "sure": True},
            [],
            id="hidden by a tick",
        ),
        pytest.param({}, {}, ["result"], id="nothing is chosen yet"),
        pytest.param({"result": "perhaps", "price": 5}, {}, ["result"], id="a wrong choice shows nothing"),
    ],
)
def test_hidden_fields_do_not_count(
    branching: Form, values: Mapping[str, Any], clean: Mapping[str, Any], problems: list[str]
) -> None:
    checked = forms.check(branching, values, today=TODAY)

    assert clean == checked.clean
    assert problems == sorted(checked.problems)


def test_outcomes_are_the_outcome_fields_and_always_named(branching: Form) -> None:
    clean = forms.check(branching, {"result": "no"}, today=TODAY).clean

    assert {"result": "no", "sure": None} == forms.outcomes(branching, clean)


def test_value_must_reach_the_one_it_follows() -> None:
    form = _form(
        _field("datetime", "start", subtype="date"),
        _field("datetime", "end", subtype="date", properties={"not_below": "start"}),
    )

    late = forms.check(form, {"start": "2026-11-05", "end": "2026-11-04"}, today=TODAY)
    alone = forms.check(form, {"end": "2026-11-04"}, today=TODAY)

    assert "below_other" == late.problems["end"].code
    assert alone.ok


def test_numbers_are_compared_as_numbers_not_as_text() -> None:
    form = _form(
        _field("number", "low", decimalDigits=2),
        _field("number", "high", decimalDigits=2, properties={"not_below": "low"}),
    )

    checked = forms.check(form, {"low": "900", "high": "1000"}, today=TODAY)

    assert checked.ok
    assert Decimal("1000.00") == forms.read_number(checked.clean["high"])


def test_posted_html_form_is_read_like_json() -> None:
    form = _form(
        TICK | {"key": "tick", "id": "t"},
        SEVERAL | {"key": "many", "id": "m"},
        MONEY | {"key": "sum", "id": "s"},
    )
    posted = [("many", "c"), ("many", "a"), ("tick", "off"), ("tick", "on"), ("sum", "12.5"), ("stray", "x")]

    values = forms.from_html(form, posted)

    assert {"many": ["c", "a"], "tick": "on", "sum": "12.5", "stray": "x"} == values
    assert {"many": ["a", "c"], "tick": True, "sum": "12.50"} == forms.check(form, values, today=TODAY).clean


@pytest.mark.parametrize(
    ("today", "ok"),
    [(date(2026, 11, 2), True), (date(2026, 11, 3), False)],
    ids=["that day", "the day after"],
)
def test_day_bounds_move_with_the_business_date(today: date, ok: bool) -> None:
    checked = forms.check(_form(MOMENT), {"it": "2026-11-02T08:00"}, today=today)

    assert ok == checked.ok


MOMENT_OVER = MOMENT | {"properties": {"label_en": "Item", "min_date": "today-30", "max_date": "today"}}


@pytest.mark.parametrize(
    ("component", "hour", "code"),
    [
        (MOMENT, "10:29", "too_early"),
        (MOMENT, "10:30", None),
        (MOMENT, "23:59", None),
        (MOMENT_OVER, "00:00", None),
        (MOMENT_OVER, "10:30", None),
        (MOMENT_OVER, "10:31", "too_late"),
    ],
)
def test_a_moment_bounded_by_today_is_held_against_the_minute_that_runs(
    component: dict[str, Any], hour: str, code: str | None
) -> None:
    values, now = {"it": f"{TODAY}T{hour}"}, datetime(2026, 11, 2, 10, 30, 59)

    checked = forms.check(_form(component), values, today=TODAY, now=now)

    assert code == (checked.problems["it"].code if checked.problems else None)
    assert "2026-11-02 10:30" in checked.problems["it"].zh if code else checked.ok
    assert forms.check(_form(component), values, today=TODAY).ok, "a sample is judged by its day"


def test_schema_of_a_form_describes_its_clean_values() -> None:
    schema = forms.json_schema(_form(CHOICE | {"validate": {"required": True}}).fields)

    assert {"it": {"type": "string", "enum": ["a", "b", "c"]}} == schema["properties"]
    assert (["it"], False) == (schema["required"], schema["additionalProperties"])
