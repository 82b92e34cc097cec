"""A leaver is handed over, an orphan claimed and late work urged, by mouse and by thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from engine import api
from tests.services.test_deadlines import AFTER_THREE, go
from tests.support.console import PASSWORD, TODAY, copy_book, open_book, renewal_of
from tests.support.reading import expect_well_made, sign_in


@pytest.fixture
def book_(prepared_book: Path, tmp_path: Path) -> Iterator[api.Engine]:
    """A book to be changed by one test, with a sign-in for a second agent."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    api.add_user(engine, "AG003", roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    yield engine
    engine.store.engine.dispose()


@pytest.fixture
def site(book_: api.Engine, serve: Callable[[Any], str]) -> str:
    """The console of the book."""
    return serve(create_app(book_))


def test_a_leaver_is_handed_over_and_what_is_left_is_claimed(
    screen: Page, site: str, book_: api.Engine
) -> None:
    sign_in(screen, site, "SU01")
    screen.goto(f"{site}/org/handovers")
    expect_well_made(screen)
    screen.get_by_label("交接人工号").fill("AG001")
    screen.get_by_label("最后在岗日").fill((TODAY - timedelta(days=1)).isoformat())
    screen.get_by_role("button", name="预览分配").click()

    change = screen.get_by_role("button", name="改派所选")
    expect(change).to_be_disabled()
    expect_well_made(screen)
    screen.locator(f"input[name=row][value='{renewal_of(book_, 4)}']").check()
    screen.get_by_label("改给").select_option("pool")
    change.click()
    expect(screen.locator(".ui-message-success")).to_contain_text("已改 1 笔")

    screen.get_by_role("button", name="确认交接").click()
    expect(screen.locator(".ui-head-facts")).to_contain_text("已交接")
    expect(screen.locator(".ui-figures")).to_contain_text("已交接")
    expect_well_made(screen)

    screen.context.clear_cookies()
    sign_in(screen, site, "AG003")
    screen.goto(f"{site}/pool")
    expect_well_made(screen)
    screen.get_by_role("button", name="认领").first.click()
    expect(screen.locator(".ui-message-success")).to_contain_text("已认领")
    screen.goto(site)
    expect(screen.locator("#first-contacts")).to_be_visible()
    expect_well_made(screen)


def test_a_missed_first_contact_is_seen_and_urged(screen: Page, site: str, book_: api.Engine) -> None:
    supervisor = api.actor_of(book_, "SU01")
    handover = api.prepare_handover(
        book_,
        "AG001",
        kind=api.HandoverKind.LEAVE,
        last_day=TODAY - timedelta(days=1),
        actor=supervisor,
    )
    api.confirm_handover(book_, handover, actor=supervisor)
    api.carry_out_handover(book_, handover, actor=supervisor)
    go(book_, AFTER_THREE)
    sign_in(screen, site, "SU01")

    expect(screen.locator("#alarms")).to_contain_text("接手后首次联系")
    expect_well_made(screen)
    screen.goto(f"{site}/urge")
    expect_well_made(screen)
    screen.get_by_label("本页全选").check()
    screen.get_by_role("button", name="催办", exact=False).first.click()
    expect(screen.locator(".ui-message")).to_contain_text("已催办")
    expect_well_made(screen)


def test_a_supervisor_writes_down_how_an_agent_who_contacts_nobody_was_coached(
    screen: Page, site: str, book_: api.Engine
) -> None:
    go(book_, date(2026, 11, 30))
    sign_in(screen, site, "SU01")
    screen.locator("#alarms a[href*='/coaching/']").click()
    expect_well_made(screen)
    screen.get_by_label("首次联系").check()
    screen.get_by_label("当面").check()
    screen.get_by_label("辅导要点").fill("每天上午联系五位客户")
    screen.get_by_label("复查日期").fill("2026-12-02")
    screen.get_by_role("button", name="登记辅导").click()

    expect(screen.locator(".ui-message-success")).to_contain_text("辅导已登记")
    expect(screen.locator("#alarms a[href*='/coaching/']")).to_have_count(0)
