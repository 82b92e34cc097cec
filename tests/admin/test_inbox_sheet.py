"""The inbox as a workbook: exactly what the screen shows, masked, and no cell a formula."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from engine.api import Engine
from engine.tables import HistoryEvent
from tests.support.console import Browser, signed_in


def sheet_of(browser: Browser, path: str) -> list[list[str]]:
    browser.get(path)
    link = browser.soup.find("a", string="导出本页条件下的列表（xlsx）")
    assert link is not None
    answer = browser.client.get(str(link["href"]))
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    return [[str(cell.value or "") for cell in row] for row in book.active.iter_rows()]


def test_the_sheet_holds_the_rows_of_the_screen_in_their_order(app: Flask, book: Engine) -> None:
    person = signed_in(app, "SP01")

    sheet = sheet_of(person, "/inbox?tab=all&stage=summary&sort=expiry")

    shown = [link.get_text() for link in person.soup.select("a.ui-row-link")]
    assert shown == [row[0] for row in sheet[1:]]
    assert "车牌" in sheet[0]
    assert {"川A***09", "川A***10"} == {row[2] for row in sheet[1:]}


def test_the_sheet_is_masked_and_the_history_keeps_that_it_was_taken(app: Flask, book: Engine) -> None:
    person = signed_in(app, "AG001")

    sheet = sheet_of(person, "/inbox?tab=all")

    text = " ".join(cell for row in sheet for cell in row)
    assert "测试" not in text
    assert not any(cell.startswith(("=", "+", "@")) for row in sheet for cell in row)
    with book.store.reading() as session:
        (event,) = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "records_exported"))
    assert ("AG001", "inbox", len(sheet) - 1) == (event.actor, event.subject, event.payload["rows"])


@pytest.mark.parametrize("trick", ["endpoint=x", "_method=PUT", "_external=1", "_anchor=x", "filename=x"])
@pytest.mark.parametrize("path", ["/inbox?tab=all", "/renewals?open=all"])
def test_parameters_of_the_router_are_passed_over(app: Flask, path: str, trick: str) -> None:
    person = signed_in(app, "SP01")

    person.get(f"{path}&{trick}")

    assert not any("http://" in str(link.get("href")) for link in person.soup.find_all("a"))


def test_the_order_is_the_persons_choice(app: Flask) -> None:
    person = signed_in(app, "SP01")

    person.get("/inbox?tab=all&sort=expiry")

    chosen = person.soup.select_one("select[name=sort] option[selected]")
    assert chosen is not None
    assert "到期最近的在前" == chosen.get_text()
