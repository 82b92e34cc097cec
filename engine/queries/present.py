"""The moment at which a page is made, and the business day around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.clock import Clock, business_date, midnight


@dataclass(frozen=True, slots=True)
class Present:
    """One reading of the clock, taken once for a whole page; ``now`` is aware UTC."""

    now: datetime
    zone: ZoneInfo

    @classmethod
    def of(cls, clock: Clock) -> Present:
        """Read *clock* once."""
        return cls(clock.now(), clock.zone)

    @property
    def today(self) -> date:
        """The business date."""
        return business_date(self.now, self.zone)

    @property
    def day_ends(self) -> datetime:
        """The instant at which today is over."""
        return midnight(self.today + timedelta(days=1), self.zone)


def follow_up_day(follow_up_at: datetime | None, present: Present) -> date | None:
    """Return the day to which a task is put off; None when that day has come."""
    if follow_up_at is None or follow_up_at <= present.now:
        return None
    return business_date(follow_up_at, present.zone)


def due_day(due_at: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the last day on which a task is in time: ``due_at`` is the instant that day is over."""
    return None if due_at is None else business_date(due_at - timedelta(microseconds=1), zone)
