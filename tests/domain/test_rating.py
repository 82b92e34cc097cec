from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.rating import (
    claims_history,
    clean_years_rewarded,
    energy_kind,
    float_code,
    plain_region,
    province_of,
)

RATES = {"A1": Decimal("-0.1"), "A2": Decimal("-0.2"), "A3": Decimal("-0.3")}


@pytest.mark.parametrize(
    ("plate", "unit", "province"),
    [
        ("晋A12345", "四川省", "山西"),
        ("川AD12345", None, "四川"),
        (None, "广西壮族自治区", "广西"),
        ("临时", "北京市", "北京"),
        (None, None, None),
    ],
)
def test_the_province_is_that_of_the_plate_else_of_the_branch(
    plate: str | None, unit: str | None, province: str | None
) -> None:
    assert province == province_of(plate, unit)


@pytest.mark.parametrize(
    ("name", "plain"), [("四川省", "四川"), ("内蒙古自治区", "内蒙古"), ("杭州市", "杭州"), ("", None)]
)
def test_a_region_is_named_without_its_kind(name: str, plain: str | None) -> None:
    assert plain == plain_region(name)


@pytest.mark.parametrize(
    ("energy", "plate", "kind"),
    [
        *(("燃油", None, "fuel"), ("纯电", None, "electric"), ("插混", None, "hybrid")),
        *(("油电混合", None, "fuel"), (None, "川AD12345", "new_energy"), (None, "川A12345", "fuel")),
        *(("氢燃料电池", None, "electric"), ("新能源", None, "new_energy"), ("增程式", None, "hybrid")),
    ],
)
def test_the_kind_of_energy_follows_the_list_then_the_plate(
    energy: str | None, plate: str | None, kind: str
) -> None:
    assert kind == energy_kind(energy, plate)


@pytest.mark.parametrize(
    ("level", "years", "claims", "expected"),
    [
        pytest.param(0, 1, 0, (1, 0, 0, 0, True), id="a new car's first clean year"),
        pytest.param(-1, 2, 1, (2, 1, 1, 1, True), id="one clean year, then a claim"),
        pytest.param(-3, 4, 0, (4, 0, 0, 0, True), id="three clean years and a fourth"),
        pytest.param(-4, 7, 2, (7, 2, 2, 2, True), id="four clean years, then two claims"),
        pytest.param(-2, 5, 0, (5, 0, 1, 1, True), id="one earlier claim may have dropped out or not"),
        pytest.param(0, 6, 1, (6, 1, 3, 4, False), id="three earlier claims: two are taken as counting"),
        pytest.param(None, None, None, (2, 0, 0, 0, False), id="nothing known"),
        pytest.param(-2, None, 0, (3, 0, 0, 0, False), id="years told by the level"),
    ],
)
def test_the_claims_that_count_follow_from_last_years_level(
    level: int | None, years: int | None, claims: int | None, expected: tuple[int, int, int, int, bool]
) -> None:
    found = claims_history(last_level=level, insured_years=years, claims=claims, is_transferred=False)

    assert expected == (
        found.insured_years,
        found.claims_1y,
        found.claims_3y,
        found.claims_4y,
        found.is_exact,
    )


@given(
    st.none() | st.integers(-4, 5),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 9),
    st.booleans(),
)
def test_claims_of_a_longer_time_are_never_fewer(
    level: int | None, years: int | None, claims: int | None, moved: bool
) -> None:
    found = claims_history(last_level=level, insured_years=years, claims=claims, is_transferred=moved)

    assert 0 <= found.claims_1y <= found.claims_3y <= found.claims_4y
    assert not moved or (0, 0) == (found.insured_years, found.claims_4y)


@given(st.integers(0, 4))
def test_a_history_told_in_full_is_found_again_from_its_level(clean: int) -> None:
    found = claims_history(last_level=-min(clean, 4), insured_years=clean + 1, claims=0, is_transferred=False)

    assert (clean + 1, 0) == (found.insured_years, found.claims_4y)


@pytest.mark.parametrize(
    ("claims", "clean", "code"),
    [(0, 0, "A1"), (0, 1, "A2"), (0, 3, "A3"), (1, 3, "A4"), (2, 0, "A5"), (None, 2, "A3")],
)
def test_the_float_goes_on_from_what_the_last_premium_rewarded(
    claims: int | None, clean: int, code: str
) -> None:
    assert code == float_code(claims=claims, clean_before=clean, is_transferred=False, is_new=False)


def test_a_transferred_or_first_insured_car_is_not_floated() -> None:
    assert "A0" == float_code(claims=0, clean_before=3, is_transferred=True, is_new=False)
    assert "A0" == float_code(claims=0, clean_before=0, is_transferred=False, is_new=True)


@pytest.mark.parametrize(
    ("premium", "years"), [("950", 0), ("855", 1), ("760", 2), ("665", 3), ("1045", 0), ("700", 3)]
)
def test_the_last_compulsory_premium_tells_the_clean_years(premium: str, years: int) -> None:
    assert years == clean_years_rewarded(Decimal(premium), Decimal(950), RATES)


def test_without_a_premium_nothing_was_rewarded() -> None:
    assert (
        0 == clean_years_rewarded(None, Decimal(950), RATES) == clean_years_rewarded(Decimal(1), None, RATES)
    )
