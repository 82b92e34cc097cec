"""English pages are English: no Chinese but names, vehicles, and what people or lists wrote."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import select

from engine.api import PROFILES, Engine
from engine.tables import Customer, Holiday, OrgUnit, Person, Renewal, UserAccount, UserTask, Vehicle
from tests.support.console import Browser, signed_in

pytestmark = pytest.mark.one_database

CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
MASKED = re.compile(r"[\u4e00-\u9fff][A-Z]?\*{1,3}\w*")
SHEETS = ("机构", "人员", "对接", "中文")
LISTED = ("商业", "交强", "非营业个人客车", "燃油")
"""Cells of the imported list, shown as the sender wrote them."""
ADDRESSES = (
    *("/", "/renewals", "/renewals?open=all", "/inbox?tab=all", "/inbox?tab=done", "/inbox?tab=late"),
    *("/account", "/org", "/imports", "/imports/1"),
    *("/ledger", "/ledger/copies/1", "/morning", "/customers/1", "/customers/8"),
    *(
        f"/admin/{name}"
        for name in ("", "renewals/", "tasks/", "imports/", "timers/", "incidents/", "outbox/")
    ),
    *(f"/admin/{name}/" for name in ("history", "definitions", "people", "units", "users", "holidays")),
    "/admin/definitions/details/?id=1",
    "/admin/history/details/?id=1",
)


@pytest.fixture
def names(book: Engine) -> list[str]:
    """What stays Chinese: people, units, cars, free text and headers of lists; the longest first."""
    with book.store.reading() as session:
        found = {
            str(text)
            for column in (
                *(Person.name, OrgUnit.name, OrgUnit.city, OrgUnit.province, Vehicle.make_model),
                *(UserAccount.display_name, Holiday.name, Holiday.source),
            )
            for text in session.scalars(select(column))
            if text
        }
        found |= {customer.name for customer in session.scalars(select(Customer))}
    found |= {header for profile in PROFILES.values() for header in profile.headers}
    return sorted(found, key=len, reverse=True)


def speak_english(browser: Browser) -> None:
    browser.get("/")
    form = browser.form_to("/language")
    browser.submit(form, {"lang": "en"})


def chinese_on(page: BeautifulSoup, names: list[str]) -> list[str]:
    for tag in page.find_all(["script", "style"]):
        tag.decompose()
    texts = list(page.stripped_strings)
    for tag in page.find_all(True):
        if isinstance(tag, Tag):
            texts += [
                str(tag[name])
                for name in ("title", "placeholder", "aria-label", "data-label")
                if name in tag.attrs
            ]
    found = []
    for text in texts:
        rest = MASKED.sub("", text)
        for name in (*names, *SHEETS):
            rest = rest.replace(name, "")
        if CJK.search(rest):
            found.append(text)
    return found


@pytest.mark.parametrize("who", ["AG001", "SP01", "TR01", "CC01", "PO01", "AD01"])
def test_no_chinese_is_left_on_an_english_page(app: Flask, book: Engine, names: list[str], who: str) -> None:
    person = signed_in(app, who)
    speak_english(person)
    with book.store.reading() as session:
        renewals = [f"/renewals/{key}" for key in session.scalars(select(Renewal.id))]
        tasks = [f"/tasks/{key}" for key in session.scalars(select(UserTask.id))]

    left: dict[str, list[str]] = {}
    seen = 0
    for path in (*ADDRESSES, *renewals, *tasks):
        answer = person.client.get(path)
        seen += answer.status_code == 200
        written = [*names, *LISTED] if path.startswith("/imports/") else names
        found = chinese_on(BeautifulSoup(answer.get_data(as_text=True), "lxml"), written)
        if found:
            left[path] = found[:6]

    assert seen > 15
    assert {} == left


@pytest.mark.parametrize(
    "first, then, titles",
    [
        ("zh", "en", {"Cross-selling specialist", "Workplace trainer"}),
        ("en", "zh", {"交叉销售专员", "寿险组训"}),
    ],
)
def test_the_first_to_open_a_page_does_not_choose_the_language_of_the_next(
    app: Flask, first: str, then: str, titles: set[str]
) -> None:
    person = signed_in(app, "CC01")
    for lang in (first, then):
        person.get("/")
        person.submit(person.form_to("/language"), {"lang": lang})
        person.get("/org")

    assert titles <= {head.get_text() for head in person.soup.find_all("th")}
