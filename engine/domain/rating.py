"""What a forecast knows of the last policies and asks the tariff tables with (domain.md §3.2–3.4); pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from engine.domain.vehicle import PlateKind, plate_kind

CLEAN_YEARS = ("A1", "A2", "A3")
"""Reason codes of a compulsory premium lowered for one, two, three years without an at-fault accident."""
NOT_FLOATED, ONE_ACCIDENT, MORE_ACCIDENTS = "A0", "A4", "A5"

_PROVINCES: Mapping[str, str] = {
    "京": "北京",
    "津": "天津",
    "沪": "上海",
    "渝": "重庆",
    "冀": "河北",
    "豫": "河南",
    "云": "云南",
    "辽": "辽宁",
    "黑": "黑龙江",
    "湘": "湖南",
    "皖": "安徽",
    "鲁": "山东",
    "新": "新疆",
    "苏": "江苏",
    "浙": "浙江",
    "赣": "江西",
    "鄂": "湖北",
    "桂": "广西",
    "甘": "甘肃",
    "晋": "山西",
    "蒙": "内蒙古",
    "陕": "陕西",
    "吉": "吉林",
    "闽": "福建",
    "贵": "贵州",
    "粤": "广东",
    "青": "青海",
    "藏": "西藏",
    "川": "四川",
    "宁": "宁夏",
    "琼": "海南",
}
_SUFFIXES = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsHistory:
    """Insured years up to the new policy, and paid commercial claims in the last one, three and four of them.

    ``is_exact`` is False where a number had to be taken as likely: the list tells last year's claims only.
    """

    insured_years: int
    claims_1y: int
    claims_3y: int
    claims_4y: int
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The fact ``rating`` of expressions: everything a tariff table may ask; money in yuan.

    ``start_date`` is the first day of the new policy, which chooses the row in force; ``line`` is the line
    that is asked about. Displacement is in litres and unknown where no list gives it.
    """

    province: str | None
    city: str | None
    line: str
    start_date: date
    use: str | None
    seats: int | None
    energy: str
    is_new_energy: bool
    displacement: Decimal | None
    insured_years: int
    claims_1y: int
    claims_3y: int
    claims_4y: int
    float_code: str
    is_target: bool

    def as_fact(self) -> dict[str, object]:
        """Return the fields by name, as expressions see them."""
        return {name: getattr(self, name) for name in RATING_FIELDS}


RATING_FIELDS = frozenset(Rating.__dataclass_fields__)


def province_of(plate: str | None, unit_province: str | None) -> str | None:
    """Return where a vehicle is registered: by its plate, else where its branch is (domain.md §3.2)."""
    if plate and plate_kind(plate) in (PlateKind.FUEL, PlateKind.NEW_ENERGY):
        return _PROVINCES[plate[0]]
    return plain_region(unit_province)


def plain_region(name: str | None) -> str | None:
    """Return a province or city without 省, 市, 自治区."""
    for suffix in _SUFFIXES:
        if name and name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name or None


def energy_kind(energy: str | None, plate: str | None) -> str:
    """Return ``electric``, ``hybrid``, ``new_energy`` or ``fuel``; a green plate makes new energy of the unknown."""
    text = energy or ""
    if "插" in text or "混" in text or "增程" in text:
        return "hybrid" if "插" in text or "增程" in text else "fuel"
    if "电" in text or "氢" in text:
        return "electric"
    if "新能源" in text or (not text and plate and plate_kind(plate) is PlateKind.NEW_ENERGY):
        return "new_energy"
    return "fuel"


def claims_history(
    *, last_level: int | None, insured_years: int | None, claims: int | None, is_transferred: bool
) -> ClaimsHistory:
    """Return the claims that the next NCD level counts (domain.md §3.4).

    The level of the expiring policy tells what was claimed in up to three years before it: level = claims − years.
    When it had three or more years behind it, the oldest drops out of the new window; what fell in it is unknown,
    so two thirds of the earlier claims are taken as still counting.

    Args:
        last_level: NCD level of the expiring policy, −4 to 5; None when its factor is unknown.
        insured_years: consecutive insured years up to its expiry; None when the list does not say.
        claims: paid claims during it; None when the list does not say (taken as none).
        is_transferred: the vehicle changed hands, which starts the count anew.
    """
    if is_transferred or insured_years == 0:
        return ClaimsHistory(insured_years=0, claims_1y=0, claims_3y=0, claims_4y=0, is_exact=True)
    now = max(claims or 0, 0)
    years = insured_years if insured_years is not None else _years_of(last_level)
    before = max(years - 1, 0)
    earlier = 0 if last_level is None or last_level == -4 else max(last_level + min(before, 3), 0)
    still = earlier if before <= 2 else _two_thirds(earlier)
    return ClaimsHistory(
        insured_years=years,
        claims_1y=now,
        claims_3y=now + still,
        claims_4y=now + earlier,
        is_exact=None not in (last_level, insured_years, claims)
        and still == earlier
        and (last_level != 0 or before == 0),
    )


def _years_of(level: int | None) -> int:
    """Fewest insured years that explain a level, the expiring one included."""
    return max(-(level or 0), 1) + 1


def _two_thirds(count: int) -> int:
    return int((Decimal(count * 2) / 3).quantize(Decimal(1), ROUND_HALF_UP))


def float_code(*, claims: int | None, clean_before: int, is_transferred: bool, is_new: bool) -> str:
    """Return the reason code A0 to A5 of the next compulsory premium (domain.md §3.2).

    Every claim is taken as at fault: a forecast is rather too high. A death (A6) is never foretold.

    Args:
        claims: accidents during the expiring policy; None counts as none.
        clean_before: years without an accident that the expiring premium already rewarded, 0 to 3.
        is_transferred: ownership changed during the period: not floated.
        is_new: first insured: not floated.
    """
    if is_transferred or is_new:
        return NOT_FLOATED
    if claims:
        return ONE_ACCIDENT if claims == 1 else MORE_ACCIDENTS
    return CLEAN_YEARS[min(clean_before, 2)]


def clean_years_rewarded(premium: Decimal | None, base: Decimal | None, rates: Mapping[str, Decimal]) -> int:
    """Return how many clean years the last compulsory premium rewarded: that of the nearest rate, else 0.

    *rates* are those of A1 to A3 in the province, as −0.1.
    """
    if premium is None or not base:
        return 0
    reached = premium / base - 1
    steps = {0: Decimal(0), **{n: rates[code] for n, code in enumerate(CLEAN_YEARS, 1) if code in rates}}
    return min(steps, key=lambda n: (abs(steps[n] - reached), n))
