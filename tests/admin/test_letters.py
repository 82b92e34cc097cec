"""Expiry letters through the console: chosen, taken away as one PDF with its own font, refused with the reason."""

from __future__ import annotations

import re
import sys
import zlib
from datetime import timedelta

import pytest
from bs4 import Tag
from flask import Flask
from werkzeug.datastructures import MultiDict

from engine import api
from engine.tables import Customer, Renewal
from tests.support.console import TODAY, Browser, at, renewal_of, signed_in

pytestmark = pytest.mark.one_database


@pytest.fixture
def pdf_maker() -> None:
    """A machine may lack what draws PDFs; then the letters are printed from the browser, which is tried below."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        pytest.skip(f"this machine cannot draw PDFs: {error}")


def glyphs(pdf: bytes) -> str:
    """Every character the PDF says it holds, from its tables of characters (ToUnicode)."""
    found = set()
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            text = zlib.decompress(part).decode("latin-1")
        except zlib.error:
            text = part.decode("latin-1")
        if "beginbfchar" in text:
            found |= {
                bytes.fromhex(code).decode("utf-16-be") for _, code in re.findall(r"<(\w+)> <(\w+)>", text)
            }
    return "".join(sorted(found))


def ask(browser: Browser, form: Tag, *renewals: int) -> bytes:
    data = [pair for pair in browser.entries(form) if not renewals or pair[0] != "renewal"]
    answer = browser.client.post(
        "/letters", data=MultiDict([*data, *(("renewal", str(number)) for number in renewals)])
    )
    assert (200, "application/pdf") == (answer.status_code, answer.mimetype)
    assert "no-store" == answer.headers["Cache-Control"]
    return answer.get_data()


@pytest.mark.usefixtures("pdf_maker")
def test_the_letters_of_the_ticked_come_as_one_pdf_with_its_font_inside(book: api.Engine, app: Flask) -> None:
    browser = signed_in(app, "TR01")
    browser.get("/letters")

    pdf = ask(browser, browser.form("letters"), renewal_of(book, 5), renewal_of(book, 8))

    assert pdf.startswith(b"%PDF")
    told = glyphs(pdf)
    assert set("车险到期告知书尊敬的测试交强商业服务人员") <= set(told)
    browser.get("/letters")
    last = [cell.get_text(strip=True) for cell in browser.soup.find_all("td", {"data-label": "上次出具"})]
    assert 2 == last.count("2026-11-24 周二") == len(last) - last.count("未出具")
    browser.get("/letters?fresh=1")
    assert "****" not in browser.text
    assert str(renewal_of(book, 5)) not in [
        str(tick.get("value")) for tick in browser.soup.find_all("input", {"name": "renewal"})
    ]


@pytest.mark.usefixtures("pdf_maker")
def test_a_renewals_page_offers_its_letter_and_tells_of_it(book: api.Engine, app: Flask) -> None:
    browser, number = signed_in(app, "AG001"), renewal_of(book, 5)
    browser.get(f"/renewals/{number}")

    assert ask(browser, browser.form_to("/letters")).startswith(b"%PDF")

    browser.get(f"/renewals/{number}")
    assert f"出具了到期告知书 DQ20261124-{number}-01，服务人员 高敬之" in browser.text


def test_a_refusal_leads_back_and_names_the_car_and_the_reason(book: api.Engine, app: Flask) -> None:
    browser, number = signed_in(app, "AG001"), renewal_of(book, 5)
    browser.get(f"/renewals/{number}")
    form = browser.form_to("/letters")
    with book.store.transaction() as tx:
        customer = tx.get_one(Customer, tx.get_one(Renewal, number).customer_id)
        customer.do_not_contact = True
        tx.record("clock_moved", at=book.clock.now(), actor="test", to="")

    browser.submit(form)

    assert "不能出具到期告知书：客户已要求不再联系" in browser.text
    assert "下载到期告知书" not in browser.text
    browser.get("/letters")
    assert "另有 1 笔未列出" in browser.text


def test_once_sharing_was_withdrawn_the_life_insurers_people_are_offered_no_letter(
    book: api.Engine, app: Flask
) -> None:
    number = renewal_of(book, 5)
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{number}")
    form = agent.form_to("/letters")
    with book.store.reading() as session:
        customer_id = session.get_one(Renewal, number).customer_id
    api.record_consent(
        book,
        customer_id or 0,
        {"kinds": ["share_to_life"], "answer": "withdrawn"},
        actor=api.actor_of(book, "SP01"),
    )

    agent.submit(form, status=404)

    for who, is_offered in (("AG001", False), ("SP01", True)):
        browser = signed_in(app, who)
        browser.get("/letters")
        assert is_offered is bool(browser.soup.find("input", {"name": "renewal", "value": str(number)}))
        assert "不向寿险人员提供信息" not in browser.text, "it is none of the agent's any more"
        browser.get(f"/renewals/{number}", status=200 if is_offered else 404)
        assert is_offered is ("下载到期告知书" in browser.text)


def test_until_it_is_recalled_the_life_insurers_people_are_refused_the_letter(
    book: api.Engine, app: Flask
) -> None:
    """Somebody worked on the renewal in the moment of the withdrawal: it goes with the next tick."""
    number = renewal_of(book, 5)
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{number}")
    form = agent.form_to("/letters")
    with book.store.transaction() as tx:
        tx.get_one(Customer, tx.get_one(Renewal, number).customer_id).no_sharing = True

    agent.submit(form)

    assert "客户已撤回向寿险公司提供个人信息的同意" in agent.text and "下载到期告知书" not in agent.text
    agent.get("/letters")
    assert "不向寿险人员提供信息" in agent.text


def test_without_the_systems_libraries_the_letter_is_printed_from_the_browser(
    book: api.Engine, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        sys.modules, "weasyprint", None
    )  # as on a machine without libpango: it cannot be imported
    browser = signed_in(app, "AG001")
    browser.get(f"/renewals/{renewal_of(book, 5)}")

    browser.submit(browser.form_to("/letters"))

    assert "本机缺少生成文件的系统组件" in browser.text
    assert "尊敬的 测试5" in browser.text
    assert "style=" not in browser.soup.decode() and not browser.soup.find("style")


def test_a_node_that_was_told_stands_in_the_history_and_among_the_messages(
    book: api.Engine, app: Flask
) -> None:
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=5), 9), actor=api.SYSTEM)
    browser = signed_in(app, "AG001")
    browser.get(f"/renewals/{renewal_of(book, 6)}")
    assert "到期节点“30天内到期”已列入 高敬之 AG001 当天的汇总提醒" in browser.text

    admin = signed_in(app, "AD01")
    admin.get("/admin/outbox/")
    assert "清单、到期与催办提醒" in admin.text


def test_the_page_says_how_many_letters_the_hour_still_allows(book: api.Engine, app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/letters")
    assert "60" == trainer.form("letters")["data-most"] and "本小时" not in trainer.text

    for made, told in ((58, "本小时还可出具 2 封，“本页全选”只勾选前 2 笔。"), (2, "已达上限")):
        with book.store.transaction() as tx:
            for _number in range(made):
                tx.record("letter_written", at=book.clock.now(), actor="TR01", subject="x")
        trainer.get("/letters")
        assert told in trainer.text
    assert "0" == trainer.form("letters")["data-most"]
