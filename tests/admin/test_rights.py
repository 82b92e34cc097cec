"""docs/rights.md says which role reaches which page and act; every route is tried by every role against it.

A route that the document does not name fails here: what nobody granted is denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from engine.domain.codes import Role
from tests.support.console import PEOPLE, Browser, signed_in

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "rights.md"
WHO = {role: name for name, role in PEOPLE.items() if name != "AG009"}
OPEN_TO_ALL = {"/healthz", "/readyz", "/login", "/logout", "/language"}
"""Signing in and out, the language and the machine's own questions need no role."""
DENIED = {401, 403, 404, 405}
ROW = re.compile(r"\| (GET|POST) \| `([^`]+)` \|(.*)\|")

Entry = tuple[str, str]


def entries(app: Flask) -> list[Entry]:
    """Every method and route without a number in it; of exports one kind stands for all."""
    found = []
    for rule in app.url_map.iter_rules():
        if "static" in rule.endpoint or rule.rule in OPEN_TO_ALL or any("_id" in a for a in rule.arguments):
            continue
        methods = sorted({"GET", "POST"} & (rule.methods or set()))
        found += [(method, rule.rule) for method in methods]
    return sorted(found, key=lambda entry: (entry[1], entry[0]))


def documented() -> dict[Entry, set[str]]:
    """What the document grants: the roles that reach each entry."""
    granted = {}
    for method, route, cells in ROW.findall(DOCUMENT.read_text(encoding="utf-8")):
        ticks = [cell.strip() == "✓" for cell in cells.split("|")]
        granted[method, route] = {str(r) for r, tick in zip(Role, ticks, strict=True) if tick}
    return granted


def reached(browser: Browser, token: str, entry: Entry) -> bool:
    """Whether the signed-in person gets further than a refusal."""
    method, route = entry
    data = {"csrf_token": token} if method == "POST" else None
    with browser.client.open(path_of(route), method=method, data=data) as answer:
        return answer.status_code not in DENIED


def path_of(route: str) -> str:
    """A path of the route that could be served."""
    path = route.replace("<source>", "standard").replace("<export_type>", "csv")
    assert "<" not in path, f"say what {route} may be asked for"
    return path


@pytest.fixture
def once(database: str) -> Iterator[None]:
    """Rights do not depend on the database."""
    if database != "sqlite":
        pytest.skip("tried once, on SQLite")
    yield


@pytest.mark.usefixtures("once")
def test_every_route_is_documented_and_nothing_else(app: Flask) -> None:
    assert set(entries(app)) == set(documented())


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize("role", [str(role) for role in Role])
def test_a_role_reaches_what_the_document_grants_and_no_more(app: Flask, role: str) -> None:
    browser = signed_in(app, WHO[role])
    browser.get("/account")
    token = str(browser.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]

    found = {entry for entry in entries(app) if reached(browser, token, entry)}

    assert {entry for entry, roles in documented().items() if role in roles} == found


@pytest.mark.usefixtures("once")
def test_without_signing_in_nothing_is_reached(app: Flask) -> None:
    nobody = app.test_client()

    for method, route in entries(app):
        with nobody.open(path_of(route), method=method) as answer:
            assert answer.status_code in (302, 303, 400, 401, 403), (method, route, answer.status_code)
            if answer.status_code in (302, 303):
                assert "/login" in answer.headers["Location"], route
