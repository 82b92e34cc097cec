from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.workdays import (
    CalendarFault,
    DayKind,
    HolidayRow,
    Holidays,
    Workdays,
    WorkdaysRefused,
    shipped_holidays,
)

SHIPPED = Workdays(Holidays(shipped_holidays()))
MAKE_UP_DAYS = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")

days = st.dates(date(2025, 11, 1), date(2028, 3, 1))


def row(day: str, kind: DayKind = DayKind.HOLIDAY, *, provisional: bool = False) -> HolidayRow:
    return HolidayRow(
        day=date.fromisoformat(day), kind=kind, name="假日", source="测试", provisional=provisional
    )


def test_the_shipped_table_holds_the_official_make_up_days_of_2026() -> None:
    made_up = [
        r.day.isoformat() for r in shipped_holidays() if r.kind == DayKind.WORKDAY and r.day.year == 2026
    ]

    assert list(MAKE_UP_DAYS) == made_up
    assert not any(r.provisional for r in shipped_holidays() if r.day.year == 2026)


def test_the_shipped_table_of_2027_is_provisional() -> None:
    assert all(r.provisional for r in shipped_holidays() if r.day.year == 2027)
    assert {2026, 2027} == SHIPPED.known_years


@pytest.mark.parametrize("day", MAKE_UP_DAYS)
def test_a_make_up_weekend_day_is_a_workday(day: str) -> None:
    assert SHIPPED.is_workday(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-02-16", "2026-02-23", "2026-10-07", "2027-02-05", "2027-02-10"])
def test_a_holiday_on_a_weekday_is_no_workday(day: str) -> None:
    assert not SHIPPED.is_workday(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param("2026-11-24", 1, "2026-11-25", id="tomorrow"),
        pytest.param("2026-11-27", 1, "2026-11-30", id="over a weekend"),
        pytest.param("2026-02-13", 1, "2026-02-14", id="on to a make-up Saturday"),
        pytest.param("2026-02-14", 1, "2026-02-24", id="over Spring Festival"),
        pytest.param("2026-02-24", -1, "2026-02-14", id="back over Spring Festival"),
        pytest.param("2026-12-31", 1, "2027-01-04", id="into the next year"),
        pytest.param("2026-10-03", 0, "2026-10-03", id="zero leaves the day alone"),
        pytest.param("2027-12-31", 3, "2028-01-05", id="into a year without a table"),
    ],
)
def test_workdays_are_counted_over_days_off(day: str, count: int, expected: str) -> None:
    found = SHIPPED.add_workdays(date.fromisoformat(day), count)

    assert expected == found.isoformat()


def test_a_day_off_rolls_back_before_the_holiday_and_forward_after_it() -> None:
    spring_festival = date(2026, 2, 19)

    assert date(2026, 2, 14) == SHIPPED.roll_back(spring_festival)
    assert date(2026, 2, 24) == SHIPPED.roll_forward(spring_festival)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        pytest.param((), CalendarFault.MISSING, id="no row at all"),
        pytest.param((row("2028-01-01"),), CalendarFault.INCOMPLETE, id="one stray row"),
        pytest.param(
            [row(f"2028-10-{n:02}", provisional=n == 1) for n in range(1, 14)],
            CalendarFault.PROVISIONAL,
            id="one provisional row",
        ),
    ],
)
def test_a_year_without_an_official_table_warns(rows: tuple[HolidayRow, ...], fault: CalendarFault) -> None:
    workdays = Workdays(Holidays(rows))

    (warning,) = workdays.warnings_for(date(2028, 5, 17))

    assert (fault, 2028) == (warning.fault, warning.year)
    assert "2028" in warning.label.zh
    assert "2028" in warning.label.en


def test_an_official_year_does_not_warn() -> None:
    assert SHIPPED.warnings_for(date(2026, 5, 1)) == ()


def test_a_year_without_a_table_counts_monday_to_friday() -> None:
    week = [date(2031, 10, 1) + timedelta(days=n) for n in range(7)]

    assert [day.weekday() < 5 for day in week] == [SHIPPED.is_workday(day) for day in week]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 1, 1), 10**9), (date(9999, 12, 30), 30)])
def test_an_absurd_number_of_workdays_is_refused(day: date, count: int) -> None:
    with pytest.raises(WorkdaysRefused):
        SHIPPED.add_workdays(day, count)


@given(day=days, count=st.integers(1, 60))
def test_adding_workdays_passes_exactly_that_many(day: date, count: int) -> None:
    reached = SHIPPED.add_workdays(day, count)

    passed = [day + timedelta(days=n) for n in range(1, (reached - day).days + 1)]
    assert count == sum(map(SHIPPED.is_workday, passed))
    assert SHIPPED.is_workday(reached)


@given(day=days, count=st.integers(1, 60))
def test_counting_back_from_a_workday_undoes_counting_on(day: date, count: int) -> None:
    start = SHIPPED.roll_back(day)

    assert start == SHIPPED.add_workdays(SHIPPED.add_workdays(start, count), -count)


@given(day=days)
def test_rolling_back_never_skips_a_workday(day: date) -> None:
    rolled = SHIPPED.roll_back(day)

    between = [rolled + timedelta(days=n) for n in range(1, (day - rolled).days + 1)]
    assert SHIPPED.is_workday(rolled)
    assert not any(map(SHIPPED.is_workday, between))
