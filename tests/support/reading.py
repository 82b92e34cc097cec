"""What a demanding reader notices on any page of the console, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support.console import PASSWORD

LATIN = re.compile(r"[A-Za-z]{2,}")
# Names and codes that stay as they are on a Chinese page.
ALLOWED = re.compile(
    r"English|VIN|BPMN\.iO|Powered by bpmn\.io|csv|xlsx?|[A-Z]{1,2}-[A-Z]{1,2}\d+|[A-Z]{2}\d{2,}|LSV\S*|T[-+]\d+|ZC\d+|MB|NCD",
    re.I,
)
WORDS = """() => {
  const seen = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (parent && !parent.closest('script, style, code') && parent.checkVisibility()) seen.push(walk.currentNode.data);
  }
  for (const element of document.querySelectorAll('[title], [placeholder], [aria-label], [alt]'))
    for (const name of ['title', 'placeholder', 'aria-label', 'alt']) seen.push(element.getAttribute(name) || '');
  return seen.join(' ');
}"""
SMALL = """() => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')]
  .filter((one) => one.checkVisibility() && !one.closest('.ui-diagram, .fjs-container, p, dd, td:not(.ui-cell-acts), th'))
  .map((one) => [one.textContent.trim().slice(0, 20) || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.right > 0 && box.height < 34)
  .map(([name, box]) => `${name}: ${Math.round(box.height)}`)"""


def sign_in(page: Page, site: str, name: str) -> None:
    """Sign in as *name* and stand on the home page."""
    page.goto(f"{site}/login")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("#sign-in button").click()
    expect(page.locator(".ui-menu-entry[aria-current]").first).to_be_attached()


def english_on(page: Page) -> list[str]:
    """Latin words that a Chinese reader would stumble over."""
    return LATIN.findall(ALLOWED.sub(" ", str(page.evaluate(WORDS))))


def is_phone(page: Page) -> bool:
    """Whether the page is 390 pixels wide."""
    return page.viewport_size is not None and page.viewport_size["width"] < 500


def expect_well_made(page: Page) -> None:
    """Expect Chinese only, nothing beside the screen, and on a phone targets that a thumb can hit."""
    page.wait_for_load_state("networkidle")
    english = english_on(page)
    assert [] == english, f"{page.url}: {english}"
    beside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert 0 == beside, f"{page.url}: {beside} pixels beside the screen"
    if is_phone(page):
        small = page.evaluate(SMALL)
        assert [] == small, f"{page.url}: {small}"
