"""The daily list of what the key tracking left untouched for three days, for bulk urging (K-S2)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from engine.api import Engine
from tests.acceptance import answers
from tests.services.test_deadlines import go
from tests.support.console import TODAY, complete, renewal_of, signed_in


def test_the_key_tracking_lists_what_nothing_was_done_for_in_three_days(book: Engine, app: Flask) -> None:
    specialist, friday = signed_in(app, "SP01"), TODAY + timedelta(days=3)
    still = f"a.ui-row-link[href='/renewals/{renewal_of(book, 7)}']"
    specialist.get("/urge?late=still")
    assert specialist.soup.select_one(still) is None, "it came into the stage on Sunday"

    go(book, friday)
    specialist = signed_in(app, "SP01")
    specialist.get("/")
    assert specialist.soup.select_one("a[href='/urge?late=still']") is not None
    specialist.get("/urge?late=still")
    assert specialist.soup.select_one(still) is not None
    assert f"/renewals/{renewal_of(book, 6)}" not in str(specialist.soup), "a car of the general follow-up"
    specialist.submit(specialist.form("urge"), {"all": "1"})
    assert "未催办 0 项" in specialist.text

    complete(book, 7, "record_contact", answers.record_contact(friday, "21"))
    specialist.get("/urge?late=still")
    assert specialist.soup.select_one(still) is None
