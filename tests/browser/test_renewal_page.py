from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.acceptance.desk import vin
from tests.support.reading import expect_well_made, sign_in


def open_car(page: Page, site: str, number: int) -> None:
    """Find a car by its VIN, as a person does, and open its renewal."""
    page.goto(f"{site}/renewals?q={vin(number)}")
    page.locator(".ui-row-link").first.click()
    expect(page.locator("#diagram-view svg").first).to_be_visible()


def test_the_list_reads_well(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "CC01")

    screen.goto(f"{book_site}/renewals")

    expect(screen.locator(".ui-table tbody tr")).to_have_count(13)
    expect_well_made(screen)


def test_a_renewal_says_why_it_waits_and_what_happened(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")

    open_car(screen, book_site, 8)

    expect(screen.locator(".ui-waiting")).to_contain_text("等待谭雪莲办理")
    expect(screen.locator(".ui-timeline")).to_contain_text("进入“重点追踪”阶段")
    expect_well_made(screen)


def test_the_diagram_shows_the_live_task_and_the_path(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AU01")

    open_car(screen, book_site, 8)

    view = screen.locator("#diagram-view")
    expect(view.locator("[data-element-id=chase_policy].is-live")).to_be_visible()
    expect(view.locator("[data-element-id=key_contact].is-done").first).to_be_attached()
    expect(view.locator(".is-flow-taken").first).to_be_attached()
    expect(view.locator(".renewal-badge").first).to_be_visible()


def test_the_spine_opens_the_called_stage(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AU01")
    open_car(screen, book_site, 8)

    screen.locator("[data-sheet=renewal]").click()
    expect(screen.locator("[data-sheet=renewal]")).to_have_attribute("aria-current", "true")
    spine = screen.locator("#diagram-view")
    expect(spine.locator(".is-live.is-callable").first).to_be_attached()
    spine.locator(".renewal-drill").first.dispatch_event("click")

    expect(screen.locator("[data-sheet^=stage_][aria-current]")).to_be_visible()
    expect(spine.locator(".djs-container svg").first).to_be_visible()
    expect_well_made(screen)


def test_the_history_is_filtered_by_kind(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AU01")
    open_car(screen, book_site, 8)

    screen.locator("#timeline").get_by_role("link", name="任务办理").click()

    expect(screen.locator("#timeline [aria-current=page]")).to_have_text("任务办理")
    expect(screen.locator(".ui-timeline-entry.ui-kind-task").first).to_be_visible()
    expect(screen.locator(".ui-timeline-entry.ui-kind-progress")).to_have_count(0)


def test_an_auditor_finds_nothing_to_press_in_a_task(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AU01")
    open_car(screen, book_site, 8)

    screen.locator("a.ui-list-item[href*='/tasks/']").first.click()

    expect(screen.locator("#task-form")).to_have_count(0)
    expect(screen.locator("main")).to_contain_text("由他人办理")
    expect_well_made(screen)
