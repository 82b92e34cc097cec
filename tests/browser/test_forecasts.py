"""A specialist settles forecasts that ask for a person, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from admin.app import create_app
from engine import api
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, copy_book, open_book
from tests.support.reading import expect_well_made, sign_in

CARS = range(410, 414)


@pytest.fixture
def book_of_risers(prepared_book: Path, tmp_path: Path, serve: Callable[[Any], str]) -> Iterator[str]:
    """The book with four renewals that came late and whose forecasts rise."""
    engine = open_book(copy_book(prepared_book, tmp_path / "book"))
    steep = {"保费": "3000", "NCD系数": "0.5", "自主定价系数": "0.9", "出险次数": "4", "连续承保年数": "5"}
    rows = [
        policy(n, TODAY + timedelta(days=20), agent="AG001", sub_branch="PC330101", **steep) for n in CARS
    ]
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)
    yield serve(create_app(engine))
    engine.store.engine.dispose()


def test_one_is_settled_from_home_and_the_others_are_accepted_at_once(
    screen: Page, book_of_risers: str
) -> None:
    site = book_of_risers
    sign_in(screen, site, "SP01")
    screen.goto(site)
    expect_well_made(screen)
    screen.locator("#forecasts .ui-list-item").first.click()

    review = screen.locator("#review")
    expect(review).to_contain_text("比上年贵两成以上")
    expect_well_made(screen)
    review.get_by_label("预测保费 中（元）").fill("6500")
    review.get_by_role("button", name="核定").click()
    expect(screen.locator(".ui-message-success")).to_contain_text("已核定")
    expect(screen.locator("#quotes")).to_contain_text("6,500.00 元")

    screen.goto(f"{site}/forecasts")
    expect_well_made(screen)
    button = screen.get_by_role("button", name="按原预测核定")
    expect(button).to_be_disabled()
    screen.get_by_label("有预测数的全部").check()
    button.click()
    expect(screen.locator(".ui-message-success")).to_contain_text("已核定 3 笔")
    expect(screen.locator(".ui-empty")).to_contain_text("没有待核定的预测报价")
