"""Stages of a renewal in time: how many days are left, which stage that is, when each stage starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from engine.domain.codes import Stage
from engine.errors import EngineError

SAME_PERIOD = timedelta(days=90)
"""Expiry dates of one vehicle that lie no farther apart belong to one renewal (domain.md §7 case 7)."""


class StageCalendarRefused(EngineError):
    """The stage starts of a branch do not follow one another."""

    code = "stage_calendar_refused"
    zh = "阶段日历“{starts}”不可用：各阶段起始天数须依次递减且不小于 0。例如 60/45/30/7，挽回 30。"
    en = "Stage starts {starts} cannot be used: they must fall, none below 0. Try 60/45/30/7, win-back 30."


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCalendar:
    """When the stages of a branch start, in whole calendar days before expiry.

    Win-back starts the day after expiry and lasts ``win_back_days``; after it the renewal is closed.

    Raises:
        StageCalendarRefused: a later stage would start before an earlier one.

    Source: domain.md §1 "Stage boundaries", §0.6 (30 days of win-back); both are settings of the branch.
    """

    preparation_days: int = 60
    follow_up_days: int = 45
    key_tracking_days: int = 30
    summary_days: int = 7
    win_back_days: int = 30

    def __post_init__(self) -> None:
        """Refuse starts that do not follow one another."""
        starts = (self.preparation_days, self.follow_up_days, self.key_tracking_days, self.summary_days)
        falling = all(early > late for early, late in pairwise(starts))
        if not falling or starts[-1] < 0 or self.win_back_days < 0:
            raise StageCalendarRefused(starts="/".join(map(str, (*starts, self.win_back_days))))


DEFAULT_CALENDAR = StageCalendar()


def days_left(today: date, expiry_date: date) -> int:
    """Return the calendar days from *today* to *expiry_date*: 0 on the last covered date, negative after it.

    Raises:
        TypeError: an instant was given; turn it into a date with ``business_date`` first.
    """
    if isinstance(today, datetime) or isinstance(expiry_date, datetime):
        raise TypeError("stages count business dates, not instants; use business_date first")
    return (expiry_date - today).days


def stage_on(today: date, expiry_date: date, calendar: StageCalendar = DEFAULT_CALENDAR) -> Stage:
    """Return the stage a renewal is in on *today*; POOL before the first one opens.

    Args:
        today: business date, Asia/Shanghai.
        expiry_date: last covered date; cover ends at 24:00 of it, Asia/Shanghai.
        calendar: stage starts of the branch.

    The day two stages share belongs to the later one: 45 days left is FOLLOW_UP.

    Raises:
        TypeError: an instant was given; turn it into a date with ``business_date`` first.

    Source: domain.md §1 "Stage boundaries", §7 case 48.
    """
    left = days_left(today, expiry_date)
    if left < -calendar.win_back_days:
        return Stage.CLOSED
    if left < 0:
        return Stage.WIN_BACK
    if left <= calendar.summary_days:
        return Stage.SUMMARY
    if left <= calendar.key_tracking_days:
        return Stage.KEY_TRACKING
    if left <= calendar.follow_up_days:
        return Stage.FOLLOW_UP
    return Stage.PREPARATION if left <= calendar.preparation_days else Stage.POOL


def stage_starts(expiry_date: date, calendar: StageCalendar = DEFAULT_CALENDAR) -> Mapping[Stage, date]:
    """Return the first day of every stage in order; POOL has none and is left out.

    CLOSED starts the day after the last day of win-back. Both coincide when the branch has no win-back.
    """
    before = {
        Stage.PREPARATION: calendar.preparation_days,
        Stage.FOLLOW_UP: calendar.follow_up_days,
        Stage.KEY_TRACKING: calendar.key_tracking_days,
        Stage.SUMMARY: calendar.summary_days,
        Stage.WIN_BACK: -1,
        Stage.CLOSED: -1 - calendar.win_back_days,
    }
    return MappingProxyType({stage: expiry_date - timedelta(days=days) for stage, days in before.items()})


def stage_last_day(
    stage: Stage, expiry_date: date, calendar: StageCalendar = DEFAULT_CALENDAR
) -> date | None:
    """Return the last day of *stage*, the day before the next one starts; None for CLOSED: it has no end."""
    if stage is Stage.CLOSED:
        return None
    starts = stage_starts(expiry_date, calendar)
    order = list(Stage)
    return starts[order[order.index(stage) + 1]] - timedelta(days=1)


def anniversary_expiry(start_date: date) -> date:
    """Return the last covered date of a one-year policy: the day before the next anniversary.

    Never start + 365: a year that holds 29 February has 366 days, and a policy that starts on
    29 February ends on the 28th (its anniversary in a common year is 1 March).

    Source: domain.md §7 case 27 and its vectors.
    """
    try:
        anniversary = start_date.replace(year=start_date.year + 1)
    except ValueError:
        anniversary = date(start_date.year + 1, 3, 1)
    return anniversary - timedelta(days=1)
