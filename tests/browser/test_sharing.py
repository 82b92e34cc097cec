"""A customer withdraws sharing, and an unknown filter is cleared, before the eyes of the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from engine.api import Engine
from tests.support.console import copy_book, open_book, renewal_of
from tests.support.reading import sign_in

WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def own_book(prepared_book: Path, tmp_path: Path) -> Iterator[Engine]:
    """A book of this test alone: others' agents keep their renewals."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    yield engine
    engine.store.engine.dispose()


def test_the_specialist_gets_the_renewal_and_clears_an_unknown_filter(
    screen: Page, own_book: Engine, serve: Callable[[Any], str]
) -> None:
    book_site = serve(create_app(own_book))
    sign_in(screen, book_site, "SP01")
    renewal = f"{book_site}/renewals/{renewal_of(own_book, 7)}"
    screen.goto(renewal)
    screen.get_by_role("link", name="客户续保档案").click()

    form = screen.locator("form#consent")
    if not form.is_visible():
        screen.locator("details:has(form#consent) > summary").click()
    form.locator("input[name=kinds][value=share_to_life]").check()
    form.locator("select[name=answer]").select_option("withdrawn")
    form.locator("button").last.click()
    expect(screen.get_by_text("已转由交叉销售专员服务")).to_be_visible()

    screen.goto(renewal)
    expect(screen.get_by_text("仅专员服务").first).to_be_visible()
    expect(screen.get_by_text("由交叉销售专员直接服务")).to_be_visible()
    assert 0 == screen.evaluate(WIDTH)

    screen.goto(f"{book_site}/inbox?tab=all&unit=ZC99")
    expect(screen.get_by_text("因此不显示任何任务")).to_be_visible()
    assert 0 == screen.evaluate(WIDTH)
    screen.get_by_role("link", name="清除条件“团队或机构”").click()
    expect(screen.get_by_text("因此不显示任何任务")).to_have_count(0)
    expect(screen.locator("input[name=task]").first).to_be_attached()
