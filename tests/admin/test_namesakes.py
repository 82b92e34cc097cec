"""Colleagues of one name are told apart wherever a person is named without a number beside it (domain.md §7 case 41)."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from engine.api import Engine
from engine.tables import Person, Renewal
from tests.support.console import Browser, renewal_of, signed_in

pytestmark = pytest.mark.one_database

NAMED = "高敬之 AG001"
"""AG002 is called the same."""


def workbook(browser: Browser, link: str) -> list[dict[str, object]]:
    """The rows of the workbook behind *link*, by the columns of the line that holds 车牌."""
    found = browser.soup.find("a", string=link)
    assert found is not None, browser.text[:400]
    sheet = openpyxl.load_workbook(io.BytesIO(browser.client.get(str(found["href"])).data)).active
    rows = list(sheet.iter_rows(values_only=True))
    start = next(n for n, row in enumerate(rows) if "车牌" in row)
    return [dict(zip(map(str, rows[start]), row, strict=True)) for row in rows[start + 1 :]]


@pytest.mark.parametrize("path", ["/letters", "/", "/renewals"])
def test_pages_with_a_name_alone_show_the_number_of_a_namesake(app: Flask, path: str) -> None:
    person = signed_in(app, "SU01")

    person.get(path)

    assert NAMED in person.text


def test_the_car_lines_of_a_customer_file_do_too(app: Flask, book: Engine) -> None:
    with book.store.reading() as session:
        customer = session.get_one(Renewal, renewal_of(book, 8)).customer_id
    person = signed_in(app, "SU01")

    person.get(f"/customers/{customer}")

    assert NAMED in person.text


def test_the_inbox_workbook_names_who_has_a_task(app: Flask) -> None:
    person = signed_in(app, "AG001")
    person.get("/inbox?tab=all")

    rows = workbook(person, "导出本页条件下的列表（xlsx）")

    assert {NAMED} == {row["责任人"] for row in rows}


def test_the_ledger_workbook_tells_specialists_of_one_name_apart(app: Flask, book: Engine) -> None:
    with book.store.transaction() as tx:
        name = tx.scalars(select(Person.name).where(Person.employee_no == "SP01")).one()
        tx.scalars(select(Person).where(Person.employee_no == "AG009")).one().name = name
        tx.record("clock_moved", at=book.clock.now(), actor="test", to="")
    person = signed_in(app, "TR01")
    person.get("/ledger")

    rows = workbook(person, "导出本页条件下的台账（xlsx）")

    assert {f"{name} SP01"} == {row["责任专员"] for row in rows}
    assert f"{name} SP01" in person.text
