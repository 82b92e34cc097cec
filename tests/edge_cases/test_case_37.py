"""Domain case 37: «renewed» without a policy is provisional, counts for nothing and is taken back after ten days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.errors import InvalidForm
from engine.tables import HistoryEvent, Renewal, Timer
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, at, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7
NUMBER = "9700000000000000000001"


@pytest.fixture
def reported(book: api.Engine) -> api.Engine:
    """The book in which the agent of car 7 reports that a policy was issued."""
    report(book, NUMBER)
    return book


def report(engine: api.Engine, number: str) -> None:
    task = task_of(engine, CAR, "record_contact")
    values = answers.record_contact(TODAY, "51", policy_no=number)
    api.complete_task(engine, task.id, values, actor=api.actor_of(engine, "AG001"))


def renewal(engine: api.Engine) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, CAR))


def events(engine: api.Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        wanted = select(HistoryEvent).where(
            HistoryEvent.instance_id == renewal_of(engine, CAR), HistoryEvent.action == action
        )
        return list(session.scalars(wanted.order_by(HistoryEvent.seq)))


def report_clocks(engine: api.Engine) -> list[Timer]:
    with engine.store.reading() as session:
        wanted = select(Timer).where(
            Timer.instance_id == renewal_of(engine, CAR), Timer.element_id == "report_clock"
        )
        return list(session.scalars(wanted.order_by(Timer.id)))


def issue(engine: api.Engine, number: str = NUMBER) -> None:
    old = renewal(engine).expiry_date
    row: dict[str, Any] = policy(
        CAR, old.replace(year=old.year + 1), agent="AG001", sub_branch="PC330101", issued=True
    )
    row |= {
        "保单号": number,
        "起保日期": (old + timedelta(days=1)).isoformat(),
        "签单日期": TODAY.isoformat(),
    }
    batch = api.preview_list(
        engine, standard_csv([row]), "n.csv", "standard", kind="issued", actor=api.SYSTEM
    )
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def go_to(engine: api.Engine, day: date, hour: int = 9) -> datetime:
    moment = at(engine, day, hour)
    api.advance_clock(engine, to=moment, actor=api.SYSTEM)
    return moment


def test_case_37_a_reported_renewal_goes_on_and_counts_for_nothing(reported: api.Engine) -> None:
    row = renewal(reported)

    assert (None, None) == (row.ended_at, row.outcome)
    assert "renewed" != row.state
    assert (NUMBER, TODAY + timedelta(days=10)) == (row.reported_policy_no, row.reported_until)
    assert [NUMBER] == [event.subject for event in events(reported, "renewal_reported")]


def test_case_37_it_stands_on_the_tenth_day(reported: api.Engine) -> None:
    go_to(reported, TODAY + timedelta(days=10), 23)

    assert NUMBER == renewal(reported).reported_policy_no
    assert not events(reported, "report_reverted")


def test_case_37_it_is_taken_back_after_the_tenth_day(reported: api.Engine) -> None:
    go_to(reported, TODAY + timedelta(days=11))

    row = renewal(reported)
    assert (None, None, None) == (row.reported_policy_no, row.reported_until, row.ended_at)
    (event,) = events(reported, "report_reverted")
    assert (NUMBER, 10) == (event.subject, event.payload["days"])
    (clock,) = report_clocks(reported)
    assert clock.fired_at is not None


def test_case_37_the_policy_makes_it_renewed(reported: api.Engine) -> None:
    issue(reported)

    row = renewal(reported)
    assert ("renewed", None) == (row.outcome, row.reported_until)
    (clock,) = report_clocks(reported)
    assert clock.cancelled_at is not None
    go_to(reported, TODAY + timedelta(days=12))
    assert not events(reported, "report_reverted")


def test_case_37_the_policy_may_still_come_after_the_report_was_taken_back(reported: api.Engine) -> None:
    go_to(reported, TODAY + timedelta(days=11))

    issue(reported)

    assert "renewed" == renewal(reported).outcome


def test_case_37_the_expiring_policy_is_no_new_one(book: api.Engine) -> None:
    old = renewal(book).policy_no
    assert old is not None

    with pytest.raises(InvalidForm) as refused:
        report(book, old)

    assert "即将到期" in refused.value.params["problems"]["policy_no"].say("zh")
    assert renewal(book).reported_until is None


def test_case_37_everybody_sees_that_it_is_not_verified(reported: api.Engine, app: Flask) -> None:
    browser = signed_in(app, "AU01")

    browser.get(f"/renewals/{renewal_of(reported, CAR)}")

    assert "尚未见新签保单" in browser.text
    assert "2026-12-04" in browser.text
    assert NUMBER not in browser.text
