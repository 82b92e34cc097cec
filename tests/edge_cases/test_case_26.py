"""Domain case 26: what a customer stopped holds for every row, policy and car that a later list brings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.tables import Customer, HistoryEvent, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.edge_cases.test_case_24_46 import FLEET, list_cars
from tests.support.console import TODAY, complete, open_tasks, renewal_of
from tests.support.lists import id_no

NAME, PHONE, ID = "赵无证", "13912340088", id_no(88)
BARE: dict[str, Any] = {"车主": NAME, "手机": PHONE, "证件号码": ""}
WITH_ID: dict[str, Any] = {**BARE, "证件号码": ID}
ALL = ["marketing_call", "marketing_message", "share_to_life"]


def customer_of(engine: Engine, car: int, *, newest: bool = False) -> Customer:
    with engine.store.reading() as session:
        query = select(Renewal).where(Renewal.vin == vin(car)).order_by(Renewal.expiry_date)
        rows = session.scalars(query).all()
        return session.get_one(Customer, rows[-1 if newest else 0].customer_id)


def stops(engine: Engine, car: int, *, newest: bool = False) -> tuple[bool, bool, bool, date | None]:
    row = customer_of(engine, car, newest=newest)
    return row.do_not_contact, row.no_messages, row.no_sharing, row.erasure_asked_on


def carried(engine: Engine, car: int) -> list[Any]:
    with engine.store.reading() as session:
        query = select(HistoryEvent).where(
            HistoryEvent.action == "stops_carried_over", HistoryEvent.instance_id == renewal_of(engine, car)
        )
        return [event.payload["fields"] for event in session.scalars(query)]


def withdraw(engine: Engine, car: int, *kinds: str) -> None:
    said = {"kinds": kinds or ALL, "answer": "withdrawn"}
    api.record_consent(engine, customer_of(engine, car).id, said, actor=api.actor_of(engine, "SP01"))


@pytest.fixture
def known(book: Engine) -> Engine:
    """The book with car 71 of a customer without ID number."""
    list_cars(book, {"number": 71, "days": 50, **BARE})
    return book


def test_case_26_a_second_car_with_an_id_number_gets_what_the_customer_stopped(known: Engine) -> None:
    withdraw(known, 71)

    list_cars(known, {"number": 72, "days": 40, **WITH_ID})
    api.tick(known)

    assert customer_of(known, 71).id != customer_of(known, 72).id
    assert (True, True, True, None) == stops(known, 72)
    assert [["do_not_contact", "no_messages", "no_sharing"]] == carried(known, 72)
    with known.store.reading() as session:
        assert session.get_one(Renewal, renewal_of(known, 72)).is_recalled
    assert not {"record_contact", "prepare_visit"} & {task.form_id for task in open_tasks(known, 72)}


def test_case_26_a_request_for_deletion_holds_for_the_next_list(known: Engine) -> None:
    actor = api.actor_of(known, "SP01")
    api.request_erasure(known, renewal_of(known, 71), reason="客户来电要求删除", actor=actor)

    list_cars(known, {"number": 72, "days": 40, **WITH_ID})

    assert (True, True, True, TODAY) == stops(known, 72)
    assert customer_of(known, 72).kept_until == customer_of(known, 71).kept_until
    for field in ("phone", "name", "plate"):
        with pytest.raises(api.ErasureStands):
            api.reveal(known, renewal_of(known, 72), field, reason="准备致电", actor=actor, address=None)


@pytest.mark.one_database
def test_case_26_the_next_policy_of_the_same_car_too_whatever_number_it_names(known: Engine) -> None:
    withdraw(known, 71)

    list_cars(known, {"number": 71, "days": 50 + 365, **WITH_ID})
    assert (True, True, True, None) == stops(known, 71, newest=True)

    list_cars(known, {"number": 71, "days": 50 + 730, **BARE, "手机": "13912349999"})
    assert (True, True, True, None) == stops(known, 71, newest=True)


@pytest.mark.one_database
def test_case_26_one_who_was_known_by_the_id_number_stops_the_row_without_one(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **BARE}, {"number": 73, "days": 50, **WITH_ID, "手机": ""})
    withdraw(book, 73, "marketing_call")
    assert not stops(book, 71)[0], "nothing says yet that they are one"

    list_cars(book, {"number": 72, "days": 40, **WITH_ID})
    api.tick(book)

    assert (True, False, False, None) == stops(book, 71) == stops(book, 72)
    assert [["do_not_contact"]] == carried(book, 71)
    assert "record_contact" not in {task.form_id for task in open_tasks(book, 71)}


@pytest.mark.one_database
@pytest.mark.parametrize(
    "other",
    [
        pytest.param({**BARE, "手机": "13912340011"}, id="another number"),
        pytest.param({**WITH_ID, "手机": "13912340011"}, id="another number, with an ID"),
        pytest.param({**WITH_ID, "车主": "赵有证"}, id="another name on the number"),
    ],
)
def test_case_26_a_namesake_is_left_as_he_is(known: Engine, other: dict[str, Any]) -> None:
    withdraw(known, 71)

    list_cars(known, {"number": 72, "days": 40, **other})

    assert (False, False, False, None) == stops(known, 72)
    assert [] == carried(known, 72)


@pytest.mark.one_database
def test_case_26_two_id_numbers_are_two_people(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **WITH_ID})
    withdraw(book, 71)

    list_cars(book, {"number": 72, "days": 40, **WITH_ID, "证件号码": id_no(89)})

    assert (False, False, False, None) == stops(book, 72)


@pytest.mark.one_database
def test_case_26_a_company_is_known_by_its_name(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **FLEET, "手机": "13912340051"})
    withdraw(book, 71, "marketing_message")

    list_cars(
        book, {"number": 72, "days": 40, **FLEET, "证件号码": "91330100MA2CD12345", "手机": "13912340052"}
    )

    assert (False, True, False, None) == stops(book, 72)


@pytest.mark.one_database
def test_case_26_a_word_on_one_row_reaches_rows_that_only_a_third_one_links(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **BARE}, {"number": 72, "days": 50, **WITH_ID})
    list_cars(book, {"number": 73, "days": 50, **BARE, "手机": "13912340033"})
    with book.store.transaction() as tx:
        row = tx.get_one(Customer, customer_of(book, 73).id)
        row.id_no = ID
        tx.record("customer_joined", at=book.clock.now(), actor="SYSTEM", instance_id=renewal_of(book, 73))

    withdraw(book, 71, "marketing_call")

    assert [True] * 3 == [stops(book, car)[0] for car in (71, 72, 73)]


@pytest.mark.one_database
def test_case_26_a_car_sold_to_a_company_that_wants_no_contact_stays_silent(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **FLEET, "手机": "13912340051"})
    withdraw(book, 71, "marketing_call")
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "23"))
    sold = {
        "result": "changed",
        "changed_items": ["owner"],
        "new_owner_name": FLEET["车主"],
        "new_owner_phone": "13912340052",
        "transferred_on": str(TODAY),
    }

    complete(book, 6, "update_customer", answers.update_customer(TODAY, **sold))

    assert stops(book, 6)[0]
    assert [["do_not_contact"]] == carried(book, 6)


@pytest.mark.one_database
def test_case_26_a_corrected_number_that_shows_who_it_is_stops_what_that_one_stopped(book: Engine) -> None:
    list_cars(book, {"number": 71, "days": 50, **WITH_ID, "车主": "测试6"})
    withdraw(book, 71, "marketing_message")
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "23"))
    corrected = {"result": "changed", "changed_items": ["phone"], "new_phone": PHONE}

    complete(book, 6, "update_customer", answers.update_customer(TODAY, **corrected))

    assert (False, True, False, None) == stops(book, 6)
    assert [["no_messages"]] == carried(book, 6)


def test_case_26_what_a_list_overlooked_is_carried_over_at_its_end(known: Engine) -> None:
    list_cars(known, {"number": 72, "days": 40, **WITH_ID})
    with known.store.transaction() as tx:  # as of a word that was taken while the list was stored
        row = tx.get_one(Customer, customer_of(known, 71).id)
        row.do_not_contact = True
        tx.record("arranged", at=known.clock.now(), actor="SYSTEM", instance_id=renewal_of(known, 71))

    list_cars(known, {"number": 74, "days": 40, "车主": "孙别人", "手机": "13912340012"})

    assert [True, False] == [stops(known, car)[0] for car in (72, 74)]
    assert [["do_not_contact"]] == carried(known, 72)


@pytest.mark.one_database
def test_case_26_of_two_who_share_name_and_number_neither_gets_the_others_wish(known: Engine) -> None:
    list_cars(
        known,
        {"number": 72, "days": 40, **WITH_ID},
        {"number": 73, "days": 40, **WITH_ID, "证件号码": id_no(89)},
    )
    with known.store.transaction() as tx:
        row = tx.get_one(Customer, customer_of(known, 72).id)
        row.do_not_contact = True
        tx.record("arranged", at=known.clock.now(), actor="SYSTEM", instance_id=renewal_of(known, 72))

    list_cars(known, {"number": 74, "days": 40, "车主": "孙别人", "手机": "13912340012"})

    assert [False, True, False] == [stops(known, car)[0] for car in (71, 72, 73)]
