"""Process instances, their timers, messages and incidents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, LargeBinary, Table, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, BigKey, Code, PrimaryKey
from engine.store.personal import JSON, TEXT, Personal, SealedBytes


class ProcessInstance(Base):
    """One running or ended process.

    ``state`` is the codec's bytes under a seal, ``lock_version`` rejects stale writers, ``next_due_at`` is
    when the sweep must look again: the earliest open timer, None while an incident holds it.
    """

    __tablename__ = "process_instance"

    id: Mapped[PrimaryKey]
    definition_set_id: Mapped[int] = mapped_column(ForeignKey("definition_set.id"), index=True)
    definition_key: Mapped[Code]
    business_key: Mapped[Code] = mapped_column(index=True)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    path: Mapped[dict[str, Any]]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    lock_version: Mapped[int] = mapped_column()
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": lock_version}  # noqa: RUF012 - SQLAlchemy's own protocol


class Timer(Base):
    """A planned moment of one instance; planned and actual times are both kept.

    ``spiff_task_id`` is None for a timer of the engine itself (stage clock while no stage is live).
    """

    __tablename__ = "timer"
    __table_args__ = (Index(None, "settled", "due_at"), Index(None, "instance_id", "settled"))

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    spiff_task_id: Mapped[Code | None]
    element_id: Mapped[Code]
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    settled: Mapped[bool] = mapped_column(default=False)


class InboundMessage(Base):
    """A message that was delivered; its id makes a repetition harmless."""

    __tablename__ = "inbound_message"

    id: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[Code]
    business_key: Mapped[Code]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    data_sealed: Mapped[SealedBytes]
    received_at: Mapped[datetime]
    received_by: Mapped[Code]

    data = Personal[dict[str, Any]](JSON, key=("id",))


class Incident(Base):
    """A step that failed: where, why, how often, and what the person had typed.

    Without an instance it is a job that was given up: ``element_id`` names it, ``submitted`` holds its arguments.
    """

    __tablename__ = "incident"
    __table_args__ = (Index(None, "status", "created_at"), Index(None, "instance_id", "status"))

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[int | None] = mapped_column(BigKey)
    element_id: Mapped[Code | None]
    trigger: Mapped[Code]
    message_sealed: Mapped[SealedBytes]
    submitted_sealed: Mapped[SealedBytes | None]
    submitted_by: Mapped[Code | None]
    attempts: Mapped[int] = mapped_column(default=1)
    status: Mapped[Code]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[Code | None]

    message = Personal[str](TEXT, key=("id",))
    submitted = Personal[dict[str, Any] | None](JSON, key=("id",))


def lock_instance(session: Session, instance_id: int) -> ProcessInstance:
    """Return one instance, its row locked until the transaction ends.

    Raises:
        NotFound: no such instance.
    """
    row = session.scalar(_LOCK, {"id": instance_id})
    if row is None:
        raise NotFound(what=Thing.INSTANCE, key=instance_id)
    return row


def lock_open(session: Session, instance_ids: Collection[int]) -> Sequence[ProcessInstance]:
    """Lock and return those among the instances that have not ended, in the order of their numbers."""
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id.in_(instance_ids), ProcessInstance.ended_at.is_(None))
        .order_by(ProcessInstance.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


_MOVING = ("business_key", "definition_set_id", "state", "path", "next_due_at", "ended_at")
_SAVE = update(cast(Table, ProcessInstance.__table__)).where(
    ProcessInstance.id == bindparam("this"), ProcessInstance.lock_version == bindparam("seen")
)


def save_steps(session: Session) -> None:
    """Write what steps changed in many instances in one round trip.

    The mapper would send a statement for each, to compare its version; here the count of all tells whether
    another writer was faster.

    Raises:
        StaleDataError: at least one was changed by somebody else since it was read.
    """
    rows = sorted((row for row in session.dirty if isinstance(row, ProcessInstance)), key=lambda row: row.id)
    if len(rows) < 2:
        return
    moved = [{name: getattr(row, name) for name in _MOVING} for row in rows]
    keys = [{"this": row.id, "seen": row.lock_version, "lock_version": row.lock_version + 1} for row in rows]
    done = session.connection().execute(
        _SAVE, [values | key for values, key in zip(moved, keys, strict=True)]
    )
    if done.rowcount != len(rows):
        raise StaleDataError(f"{len(rows) - done.rowcount} of {len(rows)} instances were changed meanwhile")
    for row, values in zip(rows, moved, strict=True):
        for name, value in (values | {"lock_version": row.lock_version + 1}).items():
            set_committed_value(row, name, value)


_LOCK = (
    select(ProcessInstance)
    .where(ProcessInstance.id == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OPEN_TIMERS = (
    select(Timer)
    .where(Timer.instance_id == bindparam("instance"), Timer.settled.is_(False))
    .order_by(Timer.due_at)
)
_OPEN_INCIDENTS = select(Incident).where(
    Incident.instance_id == bindparam("instance"), Incident.status == "open"
)


def open_timers(session: Session, instance_id: int) -> Sequence[Timer]:
    """Return the timers of an instance that neither fired nor were cancelled."""
    return session.scalars(_OPEN_TIMERS, {"instance": instance_id}).all()


def timers_of(session: Session, instance_ids: Collection[int]) -> Sequence[Timer]:
    """Return the open timers of many instances, oldest first."""
    return session.scalars(
        select(Timer)
        .where(Timer.instance_id.in_(instance_ids), Timer.settled.is_(False))
        .order_by(Timer.due_at)
    ).all()


def next_due_at(session: Session) -> datetime | None:
    """Return the earliest moment at which the sweep has something to do."""
    return session.scalar(select(func.min(ProcessInstance.next_due_at)))


_DUE = (
    select(ProcessInstance)
    .where(ProcessInstance.next_due_at <= bindparam("moment"))
    .order_by(ProcessInstance.next_due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def claim_due(session: Session, moment: datetime, *, limit: int) -> Sequence[ProcessInstance]:
    """Lock and return instances that are due at *moment*, oldest first; what others hold is passed over.

    At midnight tens of thousands are due at the same instant. Which of them come first is left to the index:
    to order them by number as well, the database would have to fetch and sort them all.
    """
    found = session.scalars(_DUE, {"moment": moment, "most": limit})
    return sorted(found, key=lambda row: (row.next_due_at, row.id))


def ids_with_incidents(session: Session, instance_ids: Collection[int]) -> set[int]:
    """Return those among the instances that have an open incident."""
    return set(
        session.scalars(
            select(Incident.instance_id).where(
                Incident.status == "open", Incident.instance_id.in_(instance_ids)
            )
        )
    )


def count_due(session: Session, moment: datetime, *, limit: int) -> int:
    """Return how many instances are due at *moment*, at most *limit*."""
    due = select(ProcessInstance.id).where(ProcessInstance.next_due_at <= moment).limit(limit).subquery()
    return session.execute(select(func.count()).select_from(due)).scalar_one()


def open_incidents(session: Session, instance_id: int) -> Sequence[Incident]:
    """Return the unresolved incidents of an instance."""
    return session.scalars(_OPEN_INCIDENTS, {"instance": instance_id}).all()
