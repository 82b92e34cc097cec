"""The workplace ledger, the customer file and the morning sheet in a real browser, at the desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from tests.edge_cases.test_case_24_46 import OWNER, list_cars
from tests.support.console import copy_book, open_book, renewal_of
from tests.support.reading import expect_well_made, sign_in

PAGE_LIMIT = 300_000
A4_WIDTH = 703
"""The printable width of A4 with margins of 12 mm, in CSS pixels."""


@pytest.fixture(scope="module")
def owner_site(
    prepared_book: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Any], str]
) -> Iterator[tuple[str, int]]:
    """The console over a book with a customer of two cars, and the renewal of one of them."""
    engine = open_book(copy_book(prepared_book, tmp_path_factory.mktemp("owner") / "book"))
    list_cars(engine, {"number": 41, "days": 50, **OWNER}, {"number": 42, "days": 50, **OWNER})
    yield serve(create_app(engine)), renewal_of(engine, 41)
    engine.store.engine.dispose()


def test_the_ledger_reads_well_and_narrows_to_a_month(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "TR01")
    answer = screen.goto(f"{book_site}/ledger")
    assert answer is not None
    assert len(answer.body()) < PAGE_LIMIT
    expect_well_made(screen)
    everything = screen.locator(".book-ledger tbody tr").count()

    screen.locator("select[name=month]").select_option("2026-12")

    expect(screen.locator(".book-head")).to_contain_text("2026-12-31")
    assert 0 < screen.locator(".book-ledger tbody tr").count() < everything
    expect_well_made(screen)


def test_a_frozen_copy_is_opened_from_the_ledger(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.goto(f"{book_site}/ledger")

    screen.locator("#copies a").first.click()

    expect(screen.locator(".ui-message-success")).to_contain_text("冻结后没有改变")
    expect_well_made(screen)


def test_the_workbook_is_taken_away(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "TR01")
    screen.goto(f"{book_site}/ledger")

    with screen.expect_download() as taken:
        screen.get_by_role("link", name="导出本页条件下的台账（xlsx）").click()

    assert taken.value.suggested_filename.startswith("职场续保台账-钱塘职场")
    assert taken.value.suggested_filename.endswith(".xlsx")


def test_from_a_renewal_to_the_customer_and_into_one_act(screen: Page, owner_site: tuple[str, int]) -> None:
    site, renewal_id = owner_site
    sign_in(screen, site, "SP01")
    screen.goto(f"{site}/renewals/{renewal_id}")
    screen.get_by_role("link", name="客户续保档案").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("2 辆车")
    expect_well_made(screen)

    screen.get_by_role("button", name="2 辆车一次办理").click()

    expect(screen.locator(".ui-head-facts")).to_contain_text("选定 2 项")


def test_a_consent_is_recorded_in_the_file_and_withdrawn_again(
    screen: Page, owner_site: tuple[str, int]
) -> None:
    site, renewal_id = owner_site
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/renewals/{renewal_id}")
    screen.get_by_role("link", name="客户续保档案").click()
    screen.get_by_text("登记同意或撤回").click()
    expect_well_made(screen)

    screen.get_by_label("短信与微信营销").check()
    screen.get_by_label("客户的答复").select_option(label="同意")
    screen.get_by_label("取得方式").select_option(label="微信回复")
    screen.get_by_label("凭据编号或存放处").fill("微信截图 88")
    screen.locator("#consent button").click()

    expect(screen.locator(".ui-message-success")).to_contain_text("已登记 1 项")
    expect(screen.locator("#consents .ui-facts")).to_contain_text("已同意")
    screen.get_by_text("登记同意或撤回").click()
    screen.get_by_label("短信与微信营销").check()
    screen.get_by_label("客户的答复").select_option(label="撤回或不同意")
    screen.locator("#consent button").click()
    expect(screen.locator("#consents .ui-facts")).to_contain_text("已撤回")
    expect_well_made(screen)


def test_the_morning_sheet_reads_well_and_prints_as_a_table(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SU01")
    screen.goto(f"{book_site}/morning")
    expect_well_made(screen)
    expect(screen.get_by_role("button", name="打印")).to_be_visible()

    screen.emulate_media(media="print")
    screen.set_viewport_size({"width": A4_WIDTH, "height": 1000})

    expect(screen.locator(".ui-topbar")).to_be_hidden()
    expect(screen.locator(".ui-filters")).to_be_hidden()
    expect(screen.locator(".book-morning thead").first).to_be_visible()
    expect(screen.locator(".book-morning tbody tr").first).to_have_css("display", "table-row")
    beside = screen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert 0 == beside


def test_the_print_button_prints(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SU01")
    screen.goto(f"{book_site}/morning")
    screen.evaluate("window.print = () => { document.title = 'printed'; }")

    screen.get_by_role("button", name="打印").click()

    assert "printed" == screen.title()


@pytest.mark.parametrize("path", ["/ledger", "/morning"])
def test_in_english_nothing_stands_beside_the_screen(screen: Page, book_site: str, path: str) -> None:
    sign_in(screen, book_site, "TR01")
    screen.locator("form.ui-lang button").click()

    screen.goto(f"{book_site}{path}")

    beside = screen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert 0 == beside
