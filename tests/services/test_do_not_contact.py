"""A customer who wants no more contact (outcome 62) is not asked for again, in no stage (domain.md §4.2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.tables import Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import DAYS_LEFT, TODAY, at, complete, open_tasks, renewal_of, task_of

pytestmark = pytest.mark.one_database

CONTACTS = frozenset(
    {
        "prepare_visit",
        "approve_visit_plan",
        "record_contact",
        "second_visit",
        "joint_visit",
        "win_back_contact",
    }
)


def asked(engine: Engine, number: int) -> set[str]:
    """The forms of all tasks that are open on car *number*."""
    return {task.form_id for task in open_tasks(engine, number)}


def go_to(engine: Engine, number: int, days_left: int) -> None:
    """Move the clock to the day on which car *number* has *days_left*."""
    day = TODAY + timedelta(days=DAYS_LEFT[number] - days_left)
    api.advance_clock(engine, to=at(engine, day, 9), actor=api.SYSTEM)


@pytest.mark.parametrize("number", [6, 7])
def test_after_the_wish_no_later_stage_asks_for_contact(book: Engine, number: int) -> None:
    complete(book, number, "record_contact", answers.record_contact(TODAY, "62"))
    seen = asked(book, number)

    for days_left in (30, 20, 10, 7, 3, 2, 0, -1, -5):
        if days_left < DAYS_LEFT[number]:
            go_to(book, number, days_left)
            seen |= asked(book, number)

    assert not seen & CONTACTS
    assert {"report_lapse_reason", "verify_lapse_reason"} <= seen, "why it lapsed is still asked"


def test_a_visit_that_meets_the_wish_takes_the_other_contacts_of_the_stage_along(book: Engine) -> None:
    expiry = TODAY + timedelta(days=25)
    key = policy(400, expiry, agent="AG001", sub_branch="PC330101", 保费="9000")
    batch = api.preview_list(book, standard_csv([key]), "k.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    complete(book, 400, "dispatch_list", answers.dispatch_list(TODAY))
    assert {"record_contact", "joint_visit"} <= asked(book, 400)
    values: dict[str, Any] = {
        "result": "62",
        "visited_at": f"{TODAY}T09:00",
        "place": "客户单位",
        "participants": ["agent", "specialist"],
        "contact_person": "owner",
        "customer_opinion": "请不要再联系",
        "plan_changes": ["none"],
    }

    complete(book, 400, "joint_visit", values)

    assert not asked(book, 400) & CONTACTS


def test_another_car_of_the_customer_is_not_asked_for_in_its_next_stage(book: Engine) -> None:
    with book.store.transaction() as tx:
        first, second = (tx.get_one(Renewal, renewal_of(book, n)) for n in (7, 6))
        second.customer_id = first.customer_id
        tx.record("customer_joined", at=book.clock.now(), actor="SYSTEM", instance_id=second.id)
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "62"))

    go_to(book, 6, 29)

    assert not asked(book, 6) & CONTACTS


def test_the_agreed_day_opens_the_next_contact_and_not_the_day_after(book: Engine) -> None:
    agreed = TODAY + timedelta(days=6)
    values = answers.record_contact(TODAY, "13", next_follow_up_date=agreed.isoformat())

    complete(book, 7, "record_contact", values)
    api.advance_clock(book, to=at(book, agreed - timedelta(days=1), 23), actor=api.SYSTEM)
    assert "record_contact" not in asked(book, 7)
    api.advance_clock(book, to=at(book, agreed, 9), actor=api.SYSTEM)

    assert "record_contact" in asked(book, 7)


def test_a_customer_who_did_not_answer_is_tried_again_the_next_workday(book: Engine) -> None:
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "21"))

    api.advance_clock(book, to=at(book, date(2026, 11, 25), 9), actor=api.SYSTEM)

    assert "record_contact" in asked(book, 6)


def test_after_three_unanswered_calls_the_supervisor_helps(book: Engine) -> None:
    for _ in range(3):
        task = next((t for t in open_tasks(book, 6) if t.form_id == "record_contact"), None)
        if task is None:
            api.advance_clock(book, to=book.clock.now() + timedelta(days=1), actor=api.SYSTEM)
        complete(book, 6, "record_contact", answers.record_contact(book.clock.today(), "21"))

    helped = task_of(book, 6, "coach_agent")

    assert ("SU01", "G-L2") == (helped.assignee_no, helped.action_id)
    with book.store.reading() as session:
        missed = session.scalars(
            select(UserTask.status).where(
                UserTask.instance_id == renewal_of(book, 6), UserTask.form_id == "record_contact"
            )
        ).all()
    assert ["completed"] * 3 == list(missed)
