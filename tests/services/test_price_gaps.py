"""A competitor's price is kept with how far it lies off ours, and shown with it (domain.md §4.1: price gap %)."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.queries.verification import verify
from engine.tables import HistoryEvent, Renewal, Submission
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import TODAY, complete, renewal_of, signed_in

pytestmark = pytest.mark.one_database

CAR = 8
"""Its two lines cost 4,150 yuan last year."""
HEADER = 4


@pytest.fixture
def app(book: api.Engine) -> Flask:
    return create_app(book)


def lost_for(engine: api.Engine, price: str | None) -> None:
    api.deliver_message(engine, "policy_lost", vin(CAR), data={}, actor=api.SYSTEM)
    more = {"competitor": "同业甲", **({"competitor_price": price} if price else {})}
    complete(engine, CAR, "lapse_reason", answers.lapse_reason(TODAY, **more))


def quoted(engine: api.Engine, premium: str) -> None:
    api.deliver_message(engine, "quote_received", vin(CAR), data={"premium": premium}, actor=api.SYSTEM)


def kept(engine: api.Engine) -> tuple[Decimal | None, str | None]:
    with engine.store.reading() as session:
        query = select(Submission).where(
            Submission.instance_id == renewal_of(engine, CAR), Submission.form_id == "lapse_reason"
        )
        found = session.scalars(query).one()
        return found.price_gap, found.price_gap_to


def test_without_a_quote_the_gap_is_to_last_years_premium(book: api.Engine) -> None:
    lost_for(book, "3735")

    assert (Decimal("-0.1000"), "last_year") == kept(book)


def test_a_later_quote_does_not_change_what_was_kept(book: api.Engine) -> None:
    quoted(book, "4000")
    lost_for(book, "4200")

    assert (Decimal("0.0500"), "quote") == kept(book)
    with book.store.reading() as session:
        event = session.scalars(
            select(HistoryEvent).where(
                HistoryEvent.action == "task_completed", HistoryEvent.instance_id == renewal_of(book, CAR)
            )
        ).all()[-1]
    assert ("0.0500", "quote") == (event.payload["price_gap"], event.payload["price_gap_to"])
    assert verify(book).is_sound


def test_a_form_without_a_price_keeps_no_gap(book: api.Engine) -> None:
    lost_for(book, None)

    assert (None, None) == kept(book)


def test_the_pages_and_the_workbook_show_it_with_what_it_is_compared_to(app: Flask, book: api.Engine) -> None:
    quoted(book, "4000")
    lost_for(book, "3600")
    with book.store.reading() as session:
        customer = session.get_one(Renewal, renewal_of(book, CAR)).customer_id
    trainer = signed_in(app, "TR01")

    for path in (f"/renewals/{renewal_of(book, CAR)}", f"/customers/{customer}"):
        trainer.get(path)
        text = " ".join(trainer.soup.get_text(" ").split())
        assert "3,600.00 元 · 价差 -10.0%（对比我司实际报价）" in text, path

    trainer.get("/ledger")
    row = next(tr for tr in trainer.soup.select(".book-ledger tbody tr") if "川A***08" in tr.get_text())
    assert "价差 -10.0%" in " ".join(row.get_text(" ").split())
    link = trainer.soup.find("a", string="导出本页条件下的台账（xlsx）")
    assert link is not None
    sheet = openpyxl.load_workbook(io.BytesIO(trainer.client.get(str(link["href"])).data)).active
    names = [cell.value for cell in sheet[HEADER + 1]]
    lines = [dict(zip(names, line, strict=True)) for line in sheet.iter_rows(min_row=HEADER + 2)]
    (cells,) = [line for line in lines if line["车牌"].value == "川A***08"]
    assert (3600, -0.1, "0.0%", "我司实际报价") == (
        cells["竞品报价"].value,
        cells["价差"].value,
        cells["价差"].number_format,
        cells["价差对比"].value,
    )
