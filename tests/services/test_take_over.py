"""Taking an orphan policy over (K-L2): who may serve it, and that a contact told there counts as one at G-L1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine, InvalidForm
from engine.tables import Customer, Deadline, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_handover import events, person, renewal
from tests.support.console import TODAY, open_tasks, renewal_of, task_of
from tests.support.form_samples import variants_on

pytestmark = pytest.mark.one_database

CAR, PREPARED, TRACKED = 5, 4, 7
"""Cars of AG001 in the general follow-up, the preparation and the key tracking."""
WAYS = {
    way.removeprefix("told_"): values
    for way, values in variants_on(TODAY)["take_over_orphan"].items()
    if way.startswith("told_")
}


def handed(engine: Engine, car: int = CAR) -> None:
    """The agent of *car* left and the supervisor was asked to take it over."""
    api.deliver_message(engine, "agent_left", vin(car), actor=api.SYSTEM)
    task = task_of(engine, car, "route_orphan")
    api.complete_task(engine, task.id, answers.route_orphan(TODAY, "SU01"), actor=person(engine, "CC01"))


def take_over(engine: Engine, values: dict[str, Any], car: int = CAR) -> None:
    task = task_of(engine, car, "take_over_orphan")
    api.complete_task(engine, task.id, values, actor=person(engine, "SU01"))


def told(engine: Engine, way: str, car: int = CAR, **more: Any) -> None:
    handed(engine, car)
    take_over(engine, {**WAYS[way], "servicing_agent_no": "AG002", **more}, car)


def actions(engine: Engine, car: int = CAR) -> set[str]:
    return {task.action_id for task in open_tasks(engine, car)}


def customer(engine: Engine, car: int = CAR) -> Customer:
    with engine.store.reading() as session:
        return session.get_one(Customer, renewal(engine, car).customer_id)


def test_who_asked_for_no_more_contact_is_left_alone(book: Engine) -> None:
    told(book, "quiet")

    assert customer(book).do_not_contact
    assert not actions(book) & {"G-L1", "K-L2"}
    withdrawn = events(book, "task_withdrawn", instance_id=renewal_of(book, CAR))
    assert [("G-L1", "contacted_at_take_over")] == [(e.payload["action_id"], e.reason) for e in withdrawn]


def test_a_refusal_tells_its_reason_and_is_verified(book: Engine) -> None:
    told(book, "refused")

    assert {"S-S2"} == actions(book)
    assert ("L101", "agent") == (renewal(book, CAR).loss_reason, renewal(book, CAR).loss_source)


def test_a_refusal_needs_a_reason(book: Engine) -> None:
    handed(book)
    bare = {key: value for key, value in WAYS["refused"].items() if not key.startswith("reason")}

    with pytest.raises(InvalidForm) as refused:
        take_over(book, {**bare, "servicing_agent_no": "AG002"})

    assert {"reason", "reason_source"} <= set(refused.value.params["problems"])


@pytest.mark.parametrize(
    ("way", "action"),
    [
        ("agreed", "G-S3"),
        ("dead_number", "G-L4"),
        ("not_the_customer", "G-L4"),
        ("not_renewable", "X-L1"),
        ("interested", "G-S2"),
    ],
)
def test_the_process_goes_on_as_after_a_contact_with_this_result(book: Engine, way: str, action: str) -> None:
    told(book, way)

    assert action in actions(book)
    assert "K-L2" not in actions(book)


def test_a_reported_policy_waits_to_be_verified(book: Engine) -> None:
    told(book, "issued")

    assert WAYS["issued"]["policy_no"] == renewal(book, CAR).reported_policy_no


def test_a_contact_in_key_tracking_answers_the_contact_of_that_stage(book: Engine) -> None:
    told(book, "agreed", TRACKED)

    assert "G-S3" in actions(book, TRACKED)
    assert "G-L1" not in actions(book, TRACKED)


@pytest.mark.parametrize(("way", "action"), [("refused", "S-S2"), ("not_renewable", "X-L1")])
def test_where_no_contact_is_open_yet_loss_and_exclusion_are_announced(
    book: Engine, way: str, action: str
) -> None:
    told(book, way, PREPARED)

    assert {action} == actions(book, PREPARED)


def test_where_no_contact_is_open_yet_the_customer_is_left_alone_too(book: Engine) -> None:
    told(book, "quiet", PREPARED)

    assert customer(book, PREPARED).do_not_contact


def test_not_contacted_changes_nothing_of_what_was_agreed(book: Engine) -> None:
    handed(book)
    day = TODAY + timedelta(days=3)
    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, renewal_of(book, CAR))
        row.next_contact_date = day
        tx.record("state_changed", at=book.clock.now(), actor="test", instance_id=row.id)

    take_over(book, answers.take_over_orphan(TODAY, "AG002"))

    row = renewal(book, CAR)
    assert (day, 0, None) == (row.next_contact_date, row.stage_contacts, row.last_result)
    assert "G-L1" in actions(book), "the new agent is still to reach the customer"


def test_the_contact_told_at_the_take_over_meets_the_new_owners_clock(book: Engine) -> None:
    told(book, "little_interest")

    api.tick(book, actor=api.SYSTEM)
    with book.store.reading() as session:
        query = select(Deadline).where(
            Deadline.instance_id == renewal_of(book, CAR), Deadline.kind == "first_contact"
        )
        assert all(row.settled_at for row in session.scalars(query))
    assert "AG002" == renewal(book, CAR).owner_no


@pytest.mark.parametrize("days", [1, -1])
def test_a_first_contact_lies_between_the_hand_over_and_today(book: Engine, days: int) -> None:
    day = (TODAY + timedelta(days=days)).isoformat()

    with pytest.raises(InvalidForm) as refused:
        told(book, "little_interest", first_contact_date=day)

    assert {"first_contact_date"} == set(refused.value.params["problems"])
