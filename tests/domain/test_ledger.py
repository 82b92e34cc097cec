from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import RenewalState
from engine.domain.ledger import (
    Counts,
    LedgerRow,
    Period,
    Standing,
    count,
    freeze_day,
    months_of,
    next_freeze_day,
    row_from_json,
    row_to_json,
    standing_of,
    week_name,
    working_period,
)
from engine.domain.workdays import Holidays, Workdays, shipped_holidays
from engine.label import Label

WORKDAYS = Workdays(Holidays(shipped_holidays()))
outcomes = st.one_of(st.none(), st.sampled_from([str(state) for state in RenewalState]))
rows = st.lists(st.tuples(outcomes, st.integers(-400, 400)))


@given(rows)
def test_due_is_renewed_and_lost_and_lapsed_and_pending_and_gross_adds_the_excluded(
    book: list[tuple[str | None, int]],
) -> None:
    standings = [standing_of(outcome, left) for outcome, left in book]

    found = count(standings)

    assert found.due == found.renewed + found.lost + found.lapsed + found.pending
    assert found.gross == found.due + found.excluded
    assert len(book) == found.gross + standings.count(Standing.CANCELLED)


@given(rows, rows)
def test_the_rate_of_two_books_is_the_sum_of_renewed_over_the_sum_of_due(
    one: list[tuple[str | None, int]], other: list[tuple[str | None, int]]
) -> None:
    parts = [count(standing_of(*row) for row in book) for book in (one, other)]

    together = parts[0] + parts[1]

    assert count(standing_of(*row) for row in [*one, *other]) == together
    due = sum(part.due for part in parts)
    assert together.rate == (sum(part.renewed for part in parts) / due if due else None)


@pytest.mark.parametrize(
    ("outcome", "left", "standing"),
    [
        pytest.param(None, 0, Standing.PENDING, id="on the last covered day nothing has lapsed"),
        pytest.param(None, -1, Standing.LAPSED, id="the day after it has"),
        pytest.param("renewed", 40, Standing.RENEWED, id="renewed early"),
        pytest.param("won_back", -9, Standing.RENEWED, id="won back counts as renewed"),
        pytest.param("partial", 5, Standing.PENDING, id="partly renewed is not renewed"),
        pytest.param("partial", -5, Standing.LAPSED, id="and lapses with its headline line"),
        pytest.param("lost", 5, Standing.LOST, id="lost"),
        pytest.param("closed_lapsed", -31, Standing.LAPSED, id="closed as lapsed"),
        pytest.param("excluded", 5, Standing.EXCLUDED, id="excluded"),
        pytest.param("withdrawn", 5, Standing.CANCELLED, id="withdrawn from the list"),
        pytest.param("merged", 5, Standing.CANCELLED, id="merged"),
    ],
)
def test_a_row_counts_once(outcome: str | None, left: int, standing: Standing) -> None:
    assert standing is standing_of(outcome, left)


def test_without_anything_due_there_is_no_rate() -> None:
    assert Counts(excluded=3).rate is None


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_working_period_holds_whole_months_around_the_live_ones(today: date) -> None:
    period = working_period(today)

    assert 1 == period.first.day
    assert 1 == (period.last + timedelta(days=1)).day
    assert period.first <= today - timedelta(days=28)
    assert period.last >= today + timedelta(days=60)
    assert all(period.first <= month <= period.last for month in months_of(period))
    assert len(months_of(period)) in (3, 4, 5)


@pytest.mark.parametrize(
    ("day", "frozen"),
    [
        pytest.param(date(2026, 11, 25), date(2026, 11, 23), id="an ordinary week: its Monday"),
        pytest.param(date(2026, 11, 29), date(2026, 11, 23), id="Sunday belongs to the same week"),
        pytest.param(date(2026, 4, 8), date(2026, 4, 7), id="after Qingming: Tuesday"),
        pytest.param(date(2026, 2, 20), None, id="Spring Festival: nobody works"),
        pytest.param(date(2026, 10, 7), date(2026, 10, 8), id="National Day: the first workday after it"),
    ],
)
def test_copies_are_frozen_on_the_first_workday_of_the_week(day: date, frozen: date | None) -> None:
    assert frozen == freeze_day(day, WORKDAYS)


def test_after_the_spring_festival_the_next_copies_come_the_week_after() -> None:
    assert date(2026, 2, 24) == next_freeze_day(date(2026, 2, 10), WORKDAYS)


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_the_next_day_lies_in_a_later_week(day: date) -> None:
    found = next_freeze_day(day, WORKDAYS)

    assert WORKDAYS.is_workday(found)
    assert week_name(day) < week_name(found)


labels = st.builds(Label, st.text(max_size=5), st.text(max_size=5))
texts = st.one_of(st.none(), st.text(min_size=1, max_size=6))
amounts = st.one_of(st.none(), st.decimals(0, 99999, places=2))
days = st.one_of(st.none(), st.dates())


@given(
    st.builds(
        LedgerRow,
        renewal_id=st.integers(1),
        standing=st.sampled_from([str(one) for one in Standing]),
        numbers=st.lists(st.text(min_size=1, max_size=4)).map(tuple),
        agent=texts,
        customer=texts,
        is_key=st.booleans(),
        is_orphan=st.booleans(),
        ctp_expiry=days,
        expiry_date=st.dates(),
        days_left=st.integers(-400, 400),
        premium=amounts,
        forecast=amounts,
        result=st.one_of(st.none(), labels),
        stage=st.just("summary"),
        state=st.just("following"),
        contacts=st.integers(0, 9),
    )
)
def test_a_row_comes_back_from_json_as_it_was(row: LedgerRow) -> None:
    assert row == row_from_json(row_to_json(row))


def test_what_a_later_version_dropped_from_a_kept_row_is_passed_over() -> None:
    row = LedgerRow(
        renewal_id=1, standing="pending", expiry_date=date(2026, 12, 1), days_left=7, stage="s", state="s"
    )

    kept = row_to_json(replace(row, premium=Decimal("3200.00"))) | {"horoscope": "lion"}

    assert replace(row, premium=Decimal("3200.00")) == row_from_json(kept)


def test_the_months_of_a_period_are_named_by_their_first_day() -> None:
    found = months_of(Period(date(2026, 11, 15), date(2027, 1, 2)))

    assert (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)) == found
