"""When a work message may reach an agent: from 08:00 to 20:00 local, once what belongs together is there.

Source: domain.md §4.9 (one work message per agent and day; agents read their list at 08:00, §1.2 G-L1).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(8), time(20)
GATHERED = timedelta(minutes=15)
"""How long a message waits for more of its kind: a list of a whole branch is stored in minutes."""


def notice_moments(now: datetime, zone: ZoneInfo, *, gathered: timedelta = GATHERED) -> Iterator[datetime]:
    """Yield the moments (local to *zone*) at which a message caused *now* may leave: one a day, as early as may be."""
    earliest = (now + gathered).astimezone(zone)
    day = earliest.date()
    if earliest.time() < CLOSES:
        yield max(earliest, datetime.combine(day, OPENS, zone))
    while True:
        day += timedelta(days=1)
        yield datetime.combine(day, OPENS, zone)
