from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.reading import expect_well_made, is_phone, sign_in


@pytest.mark.parametrize("who", ["AG001", "SP01", "CC01", "AU01", "AD01"])
def test_each_role_starts_from_its_own_home_page(screen: Page, book_site: str, who: str) -> None:
    sign_in(screen, book_site, who)

    expect(screen.locator("h1")).to_contain_text("您好")
    expect(screen.get_by_role("heading", name="续保进度")).to_be_visible()
    expect_well_made(screen)


def test_a_figure_leads_to_what_it_counts(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")
    figure = screen.locator(".ui-figure", has_text="逾期").last
    count = int(figure.locator("strong").inner_text())

    figure.click()

    expect(screen.locator("h1")).to_have_text("待办")
    expect(screen.locator(".ui-table tbody tr")).to_have_count(count)


def test_the_menu_stands_at_the_side_or_under_the_thumb(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    menu = screen.locator(".ui-bottombar" if is_phone(screen) else ".ui-sidebar")

    menu.get_by_role("link", name="续保", exact=True).click()

    expect(screen.locator("h1")).to_have_text("续保")
    expect(menu.get_by_role("link", name="续保", exact=True)).to_have_attribute("aria-current", "page")


def test_the_page_is_operated_by_keyboard(book_site: str, page: Page) -> None:
    sign_in(page, book_site, "SP01")

    page.keyboard.press("Tab")
    expect(page.locator(".ui-skip")).to_be_focused()
    page.locator(".ui-topbar summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()


def test_the_clock_is_moved_by_those_who_may(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")
    expect(screen.locator(".ui-clock time")).to_be_visible()
    expect(screen.get_by_role("button", name="前进一天")).to_have_count(0)

    screen.context.clear_cookies()
    sign_in(screen, book_site, "AD01")
    expect(screen.get_by_role("button", name="前进一天")).to_be_visible()
    expect(screen.get_by_role("button", name="前进一周")).to_be_visible()
