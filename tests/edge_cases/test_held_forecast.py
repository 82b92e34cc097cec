"""A forecast that is held back is found on no page, sheet or file that its agent can reach (domain.md §3.6)."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.tables import Quote, Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, Browser, complete, renewal_of, signed_in

pytestmark = pytest.mark.one_database

CAR = 400
PAGES = (
    "/",
    "/inbox",
    "/inbox?tab=all",
    "/renewals",
    "/renewals?open=all",
    "/bulk",
    "/morning",
    "/letters",
    "/ledger",
)
"""Where the walk begins; it goes on by every link."""
MOST = 200
OF_ONE = re.compile(r"/(renewals|customers|tasks)/\d")
UNREAD = (".bpmn", "/logout")


@dataclass(frozen=True)
class Seen:
    """One address and all the text that it sent."""

    path: str
    text: str


def hold(book: Engine) -> Quote:
    """A renewal of AG001 whose forecast rises steeply, with an actual quote beside it."""
    row = policy(
        CAR, TODAY + timedelta(days=50), agent="AG001", sub_branch="PC330101",
        保费="3000", NCD系数="0.5", 自主定价系数="0.9", 出险次数="4", 连续承保年数="5",
    )  # fmt: skip
    batch = api.preview_list(book, standard_csv([row]), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    complete(book, CAR, "dispatch_list", answers.dispatch_list(TODAY))
    api.deliver_message(
        book,
        "quote_received",
        vin(CAR),
        data={"commercial_premium": "9100", "quote_no": "Q1"},
        actor=api.SYSTEM,
    )
    return forecast(book)


def forecast(book: Engine) -> Quote:
    with book.store.reading() as session:
        wanted = select(Quote).where(
            Quote.renewal_id == renewal_of(book, CAR), Quote.kind == "forecast", Quote.is_current
        )
        return session.scalars(wanted).one()


def figures(quote: Quote, actual: Decimal = Decimal(9100)) -> re.Pattern[str]:
    """How the figures, and what the actual quote is off them by, may be written."""
    assert quote.low is not None and quote.mid is not None and quote.high is not None
    amounts = {quote.low, quote.mid, quote.high, actual - quote.mid}
    forms = (form.format(amount.quantize(Decimal(1))) for amount in amounts for form in ("{:,}", "{}"))
    return re.compile(rf"(?<![\w.,-])(?:{'|'.join(map(re.escape, forms))})(?!\w)")


def own_pages(book: Engine) -> Iterator[str]:
    """The addresses of the renewal itself, its customer and its tasks."""
    number = renewal_of(book, CAR)
    with book.store.reading() as session:
        renewal = session.get_one(Renewal, number)
        yield f"/renewals/{number}"
        yield f"/customers/{renewal.customer_id}"
        for task in session.scalars(select(UserTask.id).where(UserTask.instance_id == number)):
            yield f"/tasks/{task}"


def walk(browser: Browser, own: Collection[str]) -> list[Seen]:
    """Open every address that links lead to, once for each choice of conditions, but those of other renewals."""
    waiting, seen = [*own, *PAGES], list[Seen]()
    known = set[tuple[object, ...]]()
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        parts = urlsplit(path)
        kept = [(key, value) for key, value in parse_qsl(parts.query) if key in ("kind", "tab")]
        mark = (parts.path, *sorted(kept), *sorted(key for key, _ in parse_qsl(parts.query)))
        if mark in known or (OF_ONE.match(parts.path) and not parts.path.startswith(tuple(own))):
            continue
        known.add(mark)
        answer = browser.client.get(path)
        if answer.status_code in (301, 302, 303, 308):
            waiting.append(urljoin(path, answer.headers["Location"]))
        if answer.status_code != 200:
            continue
        seen.append(Seen(path, text_of(answer.mimetype, answer.get_data())))
        if answer.mimetype == "text/html":
            waiting += links(BeautifulSoup(answer.get_data(as_text=True), "lxml"), path)
    return seen


def links(page: BeautifulSoup, base: str) -> list[str]:
    found = [urljoin(base, str(link["href"])) for link in page.find_all("a", href=True)]
    return [one for one in found if one.startswith("/") and not one.endswith(UNREAD)]


def text_of(mimetype: str, content: bytes) -> str:
    if "spreadsheet" not in mimetype:
        return content.decode("utf-8", errors="replace")
    book = load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def test_its_agent_finds_the_figure_nowhere_until_the_specialist_has_looked(book: Engine, app: Flask) -> None:
    wanted = figures(hold(book))

    found = walk(signed_in(app, "AG001"), [*own_pages(book)])

    told = [(page.path, figure) for page in found for figure in wanted.findall(page.text)]
    assert not told
    paths = {urlsplit(page.path).path for page in found}
    assert {*own_pages(book)} <= paths and len(paths) > 12
    assert any(path.endswith(".xlsx") for path in paths)
    assert any(page.path.startswith("/customers/") and "待核定" in page.text for page in found)
    specialist = signed_in(app, "SP01")
    specialist.get(f"/renewals/{renewal_of(book, CAR)}")
    assert wanted.search(specialist.text), "the figure is there to be found"
