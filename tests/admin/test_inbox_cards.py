"""The inbox by customer over HTTP: its switch, its sheet, its choice, and the rest of a fleet."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask import Flask

from engine.api import Engine
from engine.tables import Renewal
from tests.support.console import Browser, renewal_of, signed_in

pytestmark = pytest.mark.one_database
CARS = (10, 3, 8, 6)


@pytest.fixture
def person(app: Flask, book: Engine) -> Browser:
    """The specialist SP01, four of whose cars belong to one customer."""
    with book.store.transaction() as tx:
        rows = [tx.get_one(Renewal, renewal_of(book, car)) for car in CARS]
        for row in rows:
            row.customer_id = rows[0].customer_id
    return signed_in(app, "SP01")


def plates(browser: Browser) -> list[str]:
    return [plate.get_text() for plate in browser.soup.select("table[data-keys] .ui-plate")]


def test_the_switch_chooses_cards_or_single_tasks_and_keeps_the_filter(person: Browser) -> None:
    person.get("/inbox?tab=all&sort=expiry")
    together = plates(person)
    assert 1 == len(person.soup.select("tbody.ui-kin"))
    single = person.soup.find("a", string="逐项")
    assert single is not None

    person.get(str(single["href"]))

    assert [] == person.soup.select("tbody.ui-kin")
    assert sorted(together) == sorted(plates(person))
    assert together != plates(person)
    kept = {str(i["name"]): str(i["value"]) for i in person.soup.select("form.ui-filters input[type=hidden]")}
    assert {"tab": "all", "group": "single"} == kept
    tabs = [str(link["href"]) for link in person.soup.select(".ui-tabs a")]
    assert all("group=single" in address for address in tabs), "another drawer is read in the same way"
    back = person.soup.find("a", string="按客户合并")
    assert back is not None and "group" not in str(back["href"]), "the default leaves no mark in the address"


def test_the_sheet_holds_the_rows_of_the_cards_in_their_order(person: Browser) -> None:
    person.get("/inbox?tab=all&sort=expiry")
    shown = plates(person)
    link = person.soup.find("a", string="导出本页条件下的列表（xlsx）")
    assert link is not None

    sheet = openpyxl.load_workbook(io.BytesIO(person.client.get(str(link["href"])).data)).active

    header, *rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert shown == [row[header.index("车牌")] for row in rows]


def test_a_view_keeps_the_choice(person: Browser) -> None:
    person.get("/inbox?tab=all&group=single")

    person.submit(person.form_to("/inbox/views"), {"name": "逐项看"})

    assert "视图已保存" in person.text
    assert [] == person.soup.select("tbody.ui-kin")
    (view,) = person.soup.select(".ui-view-on a")
    assert "group=single" in str(view["href"])


def test_what_a_card_does_not_show_can_be_chosen_and_listed(
    person: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queries.inbox.MOST_OF_ONE", 2)
    person.get("/inbox?tab=all")
    (card,) = person.soup.select("tbody.ui-kin")
    ticks = [str(tick["value"]) for tick in card.select("input[name=task]")]
    (rest,) = [tick for tick in ticks if "," in tick]
    tasks = len(ticks) - 1 + len(rest.split(","))
    link = card.select_one(".ui-kin-rest a")
    assert link is not None
    assert f"另有 {len(rest.split(','))} 项" in link.get_text()

    person.submit(person.form_to("/bulk"), {"task": [*ticks, ticks[0], "7,nonsense,，"]})
    assert "选定" in person.text

    person.get(str(link["href"]))
    assert tasks == len(plates(person))
    assert "只看客户 测*" in person.text
    assert person.soup.find("a", string="清除条件") is not None


@pytest.mark.parametrize(
    ("condition", "name"), [("customer=x1", "客户"), ("customer=-1", "客户"), ("group=by-plate", "合并")]
)
def test_a_choice_that_cannot_be_read_shows_nothing(person: Browser, condition: str, name: str) -> None:
    person.get(f"/inbox?tab=all&{condition}")

    assert f"筛选条件“{name}”的值“{condition.split('=')[1]}”无法识别" in person.text
    assert [] == plates(person)
