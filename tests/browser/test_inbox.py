from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.reading import expect_well_made, is_phone, sign_in


@pytest.mark.parametrize("tab", ["today", "late", "all", "snoozed", "claimable", "waiting", "team", "done"])
def test_every_drawer_reads_well(screen: Page, book_site: str, tab: str) -> None:
    sign_in(screen, book_site, "SP01")

    screen.goto(f"{book_site}/inbox?tab={tab}")

    expect(screen.locator(".ui-tabs [aria-current=page]")).to_be_visible()
    expect_well_made(screen)


def test_lateness_is_said_in_words_not_only_in_colour(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")

    screen.goto(f"{book_site}/inbox?tab=late")

    expect(screen.locator(".ui-late").first).to_have_text("逾期 1 天")


def test_a_filter_applies_as_soon_as_it_is_chosen(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.goto(f"{book_site}/inbox?tab=all")
    everything = screen.locator(".ui-table tbody tr").count()

    screen.locator(".ui-more summary").click()
    screen.locator("select[name=stage]").select_option("summary")

    expect(screen.get_by_role("link", name="清除条件")).to_be_visible()
    assert 0 < screen.locator(".ui-table tbody tr").count() < everything
    expect_well_made(screen)


def test_search_finds_a_plate_by_its_beginning(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.goto(f"{book_site}/inbox?tab=all")

    screen.locator("input[name=q]").fill("川A00009")
    screen.locator("input[name=q]").press("Enter")

    expect(screen.locator(".ui-plate").first).to_have_text("川A***09")
    assert {"川A***09"} == set(screen.locator(".ui-plate").all_inner_texts())


def test_rows_are_a_table_at_the_desk_and_cards_on_a_phone(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    screen.goto(f"{book_site}/inbox?tab=all")

    if is_phone(screen):
        expect(screen.locator(".ui-table thead")).to_be_hidden()
        box = screen.locator(".ui-cell-acts .ui-button").first.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 200
    else:
        expect(screen.locator(".ui-table thead")).to_be_visible()


def test_the_form_of_a_task_reads_well_and_keeps_a_draft(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")
    screen.goto(f"{book_site}/inbox?tab=all")
    screen.locator(".ui-row-link", has_text="再次联系").first.click()
    expect(screen.locator("#task-fields .fjs-container")).to_be_visible()
    expect_well_made(screen)

    screen.locator("#task-fields textarea").first.fill("下午三点再打")
    screen.get_by_role("button", name="保存草稿").click()

    expect(screen.locator(".ui-message", has_text="草稿已保存")).to_be_visible()
    expect(screen.locator("#task-fields textarea").first).to_have_value("下午三点再打")


def test_what_is_missing_is_said_before_anything_is_sent(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")
    screen.goto(f"{book_site}/inbox?tab=all")
    screen.locator(".ui-row-link", has_text="再次联系").first.click()
    expect(screen.locator("#task-fields .fjs-container")).to_be_visible()
    address = screen.url

    screen.get_by_role("button", name="完成任务").click()

    expect(screen.locator(".fjs-form-field-error").first).to_contain_text("必填")
    assert address == screen.url
    expect_well_made(screen)
