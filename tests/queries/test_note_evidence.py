"""Comments and files are those that were added: whoever changes, removes or adds one behind the history is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

from engine import api
from engine.api import Engine
from engine.domain.tampering import Finding, Tampering
from engine.queries.verification import verify
from engine.services.retention import erase_kept
from engine.tables import Attachment, Comment, Customer, HistoryEvent, Renewal
from tests.support.console import renewal_of
from tests.support.files import PDF

CAR = 7
DAMAGED = "UPDATE {0} SET {1} = substr({1}, 1, 1) WHERE id = (SELECT min(id) FROM {0})"


@pytest.fixture
def noted(book: Engine) -> Engine:
    """The book in which car 7 has two comments and a file."""
    actor = api.actor_of(book, "AG001")
    for words in ("客户希望周末再谈", "已约周六上午"):
        api.add_comment(book, renewal_of(book, CAR), words, actor=actor)
    api.attach_file(book, renewal_of(book, CAR), "行驶证.pdf", PDF, actor=actor)
    return book


def rewrite(engine: Engine) -> None:
    with engine.store.transaction() as tx:  # by somebody who holds the keys
        tx.scalars(select(Comment).order_by(Comment.id)).first().text = "客户同意"  # type: ignore[union-attr]
        tx.record("checked", at=engine.clock.now(), actor="x")


def swap(engine: Engine) -> None:
    with engine.store.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE comment SET text_sealed = (SELECT text_sealed FROM comment ORDER BY id DESC LIMIT 1)"
                " WHERE id = (SELECT min(id) FROM comment)"
            )
        )


def exchange_file(engine: Engine) -> None:
    with engine.store.transaction() as tx:
        tx.scalars(select(Attachment)).one().content = PDF + b"other"
        tx.record("checked", at=engine.clock.now(), actor="x")


def plant(engine: Engine) -> None:
    with engine.store.transaction() as tx:
        number = renewal_of(engine, CAR)
        tx.add(
            Comment(
                instance_id=number, text="补记", salt="0", created_by="AG001", created_at=engine.clock.now()
            )
        )
        tx.record("checked", at=engine.clock.now(), actor="x")


def run(statement: object) -> Callable[[Engine], None]:
    def act(engine: Engine) -> None:
        with engine.store.engine.begin() as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    return act


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        pytest.param(rewrite, Tampering.COMMENT_EDITED, id="other words"),
        pytest.param(swap, Tampering.COMMENT_EDITED, id="another comment's words"),
        pytest.param(run(update(Comment).values(created_by="SP01")), Tampering.COMMENT_EDITED, id="author"),
        pytest.param(run(delete(Comment)), Tampering.COMMENT_EDITED, id="comments removed"),
        pytest.param(plant, Tampering.COMMENT_ADDED, id="a comment put in"),
        pytest.param(exchange_file, Tampering.FILE_EDITED, id="another file"),
        pytest.param(run(text(DAMAGED.format("comment", "text_sealed"))), Tampering.COMMENT_EDITED, id="cut"),
        pytest.param(
            run(text(DAMAGED.format("attachment", "content_sealed"))), Tampering.FILE_EDITED, id="cut file"
        ),
        pytest.param(run(delete(Attachment)), Tampering.FILE_EDITED, id="the file removed"),
    ],
)
def test_a_changed_comment_or_file_is_reported_with_its_renewal(
    noted: Engine, tamper: Callable[[Engine], None], kind: Tampering
) -> None:
    assert (True, 3) == (verify(noted).is_sound, verify(noted).notes)

    tamper(noted)

    found = verify(noted).findings[0]
    assert (kind, renewal_of(noted, CAR)) == (found.kind, found.other)
    assert str(renewal_of(noted, CAR)) in found.say("zh")
    assert "备注" in found.say("zh") or "附件" in found.say("zh")


def test_what_was_erased_when_its_time_was_over_verifies_sound(noted: Engine) -> None:
    number = renewal_of(noted, CAR)
    api.request_erasure(noted, number, reason="客户来电要求删除", actor=api.actor_of(noted, "SP01"))
    with noted.store.reading() as session:
        renewal = session.get_one(Renewal, number)
        kept = session.get_one(Customer, renewal.customer_id).kept_until
    assert kept is not None
    over = noted.clock.now() + (kept - noted.clock.today()) + timedelta(days=1)

    assert 0 == erase_kept(noted, now=over - timedelta(days=1))
    assert 2 == erase_kept(noted, now=over)

    with noted.store.reading() as session:
        assert [] == session.scalars(select(Comment)).all()
        assert 1 == len(session.scalars(select(Attachment)).all()), "files may show an identity: ten years"
    verdict = verify(noted)
    assert verdict.is_sound, verdict.findings
    assert 1 == erase_kept(noted, now=over + timedelta(days=5 * 366))
    assert 0 == erase_kept(noted, now=over + timedelta(days=5 * 366))
    assert verify(noted).is_sound
    with noted.store.reading() as session:
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "notes_erased")).all()
    assert [(2, 0), (0, 1)] == [(len(e.payload["comments"]), len(e.payload["attachments"])) for e in told]


@pytest.mark.one_database
def test_an_erased_comment_that_is_put_back_is_found(noted: Engine) -> None:
    number = renewal_of(noted, CAR)
    with noted.store.transaction() as tx:
        ids = list(tx.scalars(select(Comment.id)))
        tx.record(
            "notes_erased", at=noted.clock.now(), actor="x", instance_id=number, comments=ids, attachments=[]
        )

    assert Finding(Tampering.COMMENT_ADDED, other=number, detail=str(ids[0])) == verify(noted).findings[0]


@pytest.mark.one_database
@pytest.mark.parametrize("value", ["x'00'", "'words'", "CAST(x'80ff' AS text)"])
def test_a_damaged_value_is_named_and_the_others_are_still_looked_at(noted: Engine, value: str) -> None:
    for table, column in (("attachment", "content_sealed"), ("comment", "text_sealed")):
        run(text(f"UPDATE {table} SET {column} = {value} WHERE id = (SELECT max(id) FROM {table})"))(noted)

    verdict = verify(noted)

    found = verdict.findings[0]
    assert (Tampering.COMMENT_EDITED, renewal_of(noted, CAR), "2") == (found.kind, found.other, found.detail)
    assert (1, 3, True) == (len(verdict.findings), verdict.notes, verdict.rows > (found.last or 0))
