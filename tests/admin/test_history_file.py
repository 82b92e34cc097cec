"""The history of one renewal is taken away with its hashes by those who check others' work, and that is recorded."""

from __future__ import annotations

import hashlib
import json

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import api
from engine.tables import HistoryEvent
from tests.support.console import renewal_of, signed_in

HASHED = ("seq", "at", "actor", "action", "instance_id", "task_id", "subject", "reason", "payload")


@pytest.mark.parametrize("who", ["AU01", "CC01"])
def test_auditors_and_the_channel_take_every_row_with_a_hash_that_anybody_can_check(
    book: api.Engine, app: Flask, who: str
) -> None:
    browser, number = signed_in(app, who), renewal_of(book, 7)
    browser.get(f"/renewals/{number}")
    link = browser.soup.find("a", href=f"/renewals/{number}/history.json")
    assert link is not None and "下载历史" in link.get_text()
    with book.store.reading() as session:
        count = session.scalar(select(func.count()).where(HistoryEvent.instance_id == number))

    answer = browser.client.get(f"/renewals/{number}/history.json")

    assert (200, "application/json", "no-store") == (
        answer.status_code,
        answer.mimetype,
        answer.headers["Cache-Control"],
    )
    taken = json.loads(answer.get_data())
    assert (number, count) == (taken["renewal"], len(taken["rows"]))
    for row in taken["rows"]:  # as docs/audit.md tells to do it, without our program
        body = json.dumps(
            [row[name] for name in HASHED], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        assert row["hash"] == hashlib.sha256(b"\0" + body.encode() + row["before"].encode()).hexdigest()
        assert row["fits"]
    browser.get(f"/renewals/{number}?kind=system")
    assert f"导出了这笔续保的历史 {count} 行" in browser.text


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["AG001", "SU01", "TR01", "SP01", "PO01", "AP01", "AD01"])
def test_nobody_else_takes_it_and_no_row_says_so(book: api.Engine, app: Flask, who: str) -> None:
    browser, number = signed_in(app, who), renewal_of(book, 7)

    assert 403 == browser.client.get(f"/renewals/{number}/history.json").status_code

    with book.store.reading() as session:
        assert None is session.scalar(select(HistoryEvent).where(HistoryEvent.action == "history_taken"))


@pytest.mark.one_database
def test_a_renewal_that_is_not_there_is_not_found(book: api.Engine, app: Flask) -> None:
    assert 404 == signed_in(app, "AU01").client.get("/renewals/987654/history.json").status_code
