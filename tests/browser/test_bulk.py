"""Many tasks as one act, by thumb and by mouse: ticked, answered once, told row by row, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from tests.services.test_bulk import CARS, list_cars
from tests.support.console import copy_book, open_book
from tests.support.reading import expect_well_made, sign_in


@pytest.fixture
def site(prepared_book: Path, tmp_path: Path, serve: Callable[[Any], str]) -> Iterator[str]:
    """A book with six more cars that SP01 has to hand out, to be changed by one test."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    list_cars(engine, CARS)
    yield serve(create_app(engine))
    engine.store.engine.dispose()


def test_ticked_tasks_are_completed_at_once_and_undone(screen: Page, site: str) -> None:
    sign_in(screen, site, "SP01")
    screen.goto(f"{site}/inbox?tab=all&action=P-S1")
    expect(screen.locator("#choose button:not([formaction])")).to_be_disabled()

    screen.get_by_label("本页全选").check()
    expect(screen.locator("[data-count]")).to_have_text("9")
    expect_well_made(screen)
    screen.locator("#choose button:not([formaction])").click()

    expect(screen.locator(".ui-head-facts")).to_contain_text("选定 9 项")
    screen.locator(".fjs-form-field-radio").get_by_text("一般", exact=True).click()
    expect_well_made(screen)
    screen.get_by_role("button", name="办理 9 项").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("已办理")
    expect(screen.locator(".ui-figures")).to_contain_text("9")
    expect_well_made(screen)

    screen.locator("#undo > summary").click()
    expect_well_made(screen)
    screen.get_by_role("button", name="确认撤回").click()

    expect(screen.locator(".ui-head-facts")).to_contain_text("已撤回")
    expect_well_made(screen)


def test_one_tick_is_taken_by_the_keyboard(screen: Page, site: str) -> None:
    sign_in(screen, site, "SP01")
    screen.goto(f"{site}/inbox?tab=all&action=P-S1")

    screen.locator(".ui-choice").first.focus()
    screen.keyboard.press("Space")

    expect(screen.locator("[data-count]")).to_have_text("1")
    expect(screen.locator("#choose button:not([formaction])")).to_be_enabled()
