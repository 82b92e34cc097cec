"""A clear value at a press, also under a thumb."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.reading import is_phone, sign_in

WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_phone_number_is_shown_for_a_reason_and_gone_on_the_next_page(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.goto(f"{book_site}/renewals")
    screen.locator(".ui-row-link").first.click()
    fact = screen.locator(".ui-facts dd", has=screen.locator("input[value=phone]"))
    button = fact.locator("summary")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= (34 if is_phone(screen) else 20)

    button.click()
    fact.locator("input[name=reason]").fill("客户来电核对号码")
    assert 0 == screen.evaluate(WIDTH)
    fact.get_by_role("button", name="显示").click()

    shown = screen.locator("[data-clear=phone]")
    expect(shown).to_contain_text("1390000")
    assert 0 == screen.evaluate(WIDTH)
    screen.goto(screen.url.partition("#")[0])
    expect(screen.locator("[data-clear]")).to_have_count(0)
