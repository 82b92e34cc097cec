"""A small book of renewals to look at through the console, and people who sign in to it.

Today is Tuesday 2026-11-24, 10:30 Shanghai. Agent AG001 (workplace ZC01, specialist SP01) holds cars 1 to 11,
one for nearly every distance to expiry; AG009 (workplace ZC02, specialist SP02) holds cars 21 and 22.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from engine import api
from engine.settings import load_settings
from engine.tables import Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support import databases
from tests.support.org import write_org

TODAY = date(2026, 11, 24)
LISTED = date(2026, 11, 20)
PASSWORD = "a-good-password-1"
DAYS_LEFT = {1: 80, 2: 61, 3: 58, 4: 50, 5: 44, 6: 35, 7: 28, 8: 12, 9: 5, 10: 0, 11: -4, 21: 44, 22: 20}
PEOPLE = {
    "CC01": "channel",
    "SP01": "specialist",
    "TR01": "trainer",
    "SU01": "supervisor",
    "AG001": "agent",
    "AG009": "agent",
    "PO01": "process_owner",
    "AP01": "approver",
    "AU01": "auditor",
    "AD01": "admin",
}
UNITS = {
    "CC01": "PC3301-QD",
    "SP01": "PC330101",
    "TR01": "ZC01",
    "SU01": "ZC01-1",
    "AG001": "ZC01-1",
    "AG009": "ZC02-1",
}


def settings(home: Path) -> Any:
    """Return settings of the installation in *home* on the virtual clock."""
    return load_settings(databases.environment(home))


def open_book(home: Path) -> api.Engine:
    """Return the engine on the book that stands in *home*."""
    return api.build_engine(settings(home))


def build_book(home: Path) -> None:
    """Build the book in *home*: organisation, people, processes, a list, four days of it."""
    engine = open_book(home)
    api.upgrade(engine)
    api.set_clock(engine, at(engine, LISTED, 9), actor=api.SYSTEM)
    api.import_org(engine, write_org(), "org.xlsx", actor=api.SYSTEM)
    for name, role in PEOPLE.items():
        unit = UNITS.get(name, "PC3301")
        api.add_user(engine, name, roles=[role], unit_code=unit, password=PASSWORD, actor=api.SYSTEM)
    api.deploy(engine, api.read_files(), by="PO01")
    batch = api.preview_list(engine, standard_csv(rows()), "2026-11.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)
    _hand_out(engine)
    complete(engine, 8, "record_contact", answers.record_contact(LISTED, "12"))
    api.advance_clock(engine, to=at(engine, TODAY, 10, 30), actor=api.SYSTEM)
    engine.store.engine.dispose()


def _hand_out(engine: api.Engine) -> None:
    """Specialists hand out every list but those of cars 4 and 9."""
    for number in DAYS_LEFT:
        tasks = [] if number in (4, 9) else open_tasks(engine, number)
        for task in tasks:
            if task.form_id == "dispatch_list":
                actor = api.actor_of(engine, task.assignee_no)
                owner = "AG001" if number < 20 else "AG009"
                api.complete_task(engine, task.id, answers.dispatch_list(LISTED, agent_no=owner), actor=actor)


def open_tasks(engine: api.Engine, number: int) -> list[UserTask]:
    """Return the open tasks of car *number*, in the order they opened."""
    with engine.store.reading() as session:
        renewal = session.scalars(select(Renewal).where(Renewal.vin == vin(number))).one()
        wanted = select(UserTask).where(
            UserTask.instance_id == renewal.id, UserTask.status.in_(["open", "claimed"])
        )
        return list(session.scalars(wanted.order_by(UserTask.id)))


def task_of(engine: api.Engine, number: int, form_id: str) -> UserTask:
    """Return the open task of car *number* with this form."""
    return next(task for task in open_tasks(engine, number) if task.form_id == form_id)


def complete(engine: api.Engine, number: int, form_id: str, values: dict[str, Any]) -> None:
    """Let whom it is assigned to complete a task of car *number*."""
    task = task_of(engine, number, form_id)
    api.complete_task(engine, task.id, values, actor=api.actor_of(engine, task.assignee_no or ""))


def rows() -> list[dict[str, Any]]:
    """The list: a commercial line for every car, and both lines for car 8."""
    found = [_row(n) for n in DAYS_LEFT]
    return [*found, _row(8, line="交强")]


def _row(number: int, **more: Any) -> dict[str, Any]:
    agent, workplace = ("AG001", "ZC01") if number < 20 else ("AG009", "ZC02")
    sub_branch = "PC330101" if number < 20 else "PC330102"
    expiry = TODAY + timedelta(days=DAYS_LEFT[number])
    return policy(number, expiry, agent=agent, sub_branch=sub_branch, 职场=workplace, **more)


def at(engine: api.Engine, day: date, hour: int, minute: int = 0) -> datetime:
    """Return a local moment of the business time zone."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=engine.clock.zone)


def renewal_of(engine: api.Engine, number: int) -> int:
    """Return the id of the renewal of car *number*."""
    with engine.store.reading() as session:
        return int(session.scalars(select(Renewal.id).where(Renewal.vin == vin(number))).one())


@contextmanager
def counted(engine: api.Engine) -> Iterator[list[str]]:
    """Collect the SQL statements sent while the block runs."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append(statement)

    event.listen(engine.store.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.store.engine, "before_cursor_execute", note)


@dataclass(slots=True)
class Browser:
    """A person without JavaScript: reads pages, presses buttons of the forms on them."""

    client: FlaskClient
    page: TestResponse | None = None
    _read: tuple[TestResponse, BeautifulSoup] | None = None

    def get(self, path: str, status: int = 200) -> BeautifulSoup:
        """Open *path* and return what it shows."""
        self.page = self.client.get(path, follow_redirects=True)
        assert status == self.page.status_code, (path, self.page.status_code, self.text[:600])
        return self.soup

    @property
    def soup(self) -> BeautifulSoup:
        """The page as a tree, read once: whoever cuts it down does so for the next who asks."""
        assert self.page is not None
        if self._read is None or self._read[0] is not self.page:
            self._read = self.page, BeautifulSoup(self.page.get_data(as_text=True), "lxml")
        return self._read[1]

    @property
    def text(self) -> str:
        """The page's text on one line."""
        return " ".join(self.soup.get_text(" ").split())

    def form(self, form_id: str) -> Tag:
        """Return the form with this id."""
        found = self.soup.find("form", id=form_id)
        assert isinstance(found, Tag), self.text[:600]
        return found

    def form_to(self, path: str) -> Tag:
        """Return the form that is sent to *path*."""
        found = self.soup.find("form", action=path)
        assert isinstance(found, Tag), (path, self.text[:600])
        return found

    def submit(
        self, form: Tag, values: dict[str, Any] | None = None, status: int = 200, action: str | None = None
    ) -> BeautifulSoup:
        """Send *form* with what stands in it and *values* over it, and follow where that leads."""
        data: list[tuple[str, str]] = [pair for pair in self.entries(form) if pair[0] not in (values or {})]
        for key, value in (values or {}).items():
            data += [(key, str(one)) for one in (value if isinstance(value, list) else [value])]
        assert self.page is not None
        target = action or str(form.get("action") or self.page.request.path)
        self.page = self.client.post(
            target,
            data=urlencode(data),
            content_type="application/x-www-form-urlencoded",
            follow_redirects=True,
        )
        assert status == self.page.status_code, (target, self.page.status_code, self.text[:600])
        return self.soup

    @staticmethod
    def entries(form: Tag) -> list[tuple[str, str]]:
        """What a browser would send of *form* as it stands."""
        found: list[tuple[str, str]] = []
        for field in form.find_all(["input", "select", "textarea"]):
            name = str(field.get("name") or "")
            if not name:
                continue
            if field.name == "select":
                chosen = field.find("option", selected=True) or field.find("option")
                found.append((name, str(chosen.get("value", "")) if isinstance(chosen, Tag) else ""))
            elif field.name == "textarea":
                found.append((name, field.get_text()))
            elif field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
                found.append((name, str(field.get("value", ""))))
        return found


def signed_in(app: Flask, name: str) -> Browser:
    """Return a browser in which *name* has signed in."""
    browser = Browser(app.test_client())
    browser.get("/login")
    browser.submit(browser.form("sign-in"), {"username": name, "password": PASSWORD})
    return browser


def copy_book(prepared: Path, home: Path) -> Path:
    """Copy a built book, so that a test may change it."""
    return databases.copy(prepared, home)
