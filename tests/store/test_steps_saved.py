"""Many instances are written in one statement, and none over what somebody else wrote meanwhile."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from engine.api import Engine
from engine.errors import Conflict
from engine.store.instances import _DUE
from engine.tables import ProcessInstance
from tests.support.sent import written


def some(tx, count):
    return list(tx.scalars(select(ProcessInstance).order_by(ProcessInstance.id).limit(count)))


def test_what_changed_in_many_instances_is_sent_at_once_and_kept(book: Engine) -> None:
    with written(book.store.engine) as sent, book.store.transaction() as tx:
        rows = some(tx, 5)
        seen = {row.id: row.lock_version for row in rows}
        for row in rows:
            row.path = {"flows": {"a>b": row.id}, "live": [], "calls": []}
            row.next_due_at = None
        tx.record("clock_set", at=book.clock.now(), actor="test")

    assert 1 == sum("process_instance" in statement for statement in sent)
    with book.store.reading() as session:
        for row in some(session, 5):
            assert row.path["flows"] == {"a>b": row.id}
            assert row.next_due_at is None
            assert row.lock_version == seen[row.id] + 1


def test_a_row_saved_at_once_with_others_can_change_again_in_its_transaction(book: Engine) -> None:
    with book.store.transaction() as tx:
        rows = some(tx, 2)
        first = rows[0].lock_version
        for row in rows:
            row.next_due_at = None
        tx.write()
        rows[0].path = {"flows": {}, "live": ["again"], "calls": []}
        tx.record("clock_set", at=book.clock.now(), actor="test")

    with book.store.reading() as session:
        again = some(session, 1)[0]
        assert (["again"], first + 2) == (again.path["live"], again.lock_version)


def test_of_many_instances_none_is_written_when_one_was_changed_meanwhile(book: Engine) -> None:
    with book.store.reading() as session:
        before = {row.id: (row.next_due_at, row.lock_version) for row in some(session, 3)}

    with pytest.raises(Conflict), book.store.transaction() as tx:
        rows = some(tx, 3)
        tx.execute(
            text("UPDATE process_instance SET lock_version = lock_version + 1 WHERE id = :id"),
            {"id": rows[1].id},
        )
        for row in rows:
            row.next_due_at = None
        tx.record("clock_set", at=book.clock.now(), actor="test")

    with book.store.reading() as session:
        assert before == {row.id: (row.next_due_at, row.lock_version) for row in some(session, 3)}


def test_what_is_due_is_taken_from_the_index_as_it_stands(book: Engine, database: str) -> None:
    """However many are due at one instant, only those of the batch are read."""
    statement = _DUE.compile(book.store.engine, compile_kwargs={"render_postcompile": True})
    given = statement.construct_params({"moment": book.clock.now(), "most": 5})
    ordered = tuple(given[name] for name in statement.positiontup) if statement.positional else given
    explain = "EXPLAIN QUERY PLAN" if database == "sqlite" else "EXPLAIN"
    with book.store.engine.connect() as connection:
        if database == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the book is small
        plan = str(connection.exec_driver_sql(f"{explain} {statement}", ordered).all())

    assert "ix_process_instance_next_due_at" in plan
    assert "Sort" not in plan and "TEMP B-TREE" not in plan
