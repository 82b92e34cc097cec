from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.forecast import NO_NUMBER, Ask, Forecast, Grade, LastYear, Tariff, forecast

LAST = LastYear(
    commercial=Decimal(3000),
    ctp=Decimal(855),
    ncd=Decimal("0.8"),
    self_pricing=Decimal("0.9"),
    claims=0,
    is_exact=True,
    is_new_energy=False,
    is_transferred=False,
)
TARIFF = Tariff(
    ctp_base=Decimal(950),
    float_code="A2",
    float_rate=Decimal("-0.2"),
    ncd_level=-2,
    ncd=Decimal("0.7"),
    range_low=Decimal("0.5"),
    range_high=Decimal("1.5"),
    drift=Decimal("0.97"),
    below=Decimal("-0.1"),
    above=Decimal("0.1"),
    tax_low=Decimal(300),
    tax_high=Decimal(660),
)


def both(last: LastYear = LAST, tariff: Tariff = TARIFF) -> Forecast:
    return forecast(last, tariff, has_commercial=True, has_ctp=True)


def test_the_commercial_premium_follows_drift_ncd_and_factor() -> None:
    found = both()

    assert Decimal(2546) == found.commercial == (Decimal(3000) * Decimal("0.97") * 7 / 8).quantize(Decimal(1))
    assert (Decimal(2263) + 760, Decimal(2546) + 760, Decimal(2829) + 760) == (
        found.low,
        found.mid,
        found.high,
    )
    assert (Decimal(760), Decimal(300), Decimal(660)) == (found.ctp, found.tax_low, found.tax_high)
    assert (Grade.A, ()) == (found.grade, found.asks)
    assert Decimal("-0.1424") == found.change_rate


def test_the_reasons_name_claims_factors_and_float() -> None:
    reasons = {reason["code"]: reason for reason in both().reasons}

    assert {"code": "ncd", "claims": 0, "before": "0.8", "after": "0.7"} == reasons["ncd"]
    assert ("A2", "-0.2", "950") == tuple(reasons["float"][key] for key in ("reason", "rate", "base"))


def test_last_years_factor_is_held_inside_the_range_in_force() -> None:
    found = both(replace(LAST, self_pricing=Decimal("1.45")), replace(TARIFF, range_high=Decimal("1.35")))

    assert found.mid == found.high
    assert {"code": "clamped", "before": "1.45", "after": "1.35"} in found.reasons


@pytest.mark.parametrize(
    ("missing", "grade"),
    [((), Grade.A), (("ncd",), Grade.B), (("claims",), Grade.B), (("ncd", "self_pricing"), Grade.C)],
)
def test_each_missing_input_lowers_the_grade(missing: tuple[str, ...], grade: Grade) -> None:
    found = both(replace(LAST, **dict.fromkeys(missing)))

    assert grade == found.grade
    assert {f"unknown_{name}" for name in missing} <= {reason["code"] for reason in found.reasons}


@pytest.mark.parametrize(
    ("last", "tariff", "ask"),
    [
        (replace(LAST, commercial=None), TARIFF, Ask.NO_COMMERCIAL_PREMIUM),
        (LAST, replace(TARIFF, ncd=None), Ask.NO_TABLE),
        (LAST, replace(TARIFF, ctp_base=None), Ask.NO_CTP_BASE),
        (LAST, replace(TARIFF, float_rate=None), Ask.NO_CTP_BASE),
    ],
)
def test_where_a_number_would_be_a_guess_there_is_none(last: LastYear, tariff: Tariff, ask: Ask) -> None:
    found = both(last, tariff)

    assert (None, None) == (found.mid, found.grade)
    assert ask in found.asks


@pytest.mark.parametrize(
    ("last", "ask"),
    [
        (replace(LAST, claims=2), Ask.MANY_CLAIMS),
        (replace(LAST, is_new_energy=True), Ask.NEW_ENERGY),
        (replace(LAST, is_transferred=True), Ask.TRANSFERRED),
        (replace(LAST, commercial=Decimal(3000), ncd=Decimal("0.5")), Ask.STEEP_RISE),
    ],
)
def test_exceptions_are_looked_at_by_a_person_but_have_a_number(last: LastYear, ask: Ask) -> None:
    found = both(last, replace(TARIFF, ncd=Decimal("0.7")))

    assert ask in found.asks
    assert found.mid is not None


def test_one_line_alone_is_forecast_alone() -> None:
    ctp = forecast(replace(LAST, commercial=None), TARIFF, has_commercial=False, has_ctp=True)
    commercial = forecast(LAST, replace(TARIFF, ctp_base=None), has_commercial=True, has_ctp=False)

    assert (Decimal(760), Decimal(760), None) == (ctp.mid, ctp.ctp, ctp.commercial)
    assert (Decimal(2546), None, None) == (commercial.mid, commercial.ctp, commercial.tax_low)


money = st.decimals("100", "20000", places=0)
factors = st.decimals("0.5", "2", places=2)


@given(
    money, factors, factors, factors, st.decimals("-0.2", "0", places=2), st.decimals("0", "0.2", places=2)
)
def test_low_middle_and_high_stand_in_order_and_inside_the_range(
    premium: Decimal, ncd: Decimal, factor: Decimal, new_ncd: Decimal, below: Decimal, above: Decimal
) -> None:
    last = replace(LAST, commercial=premium, ncd=ncd, self_pricing=factor)
    found = both(last, replace(TARIFF, ncd=new_ncd, below=below, above=above))

    assert found.low is not None and found.mid is not None and found.high is not None
    assert found.low <= found.mid <= found.high
    assert found.mid == (found.commercial or 0) + (found.ctp or 0)
    pure = premium * Decimal("0.97") * new_ncd / ncd / factor
    assert found.high - (found.ctp or 0) <= pure * Decimal("1.5") + 1


@given(st.sampled_from(["commercial", "ncd", "self_pricing", "claims"]), st.sampled_from(["ctp_base", "ncd"]))
def test_a_forecast_has_a_number_or_says_why_not(lost: str, gap: str) -> None:
    found = both(replace(LAST, **{lost: None}), replace(TARIFF, **{gap: None}))

    assert (found.mid is None) == bool(NO_NUMBER & set(found.asks))
