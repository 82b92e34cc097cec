"""The inbox as a workbook: exactly what the screen shows, masked, and no cell a formula."""

from __future__ import annotations

import io
import re
from datetime import datetime

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from engine.api import Engine
from engine.tables import HistoryEvent
from tests.support.console import Browser, signed_in

pytestmark = pytest.mark.one_database


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


def cells_of(browser: Browser, path: str) -> dict[str, object]:
    """The cells of the sheet's first row by their column."""
    browser.get(path)
    link = browser.soup.find("a", string="导出本页条件下的列表（xlsx）")
    assert link is not None
    sheet = openpyxl.load_workbook(io.BytesIO(browser.client.get(str(link["href"])).data)).active
    header, first = list(sheet.iter_rows(values_only=True))[:2]
    return {str(name): value for name, value in zip(header, first, strict=True)}


def test_numbers_and_days_are_cells_that_can_be_summed_and_sorted(app: Flask) -> None:
    found = cells_of(signed_in(app, "AG001"), "/inbox?tab=all&sort=due")

    assert isinstance(found["保险到期"], datetime) and isinstance(found["办理期限"], datetime)
    assert isinstance(found["上年保费"], int | float) and isinstance(found["缺联系次数"], int)
    assert "完成时间" not in found


def test_the_sheet_has_a_title_and_says_by_name_who_has_a_task(app: Flask) -> None:
    person = signed_in(app, "SP01")
    for group in ("", "&group=single"):
        found = cells_of(person, f"/inbox?tab=all{group}")
        assert re.fullmatch(r"\w+ SP01", str(found["责任人"])), found["责任人"]
    book = openpyxl.load_workbook(io.BytesIO(person.client.get("/inbox/sheet.xlsx?tab=all").data))
    assert ["待办"] == book.sheetnames


def test_what_is_done_says_when_in_the_business_time_zone(app: Flask) -> None:
    found = cells_of(signed_in(app, "SP01"), "/inbox?tab=done")

    assert datetime(2026, 11, 20, 9) <= found["完成时间"] <= datetime(2026, 11, 24, 10, 30)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("stage=nonsense", "阶段"),
        ("tier=nonsense", "客户分层"),
        ("key=yes", "重点客户"),
        ("from=31.12.2026", "期限从"),
        ("sort=nonsense", "次序"),
        ("tab=nonsense", "待办分类"),
    ],
)
def test_a_condition_that_cannot_be_read_widens_nothing(app: Flask, condition: str, name: str) -> None:
    person = signed_in(app, "SP01")

    person.get(f"/inbox?{condition}")
    assert f"筛选条件“{name}”的值“{condition.split('=')[1]}”无法识别" in person.text
    assert [] == person.soup.select("a.ui-row-link")
    assert person.soup.find("form", id="choose") is None

    sheet = person.client.get(f"/inbox/sheet.xlsx?{condition}")
    assert (400, True) == (sheet.status_code, name in sheet.get_data(as_text=True))

    token = str(person.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]
    answer = person.client.post(
        f"/bulk?{condition}", data={"csrf_token": token, "all": "1"}, follow_redirects=True
    )
    assert (200, "/inbox") == (answer.status_code, answer.request.path)
    assert name in answer.get_data(as_text=True)


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
