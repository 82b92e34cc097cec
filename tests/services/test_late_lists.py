"""Renewals that are listed late: what is urgent is due in hours, what is past win-back is only recorded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.tables import HistoryEvent, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of, task_of

pytestmark = pytest.mark.one_database

CAR = 300
FRIDAY = date(2026, 11, 27)


def take(engine: api.Engine, expiry: date, **more: Any) -> tuple[api.ImportReport, api.ImportReport]:
    """Import one car; returns what the preview foretold and what the commit did."""
    row = policy(CAR, expiry, agent="AG001", sub_branch="PC330101", 职场="ZC01", **more)
    batch = api.preview_list(engine, standard_csv([row]), "l.csv", "standard", actor=api.SYSTEM)
    foretold = api.batch_report(engine, batch)
    return foretold, api.commit_batch(engine, batch, actor=api.SYSTEM)


def on_friday(engine: api.Engine, hour: int = 15) -> datetime:
    api.advance_clock(engine, to=at(engine, FRIDAY, hour), actor=api.SYSTEM)
    return engine.clock.now()


def renewal(engine: api.Engine) -> Renewal:
    with engine.store.reading() as session:
        return session.scalars(select(Renewal).where(Renewal.vin == vin(CAR))).one()


def test_over_a_week_end_urgent_work_is_due_within_a_day(book: api.Engine) -> None:
    now = on_friday(book)

    take(book, FRIDAY + timedelta(days=4))

    assert now + timedelta(hours=24) == task_of(book, CAR, "dispatch_list").due_at
    complete(book, CAR, "dispatch_list", answers.dispatch_list(FRIDAY, agent_no="AG001"))
    assert now + timedelta(hours=24) == task_of(book, CAR, "give_actual_quote").due_at
    complete(book, CAR, "give_actual_quote", answers.give_actual_quote(FRIDAY))
    assert now + timedelta(hours=24) == task_of(book, CAR, "record_contact").due_at


@pytest.mark.parametrize("days", range(6))
def test_nothing_of_a_late_entry_is_due_after_the_expiry(book: api.Engine, days: int) -> None:
    on_friday(book)
    expiry = FRIDAY + timedelta(days=days)

    take(book, expiry)

    ends = at(book, expiry + timedelta(days=1), 0)
    assert all(task.due_at is not None and task.due_at <= ends for task in open_tasks(book, CAR))


def test_a_row_past_win_back_is_closed_with_the_reason_that_it_came_late(book: api.Engine) -> None:
    foretold, done = take(book, TODAY - timedelta(days=31))

    row = renewal(book)
    assert ("closed_lapsed", "L703", "list") == (row.outcome, row.loss_reason, row.loss_source)
    assert foretold == done
    assert (1, 1, 1) == (done.started, done.too_late, done.warnings)
    with book.store.reading() as session:
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.instance_id == row.id)).all()
    told = [event.payload for event in events if event.action == "fact_changed"]
    assert [("loss_reason", "L703", "list")] == [(p["field"], p["to"], p["source"]) for p in told]


def test_a_row_in_win_back_is_worked_on(book: api.Engine) -> None:
    _, done = take(book, TODAY - timedelta(days=30))

    assert (0, None, "win_back") == (done.too_late, renewal(book).outcome, renewal(book).stage)


def test_a_line_past_win_back_does_not_close_one_that_can_be_renewed(book: api.Engine) -> None:
    rows = [
        policy(CAR, TODAY - timedelta(days=40), line="交强", agent="AG001", sub_branch="PC330101"),
        policy(CAR, TODAY + timedelta(days=20), agent="AG001", sub_branch="PC330101"),
    ]
    batch = api.preview_list(book, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)

    done = api.commit_batch(book, batch, actor=api.SYSTEM)

    assert (1, 0, "key_tracking") == (done.started, done.too_late, renewal(book).stage)
    assert renewal_of(book, CAR)
