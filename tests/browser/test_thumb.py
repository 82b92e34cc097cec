"""What a thumb and a quick look need on a phone, and a diagram that can be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.desk import vin
from tests.support.reading import is_phone, sign_in


@pytest.mark.parametrize("path", ["/", "/renewals", "/inbox?tab=all"])
def test_the_whole_card_leads_where_its_title_leads(phone_page: Page, book_site: str, path: str) -> None:
    sign_in(phone_page, book_site, "SP01")
    phone_page.goto(book_site + path)
    card = phone_page.locator(".ui-cards tr:has(.ui-row-link)").first
    wanted = card.locator(".ui-row-link").get_attribute("href")

    box = card.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    card.locator("td").nth(1).tap(force=True)  # the title's link lies over the whole card

    expect(phone_page).to_have_url(f"{book_site}{wanted}")


def test_the_chosen_tab_is_in_view(phone_page: Page, book_site: str) -> None:
    sign_in(phone_page, book_site, "AD01")
    for path in ("/inbox?tab=done", "/admin/holidays/", "/renewals?stage=win_back"):
        phone_page.goto(book_site + path)
        chosen = phone_page.locator(".ui-tabs [aria-current]").first
        box = chosen.bounding_box() if chosen.count() else None
        if box is not None:
            assert box["x"] >= 0, path
            assert box["x"] + box["width"] <= 390, path


def test_a_task_says_whom_it_is_about_above_its_form(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "AG001")
    screen.goto(f"{book_site}/inbox?tab=all")
    screen.locator(".ui-row-link").first.click()
    about = screen.locator(".ui-about")

    if not is_phone(screen):
        expect(about).to_be_hidden()
        return
    expect(about).to_contain_text("川A***")
    expect(about).to_contain_text("测*")
    above, form = about.bounding_box(), screen.locator("#task-fields").bounding_box()
    assert above is not None and form is not None
    assert above["y"] + above["height"] <= form["y"]


def test_the_matrix_hides_nothing_on_a_phone(phone_page: Page, book_site: str) -> None:
    sign_in(phone_page, book_site, "SP01")

    beside = phone_page.evaluate(
        "(() => { const box = document.querySelector('.ui-scroll'); return box.scrollWidth - box.clientWidth; })()"
    )

    assert beside <= 0


def open_renewal(page: Page, site: str, number: int) -> None:
    page.goto(f"{site}/renewals?q={vin(number)}&open=all")
    page.locator(".ui-row-link").first.click()
    expect(page.locator("#diagram-view svg").first).to_be_visible()


def test_the_diagram_opens_readable_where_the_renewal_stands(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    open_renewal(screen, book_site, 8)

    live = screen.locator("#diagram-view .is-live").first
    text = live.locator("text").first
    view, task = screen.locator("#diagram-view").bounding_box(), live.bounding_box()
    size = text.evaluate(
        "(it) => parseFloat(getComputedStyle(it).fontSize) * it.getCTM().a / (it.ownerSVGElement.getCTM()?.a ?? 1)"
    )

    assert size >= 11
    assert view is not None and task is not None
    assert view["x"] <= task["x"] <= view["x"] + view["width"] - 40
    assert view["y"] + 52 <= task["y"], "the tools stand above the drawing"
    expect(screen.locator(".bjs-powered-by")).to_be_visible()


def test_the_diagram_fills_the_screen_and_comes_back(screen: Page, book_site: str) -> None:
    sign_in(screen, book_site, "SP01")
    open_renewal(screen, book_site, 8)
    view = screen.locator("#diagram-view")

    screen.get_by_role("button", name="全屏").click()
    box = view.bounding_box()
    assert box is not None and screen.viewport_size is not None
    assert (0, 0, screen.viewport_size["width"]) == (box["x"], box["y"], box["width"])

    screen.get_by_role("button", name="全屏").press("Escape")
    expect(view).not_to_have_class("is-full")


def test_a_stage_is_opened_by_a_thumb(phone_page: Page, book_site: str) -> None:
    sign_in(phone_page, book_site, "SP01")
    open_renewal(phone_page, book_site, 8)
    phone_page.locator("[data-sheet=renewal]").click()
    button = phone_page.locator(".renewal-drill").first

    expect(button).to_be_attached()
    size = button.evaluate("(it) => [it.getBoundingClientRect().width, it.getBoundingClientRect().height]")

    assert min(size) >= 44


def test_the_diagram_speaks_english(page: Page, book_site: str) -> None:
    sign_in(page, book_site, "SP01")
    page.get_by_role("button", name="English").click()

    open_renewal(page, book_site, 8)

    expect(page.locator("#diagram-view")).to_contain_text("Chase")
    words = page.locator("#diagram-view svg").first.text_content() or ""
    assert [] == [sign for sign in words if "\u4e00" <= sign <= "\u9fff"]


def test_a_refused_choice_keeps_its_ticks_and_the_choosing_open(phone_page: Page, book_site: str) -> None:
    sign_in(phone_page, book_site, "AG001")
    phone_page.goto(f"{book_site}/inbox?tab=all&group=single&action=G-L1")
    many = phone_page.locator(".ui-many input")
    many.check()
    ticks = phone_page.locator("input[name=task]")
    for number in range(2):
        ticks.nth(number).check()
    wanted = sorted(str(ticks.nth(number).get_attribute("value")) for number in range(2))

    phone_page.locator("#choose button:not([formaction])").click()

    expect(phone_page.locator(".ui-message-error")).to_be_visible()
    expect(many).to_be_checked()
    expect(phone_page.locator("[data-count]")).to_have_text("2")
    kept = [tick.get_attribute("value") for tick in phone_page.locator("input[name=task]:checked").all()]
    assert wanted == sorted(map(str, kept))
    phone_page.reload()
    expect(phone_page.locator("input[name=task]:checked")).to_have_count(0)
