"""Double cover (重复投保): two policies of one kind that protect one vehicle on the same days.

Source: domain.md §7 case 6; the later-expiring policy is the base, a person decides what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from engine.domain.codes import Line

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What one policy covers; ``expiry_date`` is its last covered date."""

    policy_no: str | None
    line: Line
    start_date: date | None
    expiry_date: date
    is_cancelled: bool = False


def first_covered_date(start_date: date | None, expiry_date: date) -> date:
    """Return the first covered date: as listed, else a year before the day after expiry."""
    if start_date is not None:
        return start_date
    after = expiry_date + _DAY
    leap_day = after.month == 2 and after.day == 29
    return after.replace(year=after.year - 1, day=28 if leap_day else after.day)


def doubled_covers(covers: Iterable[Cover]) -> frozenset[Cover]:
    """Return the covers of one vehicle that another policy of the same kind overlaps.

    A policy without number may be a copy of another, so it doubles nothing; nor does a cancelled one.
    """
    told = [cover for cover in covers if cover.policy_no and not cover.is_cancelled]
    pairs = [pair for pair in combinations(told, 2) if _is_double(*pair)]
    return frozenset(cover for pair in pairs for cover in pair)


def _is_double(one: Cover, other: Cover) -> bool:
    if one.line is not other.line or one.policy_no == other.policy_no:
        return False
    begins = max(first_covered_date(c.start_date, c.expiry_date) for c in (one, other))
    return begins <= min(one.expiry_date, other.expiry_date)
