"""Whoever checks an application is told of numbers that fail their check digit (domain.md §1, G-S3)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from admin.app import create_app
from engine import api
from engine.tables import Customer, Renewal, Vehicle
from tests.acceptance import answers
from tests.support.console import TODAY, complete, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 6
FOREIGN_VIN, MISTYPED_ID = "WDDUG8CB0AA000001", "110105194912310021"
EXPLAINED = {"note": "平行进口车，已核对行驶证"}


@pytest.fixture
def app(book: api.Engine) -> Flask:
    return create_app(book)


def applied(engine: api.Engine, *, vin: str | None = None, id_no: str | None = None) -> int:
    """Bring the car to the check of its application, with these numbers on file; returns the task's number."""
    with engine.store.transaction() as tx:
        renewal = tx.get_one(Renewal, renewal_of(engine, CAR))
        if vin is not None:
            vehicle = tx.get_one(Vehicle, renewal.vehicle_id)
            plate = vehicle.plate
            vehicle.vin = vin
            vehicle.plate = plate
        tx.get_one(Customer, renewal.customer_id).id_no = id_no
        tx.record("arranged", at=engine.clock.now(), actor="SYSTEM", instance_id=renewal.id)
    complete(engine, CAR, "record_contact", answers.record_contact(TODAY, "41"))
    return task_of(engine, CAR, "verify_application").id


def check(engine: api.Engine, verdict: str = "confirmed", **more: Any) -> None:
    complete(engine, CAR, "verify_application", answers.verify_application(TODAY, verdict, **more))


def test_numbers_that_pass_need_no_word(book: api.Engine) -> None:
    applied(book, id_no="11010519491231002X")

    check(book)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"vin": FOREIGN_VIN}, "车架号 WDD**********0001"),
        ({"id_no": MISTYPED_ID}, "身份证号码 110***********0021"),
    ],
)
def test_a_number_that_fails_is_vouched_for_with_a_word_only(
    book: api.Engine, numbers: dict[str, str], told: str
) -> None:
    applied(book, **numbers)

    with pytest.raises(api.InvalidForm) as refused:
        check(book, note="好的")

    problem = refused.value.params["problems"]["note"]
    assert ("doubtful_number", True) == (problem.code, told in problem.zh)
    check(book, **EXPLAINED)


def test_an_item_that_nobody_ticked_needs_none(book: api.Engine) -> None:
    applied(book, vin=FOREIGN_VIN)

    check(book, checked_items=["real_name", "id_document"])


def test_returning_the_application_needs_none(book: api.Engine) -> None:
    applied(book, vin=FOREIGN_VIN)

    check(book, "returned")


def test_the_task_page_tells_which_number_fails_masked(app: Flask, book: api.Engine) -> None:
    task = applied(book, vin=FOREIGN_VIN, id_no=MISTYPED_ID)
    specialist = signed_in(app, "SP01")

    specialist.get(f"/tasks/{task}")

    told = specialist.soup.find(id="doubts")
    assert told is not None
    assert "WDD**********0001" in told.get_text()
    assert "110***********0021" in told.get_text()
    assert MISTYPED_ID not in specialist.text


def test_the_page_of_a_sound_application_says_nothing(app: Flask, book: api.Engine) -> None:
    task = applied(book, id_no="11010519491231002X")
    specialist = signed_in(app, "SP01")

    specialist.get(f"/tasks/{task}")

    assert specialist.soup.find(id="doubts") is None
