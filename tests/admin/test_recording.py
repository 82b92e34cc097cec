"""Whatever is done, seen or taken away leaves an event; nothing is written beside the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.store import schema
from engine.tables import HistoryEvent, ImportBatch
from tests.acceptance.desk import standard_csv
from tests.support import console, recording
from tests.support.console import Browser, signed_in
from tests.support.org import POST_HEADER, org_sheets, write_sheets

ADMIN = api.Actor(name="AD01", display_name="管理员", roles=frozenset({api.Role.ADMIN}), sees_all=True)
BAD_LIST = standard_csv([{**console.rows()[0], "车架号": "no VIN"}])


def browse(engine: api.Engine, name: str) -> Browser:
    return signed_in(create_app(engine), name)


def batch(engine: api.Engine, content: bytes = BAD_LIST) -> int:
    return api.preview_list(engine, content, "list.csv", "standard", actor=api.SYSTEM)


def renewal_page(engine: api.Engine) -> None:
    browse(engine, "AG001").get(f"/renewals/{console.renewal_of(engine, 5)}")


def task_page(engine: api.Engine) -> None:
    browse(engine, "AG001").get(f"/tasks/{console.task_of(engine, 5, 'record_contact').id}")


def batch_page(engine: api.Engine) -> None:
    with engine.store.reading() as session:
        number = session.scalars(select(ImportBatch.id)).first()
    browse(engine, "CC01").get(f"/imports/{number}")


def wrong_password(engine: api.Engine) -> None:
    with pytest.raises(api.SignInRefused):
        api.check_password(engine, "AG001", "wrong")


def right_after_wrong(engine: api.Engine) -> None:
    wrong_password(engine)
    api.check_password(engine, "AG001", console.PASSWORD)


def sign_out(engine: api.Engine) -> None:
    api.end_session(engine, api.open_session(engine, api.actor_of(engine, "AG001")))


def holiday(engine: api.Engine) -> None:
    day = date(2027, 5, 4)
    api.set_holiday(engine, day, kind="holiday", name="青年节", source="通知", actor=ADMIN)
    api.set_holiday(engine, day, kind="workday", name="调休", source="通知", actor=ADMIN)


def moved(engine: api.Engine) -> None:
    """One person's telephone is another one."""
    sheets = org_sheets()
    sheets["人员"][1][POST_HEADER.index("手机")] = "13912345678"
    api.import_org(engine, write_sheets(sheets), "org.xlsx", actor=ADMIN)


ACTS: dict[str, Callable[[api.Engine], object]] = {
    "record_viewed": renewal_page,
    "record_viewed:task": task_page,
    "record_viewed:import_batch": batch_page,
    "sign_in_failed": wrong_password,
    "sign_in_failures_cleared": right_after_wrong,
    "signed_in": sign_out,
    "signed_out": sign_out,
    "holiday_changed": holiday,
    "org_row_changed": moved,
    "import_previewed": batch,
    "import_started": lambda engine: api.commit_batch(engine, batch(engine), actor=api.SYSTEM),
    "import_committed": lambda engine: api.commit_batch(engine, batch(engine), actor=api.SYSTEM),
    "import_rows_taken": lambda engine: api.commit_batch(
        engine, batch(engine, standard_csv(console.rows()[:2])), actor=api.SYSTEM
    ),
    "import_discarded": lambda engine: api.discard_batch(engine, batch(engine), actor=api.SYSTEM),
    "import_errors_taken": lambda engine: api.error_file(engine, batch(engine), actor=api.SYSTEM),
}


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_event(book: api.Engine, action: str) -> None:
    ACTS[action](book)

    wanted, _, subject = action.partition(":")
    with book.store.reading() as session:
        found = session.scalars(select(HistoryEvent).where(HistoryEvent.action == wanted)).all()
    assert [event for event in found if not subject or event.subject == subject]


def test_a_changed_holiday_keeps_what_it_was(book: api.Engine) -> None:
    holiday(book)

    with book.store.reading() as session:
        *_, event = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "holiday_changed"))
    assert {"kind": "holiday", "name": "青年节", "source": "通知", "provisional": False} == event.payload[
        "before"
    ]


def test_a_changed_person_is_told_field_by_field_and_masked(book: api.Engine) -> None:
    moved(book)

    with book.store.reading() as session:
        (event,) = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "org_row_changed"))
    before, after = event.payload["fields"]["phone"]
    assert "139****5678" == after != before


def test_who_looked_does_not_bury_what_happened(book: api.Engine) -> None:
    path = f"/renewals/{console.renewal_of(book, 5)}"
    auditor = browse(book, "AU01")
    auditor.get(path)

    auditor.get(path)
    plain = auditor.text
    auditor.get(f"{path}?kind=system")

    assert "查看了这笔续保" not in plain
    assert "查看了这笔续保" in auditor.text


def test_a_silent_write_would_be_seen(book: api.Engine, everything_is_recorded: list[str]) -> None:
    code = "def close(store, row):\n    with store.transaction() as tx:\n        tx.get(row, 1).name = 'x'\n"
    place: dict[str, Any] = {}
    exec(compile(code, "/engine/services/fake.py", "exec"), place)

    place["close"](book.store, schema.UserAccount)

    assert ["fake.py:close: user_account"] == everything_is_recorded
    everything_is_recorded.clear()


def test_tables_that_need_no_event_exist() -> None:
    known = {*schema.metadata.tables, "alembic_version"}

    assert set() == recording.UNRECORDED.keys() - known
