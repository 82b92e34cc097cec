"""No page of the console is wider than a phone, in neither language, with everything on it unfolded."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.reading import sign_in

NO_PAGE = re.compile(r"xlsx|csv|json|bpmn|/static/|/attachments/|/export|/logout")
NUMBER = re.compile(r"\d+")
LINKS = (
    "[...document.querySelectorAll('a[href^=\"/\"]')].map((one) => one.getAttribute('href').split('#')[0])"
)
UNFOLD = "document.querySelectorAll('details:not(.ui-pop)').forEach((one) => (one.open = true))"
FIRST = ("/account", "/urge?late=0", "/inbox?tab=all", "/bulk", "/ledger", "/letters", "/pool", "/nowhere")
PEOPLE = ("SP01", "AG001", "CC01", "AD01")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_is_as_narrow_as_a_phone(
    new_context: Callable[..., BrowserContext],
    phone_context_args: dict[str, Any],
    book_site: str,
    lang: str,
) -> None:
    wide: dict[str, int] = {}
    seen: set[str] = set()
    for who in PEOPLE:
        context = new_context(**phone_context_args)
        context.add_cookies([{"name": "lang", "value": lang, "url": book_site}])
        page = context.new_page()
        sign_in(page, book_site, who)
        wide |= walked(page, book_site, seen)
        context.close()

    assert {} == wide
    assert 40 < len(seen), "the walk reaches most of the console"


def walked(page: Page, site: str, seen: set[str]) -> dict[str, int]:
    """Open one page of each kind that links lead to; return those that are too wide, with their widths."""
    wide, ahead = {}, ["/", *FIRST]
    seen.discard("/")  # everybody's own
    while ahead:
        path = ahead.pop(0)
        kind = NUMBER.sub("0", path.partition("?")[0])
        if kind in seen or NO_PAGE.search(path):
            continue
        seen.add(kind)
        page.goto(f"{site}{path}", wait_until="domcontentloaded")
        page.evaluate(UNFOLD)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
        ahead += page.evaluate(LINKS)
    return wide
