"""Who wants no more contact is left alone on every car at once, in every stage (domain.md §4.2, outcome 62; §5).

Today is Tuesday 2026-11-24: car 3 has 58 days left (preparation), car 6 has 35 (general follow-up), car 7 has 28 (key
tracking), car 9 has 5 (summary), car 11 is four days over (to be won back). All are made one customer's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.domain.actor import SYSTEM
from engine.services.silence import CONTACTS
from engine.tables import Deadline, HistoryEvent, Renewal, UserTask
from tests.acceptance import answers
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of

CARS = (3, 6, 7, 9, 11)


@pytest.fixture
def customer(book: api.Engine) -> int:
    """One customer of five cars, each with something to say to the customer or waiting for it."""
    complete(book, 9, "dispatch_list", answers.dispatch_list(TODAY))
    complete(
        book, 11, "hand_to_win_back", {"win_back": "yes", "assignee_no": "AG001", "deadline": "2026-12-10"}
    )
    complete(book, 3, "dispatch_list", answers.dispatch_list(TODAY))
    complete(book, 3, "prepare_plan", answers.prepare_plan(TODAY))
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "13"))
    with book.store.transaction() as tx:
        rows = [tx.get_one(Renewal, renewal_of(book, car)) for car in CARS]
        for row in rows[1:]:
            row.customer_id = rows[0].customer_id
            tx.record("customer_joined", at=book.clock.now(), actor="SYSTEM", instance_id=row.id)
        return int(rows[0].customer_id or 0)


def withdrawn(book: api.Engine, customer: int, **more: Any) -> None:
    said = {
        "kinds": ["marketing_call"],
        "answer": "withdrawn",
        "method": "told",
        "said_on": TODAY.isoformat(),
        **more,
    }
    api.record_consent(book, customer, said, actor=api.actor_of(book, "AG001"))


def asked(book: api.Engine) -> set[tuple[int, str]]:
    return {(car, task.form_id) for car in CARS for task in open_tasks(book, car) if task.form_id in CONTACTS}


def events(book: api.Engine, car: int, *kinds: str) -> list[HistoryEvent]:
    with book.store.reading() as session:
        query = select(HistoryEvent).where(
            HistoryEvent.instance_id == renewal_of(book, car), HistoryEvent.action.in_(kinds)
        )
        return list(session.scalars(query.order_by(HistoryEvent.seq)))


def flags(book: api.Engine, car: int) -> list[Any]:
    return [
        e.payload["to"] for e in events(book, car, "fact_changed") if e.payload["field"] == "do_not_contact"
    ]


def go(book: api.Engine, days: int) -> None:
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=days), 9), actor=SYSTEM)


def test_a_withdrawn_consent_ends_the_contact_of_every_car_at_once(book: api.Engine, customer: int) -> None:
    assert {(3, "prepare_visit"), (7, "record_contact"), (11, "win_back_contact")} <= asked(book)

    withdrawn(book, customer)

    assert set() == asked(book)
    for car in CARS:
        assert [True] == flags(book, car), "each history tells why"
        assert 1 == len(events(book, car, "contact_stopped"))
    seen = set()
    for days in (2, 3, 5, 6, 9, 14):
        go(book, days)
        seen |= asked(book)
    assert set() == seen


def test_a_withdrawal_of_calls_leaves_messages_as_they_were(book: api.Engine, customer: int) -> None:
    withdrawn(book, customer)

    with book.store.reading() as session:
        row = session.get_one(Renewal, renewal_of(book, 7))
        assert row.customer_id == customer
    assert [] == [e for e in events(book, 7, "fact_changed") if e.payload["field"] == "no_messages"]


@pytest.mark.one_database
def test_outcome_62_on_one_car_ends_the_contact_of_the_others(book: api.Engine, customer: int) -> None:
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "62"))

    assert set() == asked(book)
    (ended,) = [e for e in events(book, 11, "task_withdrawn") if e.payload["action_id"] == "G-L1"]
    assert "do_not_contact" == ended.reason


@pytest.mark.one_database
def test_several_cars_told_of_together_keep_each_its_own_record(book: api.Engine, customer: int) -> None:
    cars = {car: next(t for t in open_tasks(book, car) if t.form_id in CONTACTS) for car in (7, 11)}
    first, second = cars.values()
    values = answers.record_contact(TODAY, "62")

    api.complete_task(book, first.id, values, actor=api.actor_of(book, "AG001"))

    with pytest.raises(api.Conflict):
        api.complete_task(book, second.id, values, actor=api.actor_of(book, "AG001"))
    with book.store.reading() as session:
        assert "withdrawn" == session.get_one(UserTask, second.id).status


@pytest.mark.one_database
def test_what_was_in_other_hands_follows_with_the_next_tick(book: api.Engine, customer: int) -> None:
    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, renewal_of(book, 8))
        row.customer_id = customer
        tx.record("customer_joined", at=book.clock.now(), actor="SYSTEM", instance_id=row.id)
    withdrawn(book, customer)
    assert [] == [t.form_id for t in open_tasks(book, 8) if t.form_id in (*CONTACTS, "give_actual_quote")]

    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, renewal_of(book, 5))
        row.customer_id = customer
        tx.record("customer_joined", at=book.clock.now(), actor="SYSTEM", instance_id=row.id)
    assert "record_contact" in [t.form_id for t in open_tasks(book, 5)]
    api.tick(book)

    assert "record_contact" not in [t.form_id for t in open_tasks(book, 5)]


@pytest.mark.one_database
def test_the_clock_of_a_first_contact_ends_with_the_wish(book: api.Engine, customer: int) -> None:
    with book.store.transaction() as tx:
        tx.add(
            Deadline(
                kind="first_contact",
                instance_id=renewal_of(book, 7),
                unit_code="ZC01",
                branch_code="PC3301",
                owner_no="AG001",
                contacts=0,
                started_at=book.clock.now(),
                due_at=at(book, TODAY + timedelta(days=3), 0),
            )
        )
        tx.record("first_contact_due", at=book.clock.now(), actor="SYSTEM", instance_id=renewal_of(book, 7))

    withdrawn(book, customer)

    with book.store.reading() as session:
        clock = session.scalars(select(Deadline).where(Deadline.instance_id == renewal_of(book, 7))).one()
        assert ("not_wanted", True) == (clock.ending, clock.settled_at is not None)


@pytest.mark.one_database
def test_a_new_consent_brings_contact_back_with_the_next_stage(book: api.Engine, customer: int) -> None:
    withdrawn(book, customer)
    withdrawn(book, customer, answer="given", method="signed", evidence="客户签字的同意书")
    assert [True, False] == flags(book, 6)
    assert set() == asked(book)

    go(book, 5)

    assert (6, "record_contact") in asked(book), "the key tracking asks anew"
