"""The inbox at work in a real browser: keys, autosave, putting off, handing on, comments and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from engine import api
from engine.api import Engine
from engine.tables import Renewal
from tests.acceptance import answers
from tests.support.console import PASSWORD, TODAY, copy_book, open_book, renewal_of, task_of
from tests.support.files import PNG
from tests.support.reading import expect_well_made, is_phone, sign_in


@pytest.fixture
def house(prepared_book: Path, tmp_path: Path) -> Iterator[Engine]:
    """A book of this test's own, in which a second agent of the team may sign in."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    api.add_user(engine, "AG002", roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    yield engine
    engine.store.engine.dispose()


@pytest.fixture
def site(house: Engine, serve: Callable[[Any], str]) -> str:
    return serve(create_app(house))


def here(page: Page) -> list[str]:
    return page.locator(".ui-row-here a.ui-row-link").all_inner_texts()


def test_keys_move_tick_open_search_and_explain(page: Page, site: str) -> None:
    sign_in(page, site, "SP01")
    page.goto(f"{site}/inbox?tab=all")
    names = page.locator("a.ui-row-link").all_inner_texts()

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert [names[1]] == here(page)
    page.keyboard.press("k")
    assert [names[0]] == here(page)
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect_well_made(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("/")
    page.keyboard.type("jkx?")
    expect(page.locator("input[type=search]")).to_have_value("jkx?")
    assert [names[0]] == here(page), "typing moves nothing"
    page.locator("h1").click()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#task-fields")).to_be_visible()


def test_what_is_typed_is_kept_without_a_button(page: Page, site: str, house: Engine) -> None:
    found = task_of(house, 7, "record_contact").id
    sign_in(page, site, "AG001")
    page.goto(f"{site}/tasks/{found}")
    words = page.locator("#task-fields textarea").first

    words.fill("下午三点再打")
    words.blur()
    expect(page.locator("[data-kept][role=status]")).to_have_text("草稿已自动保存 10:30")

    page.goto(f"{site}/tasks/{found}")
    expect(page.locator("#task-fields textarea").first).to_have_value("下午三点再打")


def test_who_lost_the_race_is_told_while_typing_and_loses_no_word(
    screen: Page, site: str, house: Engine
) -> None:
    found = task_of(house, 7, "record_contact").id
    api.arrange_absence(house, "AG001", "AG002", first=TODAY, last=TODAY, actor=api.actor_of(house, "AG001"))
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/tasks/{found}")
    expect(screen.locator("#task-fields textarea").first).to_be_visible()
    api.complete_task(house, found, answers.record_contact(TODAY, "12"), actor=api.actor_of(house, "AG002"))

    words = screen.locator("#task-fields textarea").first
    words.fill("客户周五有空")
    words.blur()
    expect(screen.get_by_role("alert")).to_contain_text("办结")
    screen.get_by_role("link", name="查看我填写的内容").click()

    expect(screen.get_by_text("客户周五有空")).to_be_visible()
    expect_well_made(screen)


def test_a_task_is_put_off_handed_on_and_taken_back(screen: Page, site: str, house: Engine) -> None:
    found = task_of(house, 7, "record_contact").id
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/tasks/{found}")
    screen.locator("#put-off summary").click()
    screen.locator("#put-off input[name=day]").fill("2026-11-25")
    expect_well_made(screen)
    screen.get_by_role("button", name="推迟到这一天").click()
    expect(screen.locator(".ui-message", has_text="已推迟")).to_be_visible()
    screen.goto(f"{site}/inbox?tab=snoozed")
    expect(screen.locator(".ui-table")).to_contain_text("下次跟进 11-25 周三")
    expect_well_made(screen)

    screen.goto(f"{site}/tasks/{found}")
    screen.locator("#delegate summary").click()
    screen.locator("#delegate select").select_option("AG002")
    expect_well_made(screen)
    screen.locator("#delegate button").click()
    screen.goto(f"{site}/inbox?tab=waiting")
    expect_well_made(screen)
    screen.get_by_role("button", name="收回").first.click()

    expect(screen.locator(".ui-message", has_text="已收回")).to_be_visible()


def test_comments_and_files_read_well(screen: Page, site: str, house: Engine) -> None:
    found = task_of(house, 7, "record_contact").id
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/tasks/{found}")
    screen.locator("#add-comment textarea").fill("客户周末在家，电话 13812345678")
    screen.locator("#add-comment button").click()
    expect(screen.locator("#notes")).to_contain_text("客户周末在家，电话 138****5678")
    screen.locator("#add-file input[type=file]").set_input_files(
        files=[{"name": "行驶证.png", "mimeType": "image/png", "buffer": PNG}]
    )
    screen.locator("#add-file button").click()
    expect(screen.locator("#notes a[download]")).to_have_text("行驶证.png")

    with screen.expect_download() as saved:
        screen.locator("#notes a[download]").click()
    assert "行驶证.png" == saved.value.suggested_filename


def test_a_view_is_saved_used_and_dropped(screen: Page, site: str) -> None:
    sign_in(screen, site, "SP01")
    screen.goto(f"{site}/inbox?tab=all&sort=expiry")
    screen.get_by_text("保存为视图").click()
    screen.locator("#save-view input[name=name]").fill("按到期")
    expect_well_made(screen)
    screen.locator("#save-view button").click()

    screen.goto(f"{site}/inbox")
    screen.get_by_role("link", name="按到期").click()
    expect(screen.locator(".ui-view-on")).to_contain_text("按到期")
    expect_well_made(screen)
    if not is_phone(screen):
        expect(screen.locator("select[name=sort]")).to_have_value("expiry")
    screen.on("dialog", lambda dialog: dialog.accept())
    screen.get_by_role("button", name="删除视图“按到期”").click()

    expect(screen.locator(".ui-message", has_text="视图已删除")).to_be_visible()


def test_many_tasks_are_handed_to_a_colleague(screen: Page, site: str) -> None:
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/inbox?tab=all")
    if is_phone(screen):
        screen.get_by_text("多选办理").tap()
    screen.locator(".ui-choice").nth(1).check()
    screen.locator(".ui-choice").nth(2).check()
    screen.get_by_role("button", name="委托他人代办").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("选定 2 项")
    expect_well_made(screen)
    screen.locator("#hand-on select").select_option("AG002")

    screen.get_by_role("button", name="确认委托").click()

    expect(screen.locator(".ui-message", has_text="AG002 代办")).to_be_visible()


def test_several_cars_of_one_customer_are_one_card(screen: Page, site: str, house: Engine) -> None:
    with house.store.transaction() as tx:
        rows = [tx.get_one(Renewal, renewal_of(house, car)) for car in (10, 3, 8, 6)]
        for row in rows:
            row.customer_id = rows[0].customer_id
    sign_in(screen, site, "SP01")
    screen.goto(f"{site}/inbox?tab=all")
    card = screen.locator("tbody.ui-kin")
    expect(card.locator("tr:visible .ui-row-link")).to_have_count(3)
    expect_well_made(screen)
    tasks = card.locator("input[name=task]").count()
    screen.locator(".ui-kin-open").click()
    expect(card.locator("tr:visible .ui-row-link")).to_have_count(tasks)
    expect_well_made(screen)

    if is_phone(screen):
        return
    screen.goto(f"{site}/inbox?tab=all")
    screen.keyboard.press("j")
    expect(screen.locator(".ui-kin-head.ui-row-here")).to_have_count(1)
    screen.keyboard.press("x")
    expect(screen.locator("[data-count]")).to_have_text(str(tasks))
    screen.keyboard.press("j")
    assert [card.locator("a.ui-row-link").first.inner_text()] == here(screen)
    screen.keyboard.press("x")
    expect(screen.locator("[data-count]")).to_have_text(str(tasks - 1))
    assert card.locator("[data-card]").evaluate("tick => tick.indeterminate")
    screen.keyboard.press("o")
    expect(card.locator("tr:visible .ui-row-link")).to_have_count(tasks)
    screen.keyboard.press("o")
    expect(card.locator("tr:visible .ui-row-link")).to_have_count(3)
    for _ in range(4):
        screen.keyboard.press("j")
    expect(screen.locator(".ui-row-here a.ui-row-link")).not_to_have_text("")
    assert not card.locator(".ui-kin-more.ui-row-here").count(), "what is folded away is passed over"


def test_many_tasks_are_put_off_together_and_wake_together(screen: Page, site: str) -> None:
    sign_in(screen, site, "AG001")
    screen.goto(f"{site}/inbox?tab=all")
    if is_phone(screen):
        screen.get_by_text("多选办理").tap()
    screen.locator(".ui-choice").nth(1).check()
    screen.locator(".ui-choice").nth(2).check()
    screen.get_by_role("button", name="推迟").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("选定 2 项")
    screen.locator("#put-off input[name=day]").fill("2026-12-20")
    expect_well_made(screen)
    screen.get_by_role("button", name="推迟到这一天").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("未推迟")
    expect_well_made(screen)
    screen.locator("#put-off input[name=reason]").fill("客户下月才回来")
    screen.get_by_role("button", name="推迟到这一天").click()

    expect(screen.locator(".ui-message", has_text="项任务推迟到 2026-12-20")).to_be_visible()
    screen.goto(f"{site}/inbox?tab=snoozed")
    if is_phone(screen):
        screen.get_by_text("多选办理").tap()
    screen.locator("[data-page]").check()
    screen.get_by_role("button", name="取消推迟").click()

    expect(screen.locator(".ui-message", has_text="任务回到待办")).to_be_visible()


def test_two_pages_of_one_person_keep_both_drafts_and_say_so(screen: Page, site: str, house: Engine) -> None:
    found = task_of(house, 7, "record_contact").id
    sign_in(screen, site, "AG001")
    other = screen.context.new_page()
    for page in (screen, other):
        page.goto(f"{site}/tasks/{found}")
        expect(page.locator("#task-fields .fjs-container")).to_be_visible()
    for page, text in ((screen, "第一页写的"), (other, "第二页写的")):
        words = page.locator("#task-fields textarea").first
        words.fill(text)
        words.blur()
        expect(page.locator("[data-kept][role=status]")).to_contain_text("草稿已自动保存")

    expect(other.get_by_role("alert")).to_contain_text("两份草稿都已保留")
    other.close()
    screen.goto(f"{site}/tasks/{found}")
    screen.locator("summary", has_text="另一份草稿").click()
    expect(screen.locator(".ui-fold[open] .ui-facts")).to_contain_text("第一页写的")
    expect_well_made(screen)
    screen.get_by_role("link", name="改用这一份").click()
    expect(screen.locator("#task-fields textarea").first).to_have_value("第一页写的")

    api.complete_task(house, found, answers.record_contact(TODAY, "12"), actor=api.actor_of(house, "AG001"))
    words = screen.locator("#task-fields textarea").first
    words.fill("办结之后又写的")
    words.blur()
    expect(screen.get_by_text("您已在另一个页面办结这项任务")).to_be_visible()
    expect(screen.locator("#other-drafts")).to_have_count(0)


def test_words_typed_after_a_task_was_taken_back_are_kept_and_the_reason_is_named(
    page: Page, site: str, house: Engine
) -> None:
    found = task_of(house, 7, "record_contact").id
    api.delegate_task(house, found, "AG002", note="", actor=api.actor_of(house, "AG001"))
    sign_in(page, site, "AG002")
    page.goto(f"{site}/tasks/{found}")
    expect(page.locator("#task-fields .fjs-container")).to_be_visible()
    api.return_task(house, found, actor=api.actor_of(house, "AG001"))

    words = page.locator("#task-fields textarea").first
    words.fill("客户周五下午有空")
    words.blur()

    expect(page.get_by_role("alert")).to_contain_text("已转给他人")
    page.get_by_role("link", name="查看我填写的内容").click()
    expect(page.get_by_text("客户周五下午有空")).to_be_visible()
