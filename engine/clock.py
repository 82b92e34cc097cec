"""The only place that reads the time: the system clock, the virtual clock, and business dates.

Instants are aware UTC datetimes. Business dates are calendar dates in the business time zone
(``RENEWALS_TIMEZONE``, default Asia/Shanghai); a business day starts at its local midnight.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from engine.errors import ClockError

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """What tells the time to the rest of the engine."""

    zone: ZoneInfo
    is_virtual: bool

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...

    def today(self) -> date:
        """Return the present business date in ``zone``."""
        ...


class _ZonedClock:
    """Business-date arithmetic shared by both clocks."""

    zone: ZoneInfo

    def now(self) -> datetime:
        raise ClockError(reason_zh="抽象时钟没有时间", reason_en="an abstract clock has no time")

    def today(self) -> date:
        return business_date(self.now(), self.zone)


class SystemClock(_ZonedClock):
    """The computer's clock."""

    is_virtual = False

    def __init__(self, zone: ZoneInfo = SHANGHAI) -> None:
        self.zone = zone

    def now(self) -> datetime:
        """Return the computer's present instant, aware, UTC."""
        return datetime.now(UTC)


class VirtualClock(_ZonedClock):
    """A clock that stands still until it is moved; *read* fetches the stored instant each time.

    The instant lives in the database, so every process that shares the database sees the same time.
    """

    is_virtual = True

    def __init__(self, read: Callable[[], datetime], zone: ZoneInfo = SHANGHAI) -> None:
        self.zone = zone
        self._read = read

    def now(self) -> datetime:
        """Return the stored instant, aware, UTC."""
        return self._read().astimezone(UTC)


def wall_now() -> datetime:
    """Return the computer's present instant, aware, UTC, also while the business clock is virtual.

    For what must follow real time alone: sign-in sessions and locks of accounts.
    """
    return datetime.now(UTC)


def business_date(instant: datetime, zone: ZoneInfo = SHANGHAI) -> date:
    """Return the calendar date of an aware *instant* in *zone*.

    Raises:
        ClockError: a naive instant was given.
    """
    if instant.tzinfo is None:
        raise ClockError(reason_zh="时刻缺少时区", reason_en="an instant without a time zone was given")
    return instant.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the instant (UTC) at which the business date *day* begins in *zone*."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def parse_instant(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Read an ISO-8601 date or date-time; one without an offset is local to *zone*.

    Raises:
        ClockError: the text is not ISO-8601.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ClockError(
            reason_zh=f"“{text}”不是 ISO-8601 时刻，例如 2026-12-01T08:00",
            reason_en=f"“{text}” is not an ISO-8601 instant such as 2026-12-01T08:00",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)
