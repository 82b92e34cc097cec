from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.reading import expect_well_made, sign_in


def test_chinese_is_spoken_first_and_english_on_request(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    expect(screen.locator("html")).to_have_attribute("lang", "zh-CN")

    screen.goto(f"{book_site}/inbox?tab=all")
    screen.get_by_role("button", name="English").click()
    expect(screen.locator("html")).to_have_attribute("lang", "en")
    expect(screen.locator("h1")).to_have_text("Tasks")
    assert screen.url.endswith("/inbox?tab=all")

    screen.get_by_role("button", name="中文").click()
    expect(screen.locator("html")).to_have_attribute("lang", "zh-CN")
    expect_well_made(screen)


def test_the_choice_outlives_the_session(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.get_by_role("button", name="English").click()
    expect(screen.locator("h1")).to_contain_text("Hello")
    screen.locator(".ui-topbar summary").click()

    screen.get_by_role("button", name="Sign out").click()

    expect(screen.locator("html")).to_have_attribute("lang", "en")
    expect(screen.locator("h1")).to_have_text("Sign in")


def test_the_form_and_the_diagram_speak_english_too(page: Page, book_site: str) -> None:
    sign_in(page, book_site, "AG001")
    page.get_by_role("button", name="English").click()
    page.goto(f"{book_site}/inbox?tab=all&action=G-L1")

    page.locator(".ui-row-link").first.click()

    expect(page.locator("#task-fields .fjs-form-field-label", has_text="Result").first).to_be_visible()
    page.get_by_role("link", name="Renewal", exact=True).click()
    expect(page.locator("#diagram-view")).to_have_attribute("aria-label", "Process diagram")
