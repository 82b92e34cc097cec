from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import midnight
from engine.domain.due import due_at, due_date
from engine.domain.workdays import Holidays, Workdays, shipped_holidays

WORKDAYS = Workdays(Holidays(shipped_holidays()))

days = st.dates(date(2026, 1, 1), date(2028, 2, 1))
offsets = st.integers(-40, 90).map(lambda n: timedelta(days=n))


@pytest.mark.parametrize(
    ("today", "rule", "ends", "due"),
    [
        pytest.param("2026-11-24", "2026-12-01", None, "2026-12-01", id="a workday stands"),
        pytest.param("2026-11-24", "2026-11-29", None, "2026-11-27", id="a Sunday moves to Friday"),
        pytest.param(
            "2026-02-09", "2026-02-19", None, "2026-02-14", id="a holiday moves before the festival"
        ),
        pytest.param("2026-02-09", "2026-02-28", None, "2026-02-28", id="a make-up Saturday stands"),
        pytest.param(
            "2026-02-14", "2026-02-17", None, "2026-02-14", id="the last workday before the festival"
        ),
        pytest.param(
            "2026-02-17", "2026-02-19", None, "2026-02-24", id="inside the festival, one workday on"
        ),
        pytest.param("2026-11-24", "2026-11-20", None, "2026-11-25", id="a past rule date gives one workday"),
        pytest.param(
            "2026-11-24", "2026-11-24", None, "2026-11-25", id="a rule date of today gives one workday"
        ),
        pytest.param("2026-11-24", "2026-11-20", "2026-11-24", "2026-11-24", id="but never past the stage"),
        pytest.param(
            "2026-11-24", "2026-12-10", "2026-12-06", "2026-12-04", id="capped at the stage's last workday"
        ),
        pytest.param("2026-11-28", "2026-11-01", "2026-11-29", "2026-11-29", id="only days off are left"),
        pytest.param(
            "2026-11-24", "2026-11-20", "2026-11-23", "2026-11-25", id="a stage already over binds nothing"
        ),
        pytest.param("2026-11-24", None, None, "2026-11-26", id="no rule gives two workdays"),
        pytest.param("2026-11-24", None, "2026-11-25", "2026-11-25", id="no rule, capped at the stage's end"),
    ],
)
def test_a_task_is_due_on(today: str, rule: str | None, ends: str | None, due: str) -> None:
    found = due_date(
        date.fromisoformat(rule) if rule else None,
        today=date.fromisoformat(today),
        workdays=WORKDAYS,
        stage_ends=date.fromisoformat(ends) if ends else None,
    )

    assert due == found.isoformat()


def test_a_task_is_late_from_the_next_local_midnight_on() -> None:
    due = due_at(date(2026, 12, 1), today=date(2026, 11, 24), workdays=WORKDAYS)

    assert datetime(2026, 12, 1, 16, tzinfo=UTC) == due


def test_the_business_zone_decides_where_the_day_ends() -> None:
    due = due_at(date(2026, 12, 1), today=date(2026, 11, 24), workdays=WORKDAYS, tz=ZoneInfo("UTC"))

    assert datetime(2026, 12, 2, tzinfo=UTC) == due


@given(today=days, rule=st.none() | offsets, ends=st.none() | offsets)
def test_no_task_is_due_before_it_exists(today: date, rule: timedelta | None, ends: timedelta | None) -> None:
    due = due_at(
        None if rule is None else today + rule,
        today=today,
        workdays=WORKDAYS,
        stage_ends=None if ends is None else today + ends,
    )

    assert due >= midnight(today + timedelta(days=1))


@given(today=days, rule=st.none() | offsets, ends=st.integers(0, 90))
def test_no_task_is_due_after_its_stage(today: date, rule: timedelta | None, ends: int) -> None:
    stage_ends = today + timedelta(days=ends)

    due = due_at(
        None if rule is None else today + rule, today=today, workdays=WORKDAYS, stage_ends=stage_ends
    )

    assert due <= midnight(stage_ends + timedelta(days=1))


@given(today=days, rule=st.integers(1, 90), ends=st.integers(0, 90))
def test_a_future_rule_date_is_never_exceeded_while_a_workday_is_left(
    today: date, rule: int, ends: int
) -> None:
    rule_date = today + timedelta(days=rule)

    due = due_date(rule_date, today=today, workdays=WORKDAYS, stage_ends=today + timedelta(days=ends))

    assert due <= rule_date or WORKDAYS.roll_back(rule_date) < today


@given(today=days, rule=st.none() | offsets)
def test_without_a_stage_end_every_due_date_is_a_workday(today: date, rule: timedelta | None) -> None:
    due = due_date(None if rule is None else today + rule, today=today, workdays=WORKDAYS)

    assert WORKDAYS.is_workday(due)


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        pytest.param(None, "2026-11-28T07:00", id="a Saturday stands"),
        pytest.param("2026-11-29", "2026-11-28T07:00", id="within the stage it stands"),
        pytest.param("2026-11-27", "2026-11-27T16:00", id="it is never past the stage"),
        pytest.param("2026-11-26", "2026-11-28T07:00", id="a stage already over binds nothing"),
    ],
)
def test_an_instant_is_kept_over_days_off(ends: str | None, due: str) -> None:
    found = due_at(
        datetime(2026, 11, 28, 7, tzinfo=UTC),
        today=date(2026, 11, 27),
        workdays=WORKDAYS,
        stage_ends=date.fromisoformat(ends) if ends else None,
    )

    assert datetime.fromisoformat(f"{due}+00:00") == found
