"""When agents may be told of new rows: once a day, from 08:00 to 20:00 local."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest

from engine.clock import SHANGHAI
from engine.domain.notice_hours import notice_moments


@pytest.mark.parametrize(
    ("now", "first"),
    [
        pytest.param("2026-11-24T00:00", "2026-11-24T08:00", id="at midnight: in the morning"),
        pytest.param("2026-11-24T07:44", "2026-11-24T08:00", id="before eight: at eight"),
        pytest.param("2026-11-24T10:30", "2026-11-24T10:45", id="by day: when the rest is there"),
        pytest.param("2026-11-24T19:44", "2026-11-24T19:59", id="the last of the day"),
        pytest.param("2026-11-24T19:45", "2026-11-25T08:00", id="in the evening: the next morning"),
        pytest.param("2026-11-24T23:50", "2026-11-25T08:00", id="before midnight: the next morning"),
    ],
)
def test_a_message_may_leave(now: str, first: str) -> None:
    moments = notice_moments(datetime.fromisoformat(now).replace(tzinfo=SHANGHAI), SHANGHAI)

    assert datetime.fromisoformat(first).replace(tzinfo=SHANGHAI) == next(moments)


def test_every_later_one_leaves_on_a_day_of_its_own() -> None:
    now = datetime(2026, 11, 24, 10, 30, tzinfo=SHANGHAI)

    found = [moment.isoformat()[:16] for moment in islice(notice_moments(now, SHANGHAI), 3)]

    assert ["2026-11-24T10:45", "2026-11-25T08:00", "2026-11-26T08:00"] == found
