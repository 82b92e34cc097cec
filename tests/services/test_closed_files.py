"""Whom files and plates stay closed to: readers always, the life insurer's people after a withdrawal or deletion."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask

from admin.app import create_app
from engine import api
from engine.api import Engine, Forbidden, NotFound
from engine.tables import Customer, Renewal
from tests.services.test_consents import say
from tests.services.test_notes import CAR, attach
from tests.support.console import TODAY, Browser, renewal_of, signed_in
from tests.support.files import PNG

pytestmark = pytest.mark.one_database

LIFE = ("AG001", "SU01", "TR01")
READERS = ("AU01", "AD01", "PO01", "AP01")
SHA = hashlib.sha256(PNG).hexdigest()


@pytest.fixture
def app(book: Engine) -> Flask:
    return create_app(book)


def opened(engine: Engine, number: int, who: str) -> bytes:
    return api.open_file(engine, number, actor=api.actor_of(engine, who)).content


def mark(engine: Engine, field: str) -> None:
    """Let the customer of the car have stopped something, while life's people still serve the renewal."""
    with engine.store.transaction() as tx:
        renewal = tx.get_one(Renewal, renewal_of(engine, CAR))
        setattr(tx.get_one(Customer, renewal.customer_id), field, True if field == "no_sharing" else TODAY)
        tx.record("arranged", at=engine.clock.now(), actor="SYSTEM", instance_id=renewal.id)


def notes(browser: Browser, engine: Engine) -> str:
    browser.get(f"/renewals/{renewal_of(engine, CAR)}")
    found = browser.soup.find(id="notes")
    assert found is not None
    return " ".join(found.get_text().split())


@pytest.mark.parametrize("who", READERS)
def test_who_only_reads_sees_name_size_and_hash_but_no_content(book: Engine, app: Flask, who: str) -> None:
    number = attach(book, name="行驶证.png")

    with pytest.raises(Forbidden):
        opened(book, number, who)

    reader = signed_in(app, who)
    shown = notes(reader, book)
    assert "行驶证.png" in shown and SHA in shown and "附件只由经办岗位打开" in shown
    assert reader.soup.select_one("#notes a[download]") is None
    reader.get(f"/attachments/{number}", status=403)


@pytest.mark.parametrize("who", [*LIFE, "SP01", "CC01"])
def test_the_working_roles_open_files_of_their_scope(book: Engine, who: str) -> None:
    assert PNG == opened(book, attach(book), who)


@pytest.mark.parametrize(
    ("field", "refused", "reason"),
    [
        ("no_sharing", api.SharingWithdrawn, "撤回向寿险公司提供个人信息的同意，附件不再向寿险人员打开"),
        ("erasure_asked_on", api.ErasureStands, "已要求删除个人信息，附件不再向寿险人员打开"),
    ],
)
def test_life_staff_see_neither_plate_nor_file_once_the_customer_stopped_it(
    book: Engine, app: Flask, field: str, refused: type[Exception], reason: str
) -> None:
    number = attach(book)
    mark(book, field)

    for who in LIFE:
        with pytest.raises(api.FileClosed):
            opened(book, number, who)
        with pytest.raises(refused):
            api.reveal(
                book,
                renewal_of(book, CAR),
                "plate",
                reason="准备致电",
                actor=api.actor_of(book, who),
                address=None,
            )
    agent = signed_in(app, "AG001")
    assert reason in notes(agent, book)
    assert agent.soup.select_one("#notes a[download]") is None
    assert not agent.soup.select('form[action$="/reveal#customer"]')
    agent.get(f"/attachments/{number}", status=409)
    assert reason in agent.text
    for who in ("SP01", "CC01"):
        assert PNG == opened(book, number, who), "who decides on the exclusion needs the proof"


def test_after_a_real_withdrawal_the_agent_finds_no_file_and_the_specialist_opens_it(book: Engine) -> None:
    number = attach(book)

    say(book, "SP01", kinds=["share_to_life"], answer="withdrawn")

    with pytest.raises(NotFound):
        opened(book, number, "AG001")
    assert PNG == opened(book, number, "SP01")
