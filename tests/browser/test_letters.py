"""Expiry letters as a person takes them: ticked in the list, or from the renewal's page, on a desk and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.support.reading import sign_in

WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_ticked_letters_arrive_as_one_file(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "TR01")
    screen.goto(f"{book_site}/renewals")
    screen.get_by_role("link", name="到期告知书").click()
    assert 0 == screen.evaluate(WIDTH)
    button = screen.get_by_role("button", name="下载告知书")
    expect(button).to_be_disabled()

    for tick in screen.locator("input[name=renewal]").all()[:2]:
        tick.check()
    with screen.expect_download() as arriving:
        button.click()

    assert arriving.value.suggested_filename == "车险到期告知书-20261124-2.pdf"
    expect(button).to_be_enabled()
    screen.reload()
    expect(screen.get_by_text("未出具", exact=True).first).to_be_visible()


def test_a_whole_page_is_ticked_up_to_what_the_hour_still_allows(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "TR01")

    def nearly_used_up(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r'data-most="\d+"', 'data-most="2"', answer.text()))

    screen.route("**/letters", nearly_used_up)
    screen.goto(f"{book_site}/letters")

    screen.get_by_label("本页全选").check()

    count, button = screen.locator("[data-count]"), screen.get_by_role("button", name="下载告知书")
    expect(count).to_have_text("2")
    expect(screen.get_by_label("本页全选")).to_be_checked()
    expect(button).to_be_enabled()
    screen.locator("input[name=renewal]").last.check()
    expect(count).to_have_text("3")
    expect(button).to_be_disabled()
