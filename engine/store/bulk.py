"""Acts on many tasks at once, and what became of each of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.codes import BulkRowStatus
from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey, Short
from engine.store.personal import JSON, TEXT, Personal, SealedBytes


class BulkAct(Base):
    """Tasks of one form that one person chose to complete with the same answers (``values``).

    ``came_from`` is the address of the list they were chosen in; a search in it may name somebody.
    """

    __tablename__ = "bulk_act"
    __table_args__ = (Index(None, "created_by", "id"),)

    id: Mapped[PrimaryKey]
    form_id: Mapped[Code]
    action_id: Mapped[Code]
    task_name: Mapped[Short]
    definition_set_id: Mapped[int] = mapped_column(ForeignKey("definition_set.id"))
    values_sealed: Mapped[SealedBytes | None]
    came_from_sealed: Mapped[SealedBytes | None]
    status: Mapped[Code]
    created_by: Mapped[Code]
    created_at: Mapped[datetime]
    ordered_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    values = Personal[dict[str, Any] | None](JSON, key=("id",))
    came_from = Personal[str | None](TEXT, key=("id",))


class BulkRow(Base):
    """One chosen task: its version when it was chosen, what became of it and why; ``before`` is what undo needs."""

    __tablename__ = "bulk_row"
    __table_args__ = (UniqueConstraint("act_id", "task_id"), Index(None, "act_id", "status", "id"))

    id: Mapped[PrimaryKey]
    act_id: Mapped[int] = mapped_column(ForeignKey("bulk_act.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_version: Mapped[int]
    status: Mapped[Code]
    reason_sealed: Mapped[SealedBytes | None]
    before_sealed: Mapped[SealedBytes | None] = mapped_column(deferred=True)

    reason = Personal[dict[str, Any] | None](JSON, key=("act_id", "task_id"))
    before = Personal[dict[str, Any] | None](JSON, key=("act_id", "task_id"))


@dataclass(frozen=True, slots=True)
class NewBulkRow:
    """A row of a new act: the columns of :class:`BulkRow` of the same names."""

    task_id: int
    instance_id: int
    task_version: int
    status: str
    reason: dict[str, Any] | None


_ADD_ROWS = text(
    "INSERT INTO bulk_row (act_id, task_id, instance_id, task_version, status, reason_sealed) "
    "SELECT :act_id, * FROM unnest(CAST(:task_id AS bigint[]), CAST(:instance_id AS bigint[]), "
    "CAST(:task_version AS integer[]), CAST(:status AS varchar[]), CAST(:reason_sealed AS bytea[]))"
)
"""Thousands of rows as one statement with an array a column."""


def add_rows(session: Session, act_id: int, rows: Sequence[NewBulkRow]) -> None:
    """Add the rows of an act, numbered in this order; past the mapped class, as they may be thousands."""
    values: list[dict[str, Any]] = [
        {
            "task_id": row.task_id,
            "instance_id": row.instance_id,
            "task_version": row.task_version,
            "status": row.status,
            "reason_sealed": None
            if row.reason is None
            else BulkRow.reason.sealed(session, row.reason, (act_id, row.task_id)),
        }
        for row in rows
    ]
    if session.get_bind().dialect.name == "postgresql":
        columns = {name: [value[name] for value in values] for name in values[0]}
        session.execute(_ADD_ROWS, {"act_id": act_id, **columns})
    else:
        session.execute(insert(BulkRow), [{"act_id": act_id, **value} for value in values])


def lock_act(session: Session, act_id: int, created_by: str) -> BulkAct:
    """Return the act of this person, its row locked until the transaction ends.

    Raises:
        NotFound: no such act, or it is somebody else's; both look the same.
    """
    row = session.get(BulkAct, act_id, with_for_update=True, populate_existing=True)
    if row is None or row.created_by != created_by:
        raise NotFound(what=Thing.BULK_ACT, key=act_id)
    return row


def rows_with(session: Session, act_id: int, status: BulkRowStatus, *, limit: int) -> Sequence[BulkRow]:
    """Return rows of an act that stand like this, in the order they were chosen."""
    query = select(BulkRow).where(BulkRow.act_id == act_id, BulkRow.status == status)
    return session.scalars(query.order_by(BulkRow.id).limit(limit)).all()


def lock_row(session: Session, row_id: int) -> BulkRow:
    """Return one row, locked."""
    return session.get_one(BulkRow, row_id, with_for_update=True, populate_existing=True)


def lock_rows(session: Session, row_ids: Sequence[int]) -> Sequence[BulkRow]:
    """Return rows, locked, in the order they were chosen."""
    query = select(BulkRow).where(BulkRow.id.in_(row_ids)).order_by(BulkRow.id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def counts_of(session: Session, act_id: int) -> dict[str, int]:
    """Return how many rows of an act stand how."""
    return counts_of_each(session, [act_id])[act_id]


def counts_of_each(session: Session, act_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return how many rows of each of these acts stand how; one statement."""
    found: dict[int, dict[str, int]] = {act_id: {} for act_id in act_ids}
    query = select(BulkRow.act_id, BulkRow.status, func.count()).where(BulkRow.act_id.in_(act_ids))
    for act_id, status, count in session.execute(query.group_by(BulkRow.act_id, BulkRow.status)):
        found[act_id][status] = count
    return found
