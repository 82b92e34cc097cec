from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from tests.support.console import copy_book, open_book
from tests.support.reading import expect_well_made, sign_in


@pytest.fixture
def own_site(prepared_book: Path, tmp_path: Path, serve: Callable[[Any], str]) -> Iterator[str]:
    """The console of a copy of the book that the test may change."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    yield serve(create_app(engine))
    engine.store.engine.dispose()


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


def test_a_page_that_answers_a_form_keeps_what_is_typed_and_enter_still_sends_it(
    page: Page, own_site: str
) -> None:
    sign_in(page, own_site, "AG001")
    page.goto(f"{own_site}/inbox?tab=all&group=single")
    page.locator("input[name=task]").first.check()
    page.locator("#choose [formaction$='/put-off']").first.click()
    page.locator("#put-off [name=day]").fill("2026-11-27")
    page.locator("#put-off [name=reason]").fill("客户出差，回来再谈")

    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/inbox/put-off")
    expect(page.locator("#put-off [name=day]")).to_have_value("2026-11-27")
    expect(page.locator("#put-off [name=reason]")).to_have_value("客户出差，回来再谈")
    page.locator("#put-off [name=reason]").press("Enter")
    expect(page.locator(".ui-message-success")).to_contain_text("2026-11-27")
