"""An agent's day on a phone: the list by risk, the call, the visit record under one thumb, the keyboard, the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from engine import api
from engine.tables import Submission
from tests.support.console import TODAY, copy_book, open_book, renewal_of, task_of
from tests.support.reading import expect_well_made, is_phone, sign_in

CAR = 7
WITH_KEYBOARD = {"width": 390, "height": 420}
"""What the keyboard leaves of the screen."""


@pytest.fixture
def book_(prepared_book: Path, tmp_path: Path) -> Iterator[api.Engine]:
    """A book to be changed by one test."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    yield engine
    engine.store.engine.dispose()


@pytest.fixture
def site(book_: api.Engine, serve: Callable[[Any], str]) -> str:
    """The console of the book."""
    return serve(create_app(book_))


def open_form(page: Page, site: str, book_: api.Engine) -> int:
    """Open the form of the first contact of the car, as AG001."""
    task = task_of(book_, CAR, "record_contact")
    sign_in(page, site, "AG001")
    page.goto(f"{site}/tasks/{task.id}")
    expect(page.locator("#task-fields .fjs-container")).to_be_visible()
    return task.id


def test_the_days_list_is_one_column_with_the_call_at_hand(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    sign_in(phone_page, site, "AG001")
    expect_well_made(phone_page)
    for path in ("/", "/inbox", "/inbox?tab=all"):
        phone_page.goto(site + path)
        expect_well_made(phone_page)
        card = phone_page.locator(".ui-cards tr:has(.ui-row-link)").first
        for target in card.locator(".ui-cell-acts :is(a, button)").all():
            box = target.bounding_box()
            assert box is not None and box["height"] >= 44, path
        expect(card.get_by_role("button", name="拨打")).to_be_visible()
    expect(phone_page.locator(".ui-choice").first).to_be_hidden()
    phone_page.get_by_text("多选办理").tap()
    expect(phone_page.locator(".ui-choice").first).to_be_visible()
    expect_well_made(phone_page)


def test_the_list_on_the_home_page_goes_on_with_the_next_seven_days(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    sign_in(phone_page, site, "AG001")

    ahead = phone_page.locator("#next .ui-row-link")

    expect(ahead).to_have_count(2)
    assert f"/tasks/{task_of(book_, 7, 'record_contact').id}" in str(ahead.first.get_attribute("href"))


def test_a_call_from_the_list_offers_the_number_and_leaves_the_page_where_it_was(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    sign_in(phone_page, site, "AG001")
    card = phone_page.locator("#next tr", has=phone_page.locator(".ui-row-link")).first

    card.get_by_role("button", name="拨打").tap()

    link = card.locator("a[href='tel:13900000007']")
    expect(link).to_contain_text("13900000007")
    expect(link).to_be_focused()
    expect_well_made(phone_page)


def test_a_call_beside_a_form_keeps_what_is_typed(screen: Page, site: str, book_: api.Engine) -> None:
    open_form(screen, site, book_)
    screen.get_by_label("备注", exact=True).fill("客户下午方便接听")

    screen.get_by_role("button", name="拨打").locator("visible=true").click()

    expect(screen.locator("[data-clear=phone] a").locator("visible=true")).to_have_attribute(
        "href", "tel:13900000007"
    )
    expect(screen.get_by_label("备注", exact=True)).to_have_value("客户下午方便接听")


def test_a_refused_call_says_why_beside_the_button(phone_page: Page, site: str, book_: api.Engine) -> None:
    open_form(phone_page, site, book_)
    specialist = api.actor_of(book_, "SP01")
    api.request_erasure(book_, renewal_of(book_, CAR), reason="客户来电要求删除", actor=specialist)

    phone_page.locator(".ui-about").get_by_role("button", name="拨打").tap()

    expect(phone_page.locator(".ui-about [role=alert]")).to_contain_text("要求删除个人信息")
    expect(phone_page.locator("a[href^='tel:']")).to_have_count(0)


def test_a_visit_is_recorded_with_one_thumb(phone_page: Page, site: str, book_: api.Engine) -> None:
    task = open_form(phone_page, site, book_)
    listing = phone_page.locator(".renewal-usual .fjs-input-group")
    expect(listing).to_be_hidden()

    phone_page.get_by_role("button", name="已联系 · 意向高").tap()
    phone_page.locator(".fjs-form-field-radio").get_by_text("电话", exact=True).tap()
    phone_page.locator(".fjs-form-field-select", has_text="接触对象").locator(".fjs-input-group").tap()
    phone_page.get_by_text("车主本人", exact=True).tap()
    phone_page.get_by_role("button", name="3 天后").tap()
    expect(phone_page.get_by_role("button", name="3 天后")).to_have_attribute("aria-pressed", "true")
    expect_well_made(phone_page)
    phone_page.get_by_role("button", name="完成任务").tap()
    expect(phone_page.locator(".ui-message-success")).to_contain_text("已完成")

    with book_.store.reading() as session:
        found = session.query(Submission).filter_by(task_id=task).one().values
    day = (TODAY + timedelta(days=3)).isoformat()
    assert ("11", day) == (found["result"], found["next_follow_up_date"])


def test_the_other_results_stand_behind_more_and_a_problem_is_told_beside_the_buttons(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    open_form(phone_page, site, book_)
    usual = phone_page.locator(".renewal-usual")

    phone_page.get_by_role("button", name="完成任务").tap()
    expect(usual.get_by_text("此项必填")).to_be_visible()
    usual.get_by_role("button", name="更多").tap()
    usual.locator(".fjs-input-group").tap()
    usual.locator(".fjs-dropdownlist-item", has_text="空号、停机或错号").tap()

    expect(usual.locator(".fjs-input-group")).to_be_visible()
    expect(usual.locator("[aria-pressed=true]")).to_have_count(0)


def test_the_keyboard_covers_neither_the_button_nor_the_field(
    phone_page: Page, site: str, book_: api.Engine
) -> None:
    open_form(phone_page, site, book_)
    assert "resizes-content" in str(phone_page.locator("meta[name=viewport]").get_attribute("content"))
    phone_page.set_viewport_size(WITH_KEYBOARD)

    phone_page.get_by_label("备注", exact=True).tap()

    button = phone_page.get_by_role("button", name="完成任务").bounding_box()
    note = phone_page.get_by_label("备注", exact=True).bounding_box()
    assert button is not None and note is not None
    assert button["y"] + button["height"] <= WITH_KEYBOARD["height"]
    assert 0 <= note["y"] and note["y"] + note["height"] <= button["y"]
    expect(phone_page.locator(".ui-bottombar")).to_be_hidden()


def test_the_buttons_are_for_thumbs_and_the_desk_keeps_its_list(
    screen: Page, site: str, book_: api.Engine
) -> None:
    open_form(screen, site, book_)

    expect(screen.locator(".renewal-usual .fjs-input-group")).to_be_visible(visible=not is_phone(screen))
    expect(screen.get_by_role("button", name="已联系 · 意向高")).to_be_visible(visible=is_phone(screen))
    button = screen.get_by_role("button", name="完成任务").bounding_box()
    assert button is not None and screen.viewport_size is not None
    assert button["y"] + button["height"] <= screen.viewport_size["height"], "the button is in reach at once"
