"""People at the console: each signs in, thinks, clicks, and writes down what every answer cost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from time import perf_counter
from urllib.parse import urlencode

from engine.domain.codes import Role
from scripts.bench.load_book import PASSWORD
from scripts.bench.load_site import COST

_HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>[^"]+)" value="(?P<value>[^"]*)">')
TOKENS = ("csrf_token", "typed_by")
"""What every form carries (admin/tokens.py)."""
FORM = "application/x-www-form-urlencoded"
SEARCHES = ("search by plate", "search by the end of a plate", "search by phone")
CHOOSE, LOOK = "bulk: freeze the list", "bulk: look at the list"
LISTS: Mapping[str, str] = {
    "first page, today": "tab=today",
    "first page, all of mine": "tab=all",
    "first page, team": "tab=team",
    "first page, waiting": "tab=waiting",
    "first page, claimable": "tab=claimable",
    "filter by tier": "tab=all&tier={tier}",
    "filter by overdue": "tab=all&overdue=1",
    "filter by task": "tab=all&action={action}",
}
BULK_SHARE = 0.5
"""So many of a specialist's clicks begin an act on a list."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what was asked, milliseconds inside the application and as seen outside, its size in bytes."""

    kind: str
    server: float
    client: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who sits at the console, and what such a person looks for."""

    name: str
    role: Role
    actions: Sequence[str]
    tiers: Sequence[str]
    plates: Sequence[str]
    phones: Sequence[str]


class Unexpected(Exception):
    """The console answered with something else than the page that was asked for."""


@dataclass(slots=True)
class Browser:
    """One signed-in browser: its cookies, and the tokens of its forms."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def get(self, kind: str, address: str) -> str:
        """Open a page.

        Raises:
            Unexpected: it is no page.
        """
        status, _, body = self._ask(kind, "GET", address, None)
        if status != 200:
            raise Unexpected(f"{kind}: {address} answered {status}")
        self.hidden.update((found["name"], found["value"]) for found in _HIDDEN.finditer(body))
        return body

    def post(self, kind: str, address: str, values: Mapping[str, str]) -> str:
        """Send a form; returns where it leads.

        Raises:
            Unexpected: it leads nowhere.
        """
        sent = {key: self.hidden[key] for key in TOKENS if key in self.hidden}
        sent.update(values)
        status, location, body = self._ask(kind, "POST", address, urlencode(sent))
        if status != 303 or not location:
            raise Unexpected(f"{kind}: {address} answered {status}: {body[:200]}")
        return location

    def _ask(self, kind: str, method: str, address: str, body: str | None) -> tuple[int, str | None, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = FORM
        started = perf_counter()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, address, body, headers)
        response = connection.getresponse()
        content = response.read()
        seconds = perf_counter() - started
        connection.close()
        for line in response.headers.get_all("Set-Cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        cost = float(response.headers[COST])
        self.answers.append(Answer(kind, cost, 1000 * seconds, len(content)))
        return response.status, response.headers["Location"], content.decode()


class Visitor:
    """One person at work; the same seed always clicks the same."""

    def __init__(self, worker: Worker, port: int, seed: int) -> None:
        self.worker, self.browser, self.random = worker, Browser(port), Random(seed)

    def sign_in(self) -> None:
        """Sign in and open the inbox once: what the process reads once a day is read then."""
        self.browser.get("", "/login")
        self.browser.post("", "/login", {"username": self.worker.name, "password": PASSWORD})
        self.browser.get("", "/inbox?tab=all")
        self.browser.answers.clear()

    def work(self, clicks: int, think: float) -> None:
        """Click so often, thinking *think* seconds on average in between (half as long to half as long again)."""
        time.sleep(self.random.uniform(0, think))
        for kind in self._kinds(clicks):
            self._click(kind)
            time.sleep(self.random.uniform(think / 2, think * 1.5))

    def _kinds(self, clicks: int) -> Iterator[str]:
        """Every kind as often as the others, in an order of the person's own."""
        usual = [*LISTS, *SEARCHES]
        pile: list[str] = []
        for _ in range(clicks):
            if self.worker.role is Role.SPECIALIST and self.random.random() < BULK_SHARE:
                yield CHOOSE
                continue
            if not pile:
                pile = self.random.sample(usual, len(usual))
            yield pile.pop()

    def _click(self, kind: str) -> None:
        if kind == CHOOSE:
            self._choose()
        elif kind in SEARCHES:
            self.browser.get(kind, f"/inbox?{urlencode({'tab': 'all', 'q': self._wanted(kind)})}")
        else:
            worker = self.worker
            action, tier = self.random.choice(worker.actions), self.random.choice(worker.tiers)
            self.browser.get(kind, f"/inbox?{LISTS[kind].format(action=action, tier=tier)}")

    def _wanted(self, kind: str) -> str:
        plate, phone = self.random.choice(self.worker.plates), self.random.choice(self.worker.phones)
        return {SEARCHES[0]: plate, SEARCHES[1]: plate[-4:]}.get(kind, phone)

    def _choose(self) -> None:
        """Choose everything that the filter keeps, as the page's own form does."""
        choice = {
            "tab": "all",
            "stage": "preparation",
            "all": "1",
            "next": "/inbox?tab=all&stage=preparation",
        }
        place = self.browser.post(CHOOSE, "/bulk", choice)
        if not re.fullmatch(r"/bulk/\d+", place):
            raise Unexpected(f"{CHOOSE}: led to {place}")
        self.browser.get(LOOK, place)
