"""The workplace ledger as people see it: the page, its workbook, and the copies frozen week by week."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import DAYS_LEFT, TODAY, Browser, complete, counted, signed_in
from tests.support.issued import issue_policy

pytestmark = pytest.mark.one_database

HEADER_LINES = 4


def book_of(browser: Browser, link: str) -> list[list[str]]:
    found = browser.soup.find("a", string=link)
    assert found is not None, browser.text[:400]
    answer = browser.client.get(str(found["href"]))
    assert 200 == answer.status_code
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]


def figures(browser: Browser) -> dict[str, str]:
    return {
        one.find("span").get_text(): one.find("strong").get_text()  # type: ignore[union-attr]
        for one in browser.soup.select(".ui-figure")
    }


def test_the_page_says_whose_ledger_it_is_and_how_it_stands(app: Flask) -> None:
    trainer = signed_in(app, "TR01")

    trainer.get("/ledger")

    assert "钱塘职场" in trainer.text
    shown = figures(trainer)
    in_period = [days for n, days in DAYS_LEFT.items() if n < 20 and days != 80]
    assert str(len(in_period)) == shown["应续"]
    assert ("0", "0.0%", str(len(in_period) - 1), "1") == (
        shown["已续"],
        shown["续保率进度口径"],
        shown["待续"],
        shown["脱保"],
    )


def test_the_counts_follow_what_happens_and_keep_their_identity(app: Flask, book: Engine) -> None:
    issue_policy(book, 7, signed=TODAY)
    api.deliver_message(book, "policy_lost", vin(8), data={}, actor=api.SYSTEM)
    complete(book, 8, "lapse_reason", answers.lapse_reason(TODAY, competitor="同业甲"))
    complete(book, 8, "verify_loss", answers.verify_loss(TODAY))
    trainer = signed_in(app, "TR01")

    trainer.get("/ledger")

    shown = {name: int(text) for name, text in figures(trainer).items() if text.isdigit()}
    assert (1, 1) == (shown["已续"], shown["转保"])
    assert shown["应续"] == shown["已续"] + shown["转保"] + shown["脱保"] + shown["待续"]
    assert "10.0%" in trainer.text
    rows = {
        row.select_one("a.ui-row-link").get_text(): row
        for row in trainer.soup.select(".book-ledger tr")
        if row.a
    }
    assert "****000001" in rows["川A***07"].get_text()
    assert "同业报价更低" in rows["川A***08"].get_text()
    assert "同业甲" in rows["川A***08"].get_text()


def test_rows_are_masked_and_carry_every_column_of_the_book(app: Flask) -> None:
    trainer = signed_in(app, "TR01")

    trainer.get("/ledger")

    assert "测试" not in trainer.text
    assert not re.search(r"川A\d{5}", trainer.text)
    row = next(tr for tr in trainer.soup.select(".book-ledger tbody tr") if "川A***08" in tr.get_text())
    text = " ".join(row.get_text(" ").split())
    for part in ("测*", "高敬之", "AG001", "还有 12 天", "4,150.00", "意向中", "重点追踪"):
        assert part in text, (part, text)


def test_the_workbook_holds_the_rows_of_the_page_in_their_order_under_the_header(app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/ledger?month=2026-12")

    sheet = book_of(trainer, "导出本页条件下的台账（xlsx）")

    plates = [link.get_text() for link in trainer.soup.select(".book-ledger a.ui-row-link")]
    assert "钱塘职场 ZC01" == sheet[0][1]
    assert ["应续", str(len(plates))] == sheet[3][:2]
    assert "序号" == sheet[HEADER_LINES][0]
    column = sheet[HEADER_LINES].index("车牌")
    assert plates == [row[column] for row in sheet[HEADER_LINES + 1 :]]
    assert [str(n) for n in range(1, len(plates) + 1)] == [row[0] for row in sheet[HEADER_LINES + 1 :]]
    assert not any(cell.startswith(("=", "+", "@")) for row in sheet for cell in row)


def test_days_amounts_and_the_rate_of_the_workbook_can_be_reckoned_with(app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/ledger")
    link = trainer.soup.find("a", string="导出本页条件下的台账（xlsx）")
    assert link is not None

    answer = trainer.client.get(str(link["href"]))

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    names = [cell.value for cell in sheet[HEADER_LINES + 1]]
    row = dict(zip(names, sheet[HEADER_LINES + 2], strict=True))
    assert (True, "yyyy-mm-dd") == (row["商业险到期"].is_date, row["商业险到期"].number_format)
    assert ("n", "0.00") == (row["上年保费"].data_type, row["上年保费"].number_format)
    assert "n" == row["剩余天数"].data_type == row["联系次数"].data_type == row["序号"].data_type
    rate = next(cell for cell in sheet[HEADER_LINES] if cell.number_format == "0.0%")
    assert 0.0 == rate.value
    assert sheet[HEADER_LINES - 1][1].is_date


def test_a_note_that_looks_like_a_formula_stays_a_text(app: Flask, book: Engine) -> None:
    values = answers.record_contact(TODAY, "12", note="=1+1")
    complete(book, 7, "record_contact", values)
    trainer = signed_in(app, "TR01")
    trainer.get("/ledger")

    cells = {cell for row in book_of(trainer, "导出本页条件下的台账（xlsx）") for cell in row}

    assert "'=1+1" in cells


def test_pages_follow_one_another_and_the_numbers_go_on(app: Flask, book: Engine) -> None:
    with book.store.reading() as session:
        present, actor = api.Present.of(book.clock), api.actor_of(book, "TR01")

        def page(after: str | None) -> api.LedgerPage:
            wish = api.LedgerWish(workplace="ZC01", limit=4, after=after)
            return api.ledger_page(session, actor, wish, present, deployed_of=book.deployed)

        first = page(None)
        second = page(first.next_position)
        third = page(second.next_position)

    assert [1, 5, 9] == [one.first_no for one in (first, second, third)]
    days = [row.expiry_date for one in (first, second, third) for row in one.rows]
    assert sorted(days) == days
    assert 10 == len(days)
    assert third.next_position is None


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("workplace=ZC02", 404, "找不到"),
        ("workplace=NOWHERE", 404, "找不到"),
        ("from=2026-12-31&to=2026-12-01", 400, "止于不早于起"),
        ("from=2020-01-01&to=2026-12-01", 400, "不超过一年"),
        ("month=soon", 200, "无法识别"),
        ("after=x", 400, "请从列表的第一页重新开始"),
    ],
)
def test_what_will_not_do_is_named(app: Flask, query: str, status: int, says: str) -> None:
    trainer = signed_in(app, "TR01")

    trainer.get(f"/ledger?{query}", status=status)

    assert says in trainer.text


def test_a_period_without_rows_says_so(app: Flask) -> None:
    trainer = signed_in(app, "TR01")

    trainer.get("/ledger?month=2026-05")

    assert "这段期间没有到期的续保" in trainer.text
    assert "—" == figures(trainer)["续保率进度口径"]


def test_an_agent_has_no_ledger_and_no_entry_in_the_menu(app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/")
    assert agent.soup.find("a", href="/ledger") is None

    agent.get("/ledger", status=403)


def test_a_supervisor_is_told_that_the_rows_are_the_own_ones(app: Flask) -> None:
    signed_in(app, "TR01").get("/ledger")
    supervisor = signed_in(app, "SU01")

    supervisor.get("/ledger")

    assert "您范围内" in supervisor.text and "全职场" in supervisor.text


def test_a_person_of_two_workplaces_chooses(app: Flask) -> None:
    channel = signed_in(app, "CC01")
    channel.get("/ledger?workplace=ZC02")

    options = [one.get_text() for one in channel.soup.select("select[name=workplace] option")]

    assert 2 == len(options)
    assert "2" == figures(channel)["应续"]


def test_a_frozen_copy_is_opened_taken_away_and_confirmed(app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/ledger")
    assert "2026 年第 48 周" in trainer.text
    link = trainer.soup.select_one("#copies a.ui-list-item")
    assert link is not None

    trainer.get(str(link["href"]))
    assert "内容与历史中的散列一致" in trainer.text
    sheet = book_of(trainer, "导出这份副本（xlsx）")
    assert ["冻结副本", "2026-W48"] == sheet[4][:2]
    assert 10 == len(sheet) - HEADER_LINES - 2

    trainer.submit(trainer.form("confirm"))
    assert "已确认，已记入历史" in trainer.text
    assert trainer.soup.find("form", id="confirm") is None


def test_the_page_in_english_is_english(app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/ledger")
    form = trainer.soup.select_one("form.ui-lang")
    assert form is not None
    trainer.submit(form, {"lang": "en"})

    trainer.get("/ledger")

    assert "Workplace renewal ledger" in trainer.text
    assert "Due" in figures(trainer)


def test_thousands_of_rows_cost_a_page_what_few_do(app: Flask, book: Engine) -> None:
    sent = []
    with book.store.reading() as session:
        actor, present = api.actor_of(book, "TR01"), api.Present.of(book.clock)
        for limit in (4, 1, 50):
            with counted(book) as statements:
                wish = api.LedgerWish(workplace="ZC01", limit=limit)
                api.ledger_page(session, actor, wish, present, deployed_of=book.deployed)
            sent.append(len(statements))

    assert sent[2] == sent[1] <= 14, "the first round reads the organisation, the forms and the keys"
