"""The forecast quote: low, middle, high, with reasons and a confidence grade (domain.md §3.6); pure.

A forecast is no offer: the platform's figures are binding. It needs last year's premium; what is missing beside it
lowers the grade, and where a number would be guesswork there is none and a person is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

STEEP_RISE = Decimal("0.2")
"""A dearer forecast is looked at by the specialist before the agent sees it (domain.md §3.6)."""
MANY_CLAIMS = 2
_YUAN = Decimal(1)
_FOUR = Decimal("0.0001")


class Grade(StrEnum):
    """How sure a forecast is: A all inputs known, B one missing, C last premium only."""

    A = "A"
    B = "B"
    C = "C"


class Ask(StrEnum):
    """Why a person looks at a forecast before it is used."""

    NO_COMMERCIAL_PREMIUM = "no_commercial_premium"
    NO_CTP_BASE = "no_ctp_base"
    NO_TABLE = "no_table"
    MANY_CLAIMS = "many_claims"
    STEEP_RISE = "steep_rise"
    NEW_ENERGY = "new_energy"
    TRANSFERRED = "transferred"


NO_NUMBER = frozenset({Ask.NO_COMMERCIAL_PREMIUM, Ask.NO_CTP_BASE, Ask.NO_TABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """What the expiring policies tell; premiums in yuan, None where the list is silent."""

    commercial: Decimal | None
    ctp: Decimal | None
    ncd: Decimal | None
    self_pricing: Decimal | None
    claims: int | None
    is_exact: bool
    is_new_energy: bool
    is_transferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What the tables in force on the first day of the new policy answered; None: no row applies.

    ``drift`` is how the pure risk premium moves as the car ages; ``below`` and ``above`` are the steps from last
    year's self-pricing factor to the lowest and the highest that is likely; ``range_low``/``range_high`` bound it.
    """

    ctp_base: Decimal | None
    float_code: str
    float_rate: Decimal | None
    ncd_level: int | None
    ncd: Decimal | None
    range_low: Decimal | None
    range_high: Decimal | None
    drift: Decimal | None
    below: Decimal | None
    above: Decimal | None
    tax_low: Decimal | None
    tax_high: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast of the next year's premiums, whole yuan; the vehicle tax stands apart.

    Without a number (``mid`` None) ``asks`` says why. ``change_rate`` compares ``mid`` with the premiums of the
    same lines last year.
    """

    low: Decimal | None = None
    mid: Decimal | None = None
    high: Decimal | None = None
    ctp: Decimal | None = None
    commercial: Decimal | None = None
    tax_low: Decimal | None = None
    tax_high: Decimal | None = None
    change_rate: Decimal | None = None
    grade: Grade | None = None
    asks: tuple[Ask, ...] = ()
    reasons: tuple[Mapping[str, Any], ...] = field(default=())


def forecast(last: LastYear, tariff: Tariff, *, has_commercial: bool, has_ctp: bool) -> Forecast:
    """Return the forecast for the lines that expire.

    ``commercial = P0 ÷ (NCD0 × k0) × drift × NCD1 × k`` for k low, as last year, and high, inside the range in
    force; ``compulsory = base × (1 + float)``. Compulsory cover may not be refused or bundled, commercial follows
    its own premium (domain.md §3.1–3.6).
    """
    asks = list(_asks(last, tariff, has_commercial=has_commercial, has_ctp=has_ctp))
    tax_low, tax_high = (tariff.tax_low, tariff.tax_high) if has_ctp else (None, None)
    if NO_NUMBER & set(asks):
        return Forecast(tax_low=tax_low, tax_high=tax_high, asks=tuple(asks))
    band = _commercial(last, tariff) if has_commercial else (Decimal(0),) * 3
    ctp = _ctp(tariff) if has_ctp else Decimal(0)
    low, mid, high = (part + ctp for part in band)
    change = _change(mid, last, has_commercial=has_commercial, has_ctp=has_ctp)
    if change is not None and change > STEEP_RISE:
        asks.append(Ask.STEEP_RISE)
    return Forecast(
        low=low,
        mid=mid,
        high=high,
        ctp=ctp if has_ctp else None,
        commercial=band[1] if has_commercial else None,
        change_rate=change,
        grade=_grade(last) if has_commercial else (Grade.A if last.claims is not None else Grade.B),
        asks=tuple(asks),
        reasons=tuple(_reasons(last, tariff, has_commercial=has_commercial, has_ctp=has_ctp)),
        tax_low=tax_low,
        tax_high=tax_high,
    )


def _asks(last: LastYear, tariff: Tariff, *, has_commercial: bool, has_ctp: bool) -> list[Ask]:
    found = []
    if has_commercial and not last.commercial:
        found.append(Ask.NO_COMMERCIAL_PREMIUM)
    if has_commercial and None in (tariff.ncd, tariff.range_low, tariff.range_high, tariff.drift):
        found.append(Ask.NO_TABLE)
    if has_ctp and (tariff.ctp_base is None or tariff.float_rate is None):
        found.append(Ask.NO_CTP_BASE)
    if (last.claims or 0) >= MANY_CLAIMS:
        found.append(Ask.MANY_CLAIMS)
    if last.is_new_energy:
        found.append(Ask.NEW_ENERGY)
    if last.is_transferred:
        found.append(Ask.TRANSFERRED)
    return found


def _commercial(last: LastYear, tariff: Tariff) -> tuple[Decimal, Decimal, Decimal]:
    """Low, middle and high of the commercial premium; see :func:`forecast`."""
    premium, drift, ncd = last.commercial, tariff.drift, tariff.ncd
    assert premium is not None and drift is not None and ncd is not None
    pure = premium * drift * ((ncd / last.ncd) if last.ncd else 1)
    factor = last.self_pricing
    below, above = tariff.below or Decimal(0), tariff.above or Decimal(0)
    if not factor:
        return _yuan(pure * (1 + below)), _yuan(pure), _yuan(pure * (1 + above))
    low, mid, high = (_inside(factor + step, tariff) for step in (below, Decimal(0), above))
    return _yuan(pure * low / factor), _yuan(pure * mid / factor), _yuan(pure * high / factor)


def _inside(factor: Decimal, tariff: Tariff) -> Decimal:
    assert tariff.range_low is not None and tariff.range_high is not None
    return min(max(factor, tariff.range_low), tariff.range_high)


def _ctp(tariff: Tariff) -> Decimal:
    assert tariff.ctp_base is not None and tariff.float_rate is not None
    return _yuan(tariff.ctp_base * (1 + tariff.float_rate))


def _change(mid: Decimal, last: LastYear, *, has_commercial: bool, has_ctp: bool) -> Decimal | None:
    before = [p for p, has in ((last.commercial, has_commercial), (last.ctp, has_ctp)) if has]
    if None in before or not sum(p or 0 for p in before):
        return None
    return (mid / sum((p or Decimal(0) for p in before), Decimal(0)) - 1).quantize(_FOUR)


def _grade(last: LastYear) -> Grade:
    missing = [last.ncd, last.self_pricing, last.claims].count(None)
    if missing == 0:
        return Grade.A if last.is_exact else Grade.B
    return Grade.B if missing == 1 else Grade.C


def _reasons(
    last: LastYear, tariff: Tariff, *, has_commercial: bool, has_ctp: bool
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    if has_commercial:
        found.append(
            {
                "code": "ncd",
                "claims": last.claims,
                "before": _text(last.ncd),
                "after": _text(tariff.ncd),
            }
        )
        found.append({"code": "drift", "factor": _text(tariff.drift)})
        if last.self_pricing is not None and _inside(last.self_pricing, tariff) != last.self_pricing:
            bounded = _inside(last.self_pricing, tariff)
            found.append({"code": "clamped", "before": _text(last.self_pricing), "after": _text(bounded)})
        found += [
            {"code": f"unknown_{name}"}
            for name, value in (
                ("ncd", last.ncd),
                ("self_pricing", last.self_pricing),
                ("claims", last.claims),
            )
            if value is None
        ]
        if not last.is_exact and None not in (last.ncd, last.claims):
            found.append({"code": "likely_claims"})
    if has_ctp:
        found.append(
            {
                "code": "float",
                "reason": tariff.float_code,
                "rate": _text(tariff.float_rate),
                "base": _text(tariff.ctp_base),
            }
        )
    return found


def _yuan(amount: Decimal) -> Decimal:
    return amount.quantize(_YUAN, ROUND_HALF_UP)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
