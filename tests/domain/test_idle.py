"""When an agent counts as one who contacts nobody: five whole workdays of presence (G-L2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.domain.idle import is_idle, latest_start

FRIDAY = date(2026, 11, 20)


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(("today", "idle"), [(27, False), (28, True), (30, True)])
def test_five_workdays_lie_between_the_last_contact_and_today(today: int, idle: bool) -> None:
    assert idle is is_idle(FRIDAY, date(2026, 11, today), is_workday=is_weekday, away=())


def test_days_of_absence_do_not_count() -> None:
    away = [(date(2026, 11, 23), date(2026, 11, 24))]
    assert not is_idle(FRIDAY, date(2026, 12, 1), is_workday=is_weekday, away=away)
    assert is_idle(FRIDAY, date(2026, 12, 2), is_workday=is_weekday, away=away)


def test_nobody_is_idle_whose_count_began_after_the_latest_start() -> None:
    today = date(2026, 11, 28)
    later = latest_start(today) + timedelta(days=1)
    assert not is_idle(later, today, is_workday=lambda _day: True, away=())
    assert is_idle(latest_start(today), today, is_workday=lambda _day: True, away=())
