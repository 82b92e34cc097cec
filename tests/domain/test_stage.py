from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import Stage
from engine.domain.stage import (
    StageCalendar,
    StageCalendarRefused,
    anniversary_expiry,
    days_left,
    stage_last_day,
    stage_on,
    stage_starts,
)

business_dates = st.dates(date(2020, 1, 1), date(2040, 12, 31))
calendars = st.lists(st.integers(0, 200), min_size=4, max_size=4, unique=True).flatmap(
    lambda starts: st.builds(
        StageCalendar,
        **{
            name: st.just(days)
            for name, days in zip(
                ("preparation_days", "follow_up_days", "key_tracking_days", "summary_days"),
                sorted(starts, reverse=True),
                strict=True,
            )
        },
        win_back_days=st.integers(0, 90),
    )
)


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        pytest.param(61, Stage.POOL, id="61 days left wait in the pool"),
        pytest.param(60, Stage.PREPARATION, id="preparation opens at 60"),
        pytest.param(46, Stage.PREPARATION, id="46 days left still prepare"),
        pytest.param(45, Stage.FOLLOW_UP, id="the shared day 45 belongs to follow-up"),
        pytest.param(31, Stage.FOLLOW_UP, id="31 days left still follow up"),
        pytest.param(30, Stage.KEY_TRACKING, id="the shared day 30 belongs to key tracking"),
        pytest.param(8, Stage.KEY_TRACKING, id="8 days left are still tracked"),
        pytest.param(7, Stage.SUMMARY, id="the shared day 7 belongs to the summary"),
        pytest.param(0, Stage.SUMMARY, id="the last covered day is in the summary"),
        pytest.param(-1, Stage.WIN_BACK, id="win-back opens the day after"),
        pytest.param(-30, Stage.WIN_BACK, id="the thirtieth day of lapse is still won back"),
        pytest.param(-31, Stage.CLOSED, id="the thirty-first day is closed"),
    ],
)
def test_case_48_the_days_left_decide_the_stage(left: int, stage: Stage) -> None:
    expiry = date(2026, 12, 31)

    found = stage_on(expiry - timedelta(days=left), expiry)

    assert stage == found


@pytest.mark.parametrize(
    ("expiry", "starts"),
    [
        (date(2027, 1, 31), ("2026-12-02", "2026-12-17", "2027-01-01", "2027-01-24")),
        (date(2028, 2, 29), ("2027-12-31", "2028-01-15", "2028-01-30", "2028-02-22")),
        (date(2026, 12, 31), ("2026-11-01", "2026-11-16", "2026-12-01", "2026-12-24")),
        (date(2027, 2, 8), ("2026-12-10", "2026-12-25", "2027-01-09", "2027-02-01")),
    ],
    ids=str,
)
def test_stages_start_on_the_published_dates(expiry: date, starts: tuple[str, ...]) -> None:
    found = stage_starts(expiry)

    assert starts == tuple(day.isoformat() for day in list(found.values())[:4])
    assert expiry + timedelta(days=1) == found[Stage.WIN_BACK]
    assert expiry + timedelta(days=31) == found[Stage.CLOSED]


@given(today=business_dates, expiry=business_dates, calendar=calendars)
def test_the_stage_is_the_last_one_that_has_started(
    today: date, expiry: date, calendar: StageCalendar
) -> None:
    begun = [stage for stage, day in stage_starts(expiry, calendar).items() if day <= today]

    found = stage_on(today, expiry, calendar)

    assert (begun[-1] if begun else Stage.POOL) == found


@given(expiry=business_dates, calendar=calendars, left=st.integers(-150, 260))
def test_time_never_leads_back_to_an_earlier_stage(expiry: date, calendar: StageCalendar, left: int) -> None:
    order = list(Stage)
    today = expiry - timedelta(days=left)

    first, second = (stage_on(day, expiry, calendar) for day in (today, today + timedelta(days=1)))

    assert order.index(first) <= order.index(second)


@given(expiry=business_dates, today=business_dates)
def test_today_lies_between_the_first_and_last_day_of_its_stage(expiry: date, today: date) -> None:
    stage = stage_on(today, expiry)

    last = stage_last_day(stage, expiry)

    assert stage_starts(expiry).get(stage, date.min) <= today <= (last or date.max)


def test_a_branch_without_win_back_closes_the_day_after_expiry() -> None:
    calendar = StageCalendar(win_back_days=0)

    found = stage_on(date(2027, 1, 1), date(2026, 12, 31), calendar)

    assert found == Stage.CLOSED


@pytest.mark.parametrize(
    "starts",
    [
        {"follow_up_days": 60},
        {"summary_days": 30},
        {"preparation_days": 40},
        {"summary_days": -1},
        {"win_back_days": -1},
    ],
    ids=str,
)
def test_stage_starts_that_do_not_follow_one_another_are_refused(starts: dict[str, int]) -> None:
    with pytest.raises(StageCalendarRefused) as refusal:
        StageCalendar(**starts)

    assert "60/45/30/7" in refusal.value.say("zh")


def test_an_instant_is_not_taken_for_a_business_date() -> None:
    with pytest.raises(TypeError, match="business_date"):
        days_left(datetime(2026, 12, 1, 16, 30), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("start", "last", "days"),
    [
        pytest.param("2026-03-01", "2027-02-28", 365, id="a common year"),
        pytest.param("2027-03-01", "2028-02-29", 366, id="ends on the leap day"),
        pytest.param("2028-02-29", "2029-02-28", 366, id="starts on the leap day"),
        pytest.param("2028-03-01", "2029-02-28", 365, id="starts after the leap day"),
        pytest.param("2026-12-01", "2027-11-30", 365, id="a start on the 1st expires in the month before"),
    ],
)
def test_a_yearly_policy_ends_the_day_before_its_anniversary(start: str, last: str, days: int) -> None:
    first = date.fromisoformat(start)

    found = anniversary_expiry(first)

    assert date.fromisoformat(last) == found
    assert days == (found - first).days + 1


@given(start=business_dates)
def test_a_yearly_policy_covers_365_or_366_days(start: date) -> None:
    leap_days = [date(year, 2, 29) for year in range(start.year, start.year + 2) if year % 4 == 0]

    last = anniversary_expiry(start)

    assert (last - start).days + 1 == 365 + any(start <= day <= last for day in leap_days)
