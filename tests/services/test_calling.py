"""The number for a call: shown for the act itself, written down, measured, and not for those who want no calls."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine, ErasureStands, Forbidden, NotFound, NotToBeCalled, TooManyReveals
from engine.services.calling import REASON, dialled
from engine.services.reveal import MOST
from engine.tables import Customer, HistoryEvent, Renewal
from tests.support.console import renewal_of

pytestmark = pytest.mark.one_database

CAR = 7


def call(engine: Engine, who: str = "AG001", car: int = CAR) -> api.NumberToCall:
    actor = api.actor_of(engine, who)
    return api.phone_to_call(engine, renewal_of(engine, car), actor=actor, address="10.0.0.7")


def events(engine: Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        wanted = select(HistoryEvent).where(HistoryEvent.action == action).order_by(HistoryEvent.seq)
        return list(session.scalars(wanted))


def change_customer(engine: Engine, **values: object) -> None:
    with engine.store.transaction() as tx:
        renewal = tx.get_one(Renewal, renewal_of(engine, CAR))
        customer = tx.get_one(Customer, renewal.customer_id)
        for name, value in values.items():
            setattr(customer, name, value)
        tx.record("fact_changed", at=engine.clock.now(), actor="SP01", instance_id=renewal.id, field="phone")


def test_the_number_is_given_and_the_history_says_that_it_was_for_a_call(book: Engine) -> None:
    found = call(book)

    assert ("13900000007", "13900000007", False) == (found.number, found.dial, found.is_doubtful)
    (event,) = events(book, "personal_revealed")
    assert ("AG001", renewal_of(book, CAR), REASON) == (event.actor, event.instance_id, event.reason)
    assert {"field": "phone", "address": "10.0.0.7", "purpose": "call"} == event.payload


def test_a_doubtful_number_is_marked(book: Engine) -> None:
    change_customer(book, phone_doubtful=True)

    assert call(book).is_doubtful


def test_who_asked_not_to_be_contacted_is_not_called_and_nothing_is_shown(book: Engine) -> None:
    change_customer(book, do_not_contact=True)

    with pytest.raises(NotToBeCalled):
        call(book)

    assert [] == events(book, "personal_revealed")


def test_who_asked_for_deletion_is_not_called(book: Engine) -> None:
    specialist = api.actor_of(book, "SP01")
    api.request_erasure(book, renewal_of(book, CAR), reason="客户来电要求删除", actor=specialist)

    with pytest.raises(ErasureStands):
        call(book)


def test_calls_count_towards_the_measure_of_the_hour(book: Engine) -> None:
    for _ in range(MOST):
        call(book)

    with pytest.raises(TooManyReveals):
        call(book)

    assert 1 == len(events(book, "reveal_refused"))


@pytest.mark.parametrize(("who", "refusal"), [("AG009", NotFound), ("AU01", Forbidden), ("AD01", Forbidden)])
def test_others_are_refused(book: Engine, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        call(book, who)


@pytest.mark.parametrize(
    ("given", "dial"),
    [
        ("139 0000-0007", "13900000007"),
        ("+86 139 0000 0007", "+8613900000007"),
        ("028-8765 4321转801", "02887654321,801"),
        ("(028)87654321", "02887654321"),
        ("不详", ""),
        ("110", ""),
    ],
)
def test_a_number_is_dialled_as_a_phone_takes_it(given: str, dial: str) -> None:
    assert dial == dialled(given)
