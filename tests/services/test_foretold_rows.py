"""The preview of a list foretells what the commit does, also where the process refuses a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import api
from engine.tables import HistoryEvent, ImportRow, PolicyLine
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY

CAR = 300
NUMBER = "8100000000000000000300"


def row(days_left: int, **more: Any) -> dict[str, Any]:
    expiry = TODAY + timedelta(days=days_left)
    given = {"agent": "AG001", "sub_branch": "PC330101", "保单号": NUMBER, **more}
    return policy(CAR, expiry, **given)


def preview(engine: api.Engine, *rows: dict[str, Any]) -> int:
    return api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)


def effects(engine: api.Engine, batch: int) -> list[tuple[str, list[str]]]:
    with engine.store.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch).order_by(ImportRow.id))
        return [(found.verdict, [problem["code"] for problem in found.problems]) for found in rows]


def counts(engine: api.Engine) -> tuple[int, ...]:
    with engine.store.reading() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (PolicyLine, HistoryEvent)
        )


DEAF = (
    b'during_exclusion_message" messageRef="message_expiry_changed"',
    b'during_exclusion_message" messageRef="message_list_withdrawn"',
)


def deaf(engine: api.Engine) -> None:
    """Let the processes be as once: one whose exclusion is being approved takes no changed expiry date."""
    files = {name: content.replace(*DEAF) for name, content in api.read_files().items()}
    api.deploy(engine, files, by="PO01", approved_by="AP01")


def in_approval(engine: api.Engine) -> None:
    """An exclusion is being approved."""
    api.commit_batch(engine, preview(engine, row(40)), actor=api.SYSTEM)
    api.deliver_message(engine, "policy_excluded", vin(CAR), data={"code": "X03"}, actor=api.SYSTEM)


MOVED = pytest.mark.parametrize(
    "changed",
    [
        pytest.param([row(35)], id="another expiry date"),
        pytest.param(
            [row(50, 保单号="8100000000000000000301")], id="a later-expiring policy of the same kind"
        ),
    ],
)


@MOVED
def test_a_moved_expiry_is_taken_while_an_exclusion_is_being_approved(
    book: api.Engine, changed: list[dict[str, Any]]
) -> None:
    in_approval(book)

    batch = preview(book, *changed)
    foretold = api.batch_report(book, batch)

    assert foretold == api.commit_batch(book, batch, actor=api.SYSTEM)
    assert (0, 1) == (foretold.rejected, foretold.changed)


@MOVED
def test_a_row_its_process_will_refuse_is_rejected_in_the_preview_already(
    book: api.Engine, changed: list[dict[str, Any]]
) -> None:
    deaf(book)
    in_approval(book)

    batch = preview(book, *changed)
    foretold, told = api.batch_report(book, batch), effects(book, batch)
    done = api.commit_batch(book, batch, actor=api.SYSTEM)

    assert (1, 0) == (done.rejected, done.changed)
    assert (foretold, told) == (done, effects(book, batch))
    assert "message_not_awaited" in told[0][1]


def test_a_preview_of_a_moved_expiry_changes_nothing(book: api.Engine) -> None:
    api.commit_batch(book, preview(book, row(40)), actor=api.SYSTEM)
    before = counts(book)

    batch = preview(book, row(50), row(35, 保单号="8100000000000000000301", 险类="交强"))

    assert before == (counts(book)[0], counts(book)[1] - 1)  # the preview itself is an event
    foretold = api.batch_report(book, batch)
    assert foretold == api.commit_batch(book, batch, actor=api.SYSTEM)
    assert 2 == foretold.changed
