"""The shipped tariff tables say what domain.md §3 says, row by row and by its test vectors."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import Line
from engine.domain.decision import Decision
from engine.domain.expression_values import smallest
from engine.services.rating import START_DATE, TABLES, level_of, quote_opens
from engine.spiff.dmn import read_decision

PROCESSES = Path(__file__).parents[2] / "processes"
FUNCTIONS = {"has": lambda value: value is not None, "min": smallest}
START = date(2027, 1, 1)


def table(name: str) -> Decision:
    return read_decision((PROCESSES / f"{name}.dmn").read_bytes(), file=f"{name}.dmn")


def ask(name: str, **rating: Any) -> dict[str, Any]:
    known = {"start_date": START, **rating}
    found = table(name).evaluate({"rating": known}, FUNCTIONS)
    assert isinstance(found, dict)
    return found


def ncd(years: int, c3: int, c1: int, c4: int | None = None) -> Decimal:
    asked = {"insured_years": years, "claims_1y": c1, "claims_3y": c3, "claims_4y": c3 if c4 is None else c4}
    return Decimal(str(ask("ncd_level", **asked)["factor"]))


VECTORS = (
    *((0, 0, 0, "1"), (1, 0, 0, "0.8"), (1, 1, 1, "1"), (2, 0, 0, "0.7"), (2, 1, 0, "0.8"), (3, 0, 0, "0.6")),
    *((4, 0, 0, "0.5"), (3, 1, 1, "0.7"), (3, 2, 0, "0.8"), (3, 3, 1, "1"), (3, 4, 1, "1.2"), (3, 5, 0, "1")),
    *((1, 3, 3, "1.4"), (3, 9, 3, "2")),
)


@pytest.mark.parametrize(("years", "c3", "c1", "factor"), VECTORS)
def test_the_ncd_table_holds_the_vectors_of_the_rule(years: int, c3: int, c1: int, factor: str) -> None:
    assert Decimal(factor) == ncd(years, c3, c1)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 6), st.integers(0, 6))
def test_the_ncd_table_is_the_rule(years: int, older: int, last: int, fourth: int) -> None:
    c3, c4 = older + last, older + last + fourth
    factors = {
        -4: "0.5",
        -3: "0.6",
        -2: "0.7",
        -1: "0.8",
        0: "1",
        1: "1.2",
        2: "1.4",
        3: "1.6",
        4: "1.8",
        5: "2",
    }
    if years == 0:
        level = 0
    elif years >= 4 and c4 == 0:
        level = -4
    else:
        level = max(-3, min(5, c3 - min(years, 3)))
        level = 0 if last == 0 and level > 0 else level

    assert Decimal(factors[level]) == ncd(years, c3, last, c4)


SCHEMES = (
    (("内蒙古", "海南", "青海", "西藏"), ("-0.3", "-0.4", "-0.5")),
    (("陕西", "云南", "广西"), ("-0.25", "-0.35", "-0.45")),
    (("甘肃", "吉林", "山西", "黑龙江", "新疆"), ("-0.2", "-0.3", "-0.4")),
    (("北京", "天津", "河北", "宁夏"), ("-0.15", "-0.25", "-0.35")),
    (("江苏", "浙江", "上海", "四川", "广东", "重庆", "贵州"), ("-0.1", "-0.2", "-0.3")),
)


@pytest.mark.parametrize(("provinces", "rates"), SCHEMES)
def test_the_compulsory_float_goes_by_the_province_of_registration(
    provinces: tuple[str, ...], rates: tuple[str, ...]
) -> None:
    for province in provinces:
        found = [ask("ctp_float", province=province, float_code=code)["rate"] for code in ("A1", "A2", "A3")]
        assert [Decimal(rate) for rate in rates] == [Decimal(str(rate)) for rate in found], province


@pytest.mark.parametrize(("code", "rate"), [("A0", "0"), ("A4", "0"), ("A5", "0.1"), ("A6", "0.3")])
@pytest.mark.parametrize("province", ["西藏", "北京", "四川", None])
def test_accidents_float_alike_everywhere(province: str | None, code: str, rate: str) -> None:
    assert Decimal(rate) == Decimal(str(ask("ctp_float", province=province, float_code=code)["rate"]))


def test_an_unknown_province_gives_no_rate_rather_than_a_guess() -> None:
    assert ask("ctp_float", province=None, float_code="A2")["rate"] is None
    assert ask("ctp_float", province="山东", float_code="A2")["rate"] is not None


@pytest.mark.parametrize(
    ("use", "seats", "base"),
    [
        *(("家庭自用", 5, 950), ("非营业个人客车", 7, 1100), (None, None, 950), ("企业非营业", 5, 1000)),
        *(("非营业企业客车", 9, 1130), ("机关非营业", 12, 1140), ("营业出租租赁", 5, 1800)),
        *(("城市公交", 40, 3140), ("公路客运", 20, 3420), ("营业货车", 3, None), ("摩托车", 2, None)),
    ],
)
def test_the_compulsory_base_premium_is_that_of_use_and_seats(
    use: str | None, seats: int | None, base: int | None
) -> None:
    found = ask("ctp_base", use=use, seats=seats)["base"]

    assert base == (None if found is None else int(found))


@pytest.mark.parametrize(
    ("is_new", "start", "low", "high"),
    [
        *((False, "2022-05-01", "0.65", "1.35"), (False, "2023-06-01", "0.5", "1.5")),
        *((True, "2024-01-01", "0.65", "1.35"), (True, "2025-09-01", "0.6", "1.4")),
        *((True, "2026-03-01", "0.55", "1.45"), (True, "2026-02-28", "0.6", "1.4")),
    ],
)
def test_the_self_pricing_range_is_the_one_in_force_when_the_new_policy_starts(
    is_new: bool, start: str, low: str, high: str
) -> None:
    found = ask("self_pricing_range", is_new_energy=is_new, start_date=date.fromisoformat(start))

    assert (Decimal(low), Decimal(high)) == (Decimal(str(found["low"])), Decimal(str(found["high"])))


@pytest.mark.parametrize(
    ("energy", "litres", "low", "high"),
    [
        *(("electric", None, 0, 0), ("hybrid", "1.5", 0, 0), ("fuel", "1.0", 60, 360)),
        *(("fuel", "1.6", 300, 540), ("fuel", "2", 360, 660), ("fuel", "4.1", 3600, 5400)),
        ("fuel", None, 300, 660),
    ],
)
def test_the_vehicle_tax_goes_by_energy_and_displacement(
    energy: str, litres: str | None, low: int, high: int
) -> None:
    found = ask("vehicle_tax", energy=energy, displacement=Decimal(litres) if litres else None)

    assert (low, high) == (int(found["low"]), int(found["high"]))


def test_the_quote_window_is_that_of_city_and_line_and_the_later_one_counts() -> None:
    tables = {"quote_window": table("quote_window")}
    due = {Line.CTP: date(2027, 3, 1), Line.COMMERCIAL: date(2027, 3, 11)}

    assert date(2027, 1, 10) == quote_opens(tables, "成都", due)
    assert date(2027, 2, 9) == quote_opens(tables, "宜宾", due)
    assert date(2027, 1, 10) == quote_opens(tables, None, due)
    assert date(2027, 1, 10) == quote_opens({}, "宜宾", due), "no table: the default of 60 days"


@pytest.mark.parametrize("name", [*TABLES, "quote_window"])
def test_every_row_names_its_source_and_its_confidence(name: str) -> None:
    notes = [rule.note for rule in table(name).rules]

    told = [note for note in notes if "来源" in note or "由专员测算" in note]
    assert notes == told
    assert all("可信度" in note or "推断" in note or "由专员测算" in note for note in notes)


@pytest.mark.parametrize("name", [*TABLES, "quote_window"])
def test_the_rows_of_every_table_are_in_force_from_a_day_on(name: str) -> None:
    found = table(name)

    assert START_DATE in [column.expression.text for column in found.inputs]


CHANGES = date(2027, 7, 1)


def changed(name: str, row: int, old: str, new: str) -> Decision:
    """The table with an end for one row and a copy of it from then on, which says *new* where it said *old*."""
    text = (PROCESSES / f"{name}.dmn").read_text(encoding="utf-8")
    start = text.index(f'<rule id="{name}_row_{row}">')
    end = text.index("</rule>", start) + len("</rule>")
    rule = text[start:end]
    since = re.search(r'&gt;= date\("([0-9-]+)"\)', rule)
    assert since is not None
    until = rule.replace(since[0], f'[date("{since[1]}")..date("{CHANGES}"))')
    later = rule.replace(since[0], f'&gt;= date("{CHANGES}")').replace(f"_row_{row}", "_row_99")
    assert f"<text>{old}</text>" in later
    later = later.replace(f"<text>{old}</text>", f"<text>{new}</text>")
    return read_decision((text[:start] + until + later + text[end:]).encode(), file=f"{name}.dmn")


@pytest.mark.parametrize(
    ("name", "row", "old", "new", "asked", "output"),
    [
        *(("ncd_level", 4, "0.7", "0.72", {"insured_years": 2, "claims_1y": 0, "claims_3y": 0, "claims_4y": 0}, "factor"),),
        ("forecast_band", 2, "0.97", "0.95", {"is_new_energy": False, "is_target": False}, "drift"),
        ("quote_window", 3, "60", "45", {"city": "成都", "line": "commercial"}, "days"),
        ("vehicle_tax", 1, "0", "100", {"energy": "electric", "displacement": None}, "low"),
    ],
)  # fmt: skip
def test_a_change_is_a_new_row_and_an_end_for_the_old_one(
    name: str, row: int, old: str, new: str, asked: dict[str, Any], output: str
) -> None:
    found = changed(name, row, old, new)

    def said(start: date) -> object:
        answer = found.evaluate({"rating": {**asked, "start_date": start}}, FUNCTIONS)
        assert isinstance(answer, dict)
        return answer[output]

    days = (CHANGES - timedelta(days=1), CHANGES)
    assert [Decimal(old), Decimal(new)] == [Decimal(str(said(day))) for day in days]
    assert not list(found.overlaps())
    assert not list(found.gaps())


def test_last_years_factor_is_looked_up_in_the_rows_of_last_year() -> None:
    found = changed("ncd_level", 4, "0.7", "0.72")

    assert -2 == level_of(found, Decimal("0.7"), CHANGES - timedelta(days=1))
    assert -2 == level_of(found, Decimal("0.72"), CHANGES)
    assert level_of(found, Decimal("0.7"), CHANGES) is None


def test_the_quote_window_is_the_one_in_force_when_the_new_policy_starts() -> None:
    tables = {"quote_window": changed("quote_window", 3, "60", "45")}
    last = CHANGES - timedelta(days=1)

    assert last - timedelta(days=45) == quote_opens(tables, "成都", {Line.COMMERCIAL: last})
    before = last - timedelta(days=1)
    assert before - timedelta(days=60) == quote_opens(tables, "成都", {Line.COMMERCIAL: before})
