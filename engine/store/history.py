"""The append-only history; each event's hash covers the one before it (engine/domain/chain.py, docs/audit.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import Index, Table, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.chain import GENESIS, instant_text, link
from engine.store.base import Base, BigKey, Code, PrimaryKey, Text

_COLUMNS = ("seq", "at", "actor", "action", "instance_id", "task_id", "subject", "reason", "payload", "hash")


class HasId(Protocol):
    """A row that has, or is about to get, a number."""

    id: Any


class HistoryEvent(Base):
    """One thing that happened; never updated, never deleted."""

    __tablename__ = "history_event"
    __table_args__ = (
        Index(None, "instance_id", "seq"),
        Index(None, "action", "at"),
        Index(None, "actor", "at"),
    )

    seq: Mapped[PrimaryKey]
    at: Mapped[datetime]
    actor: Mapped[Code]
    action: Mapped[Code]
    instance_id: Mapped[int | None] = mapped_column(BigKey)
    task_id: Mapped[int | None] = mapped_column(BigKey)
    subject: Mapped[Code | None]
    reason: Mapped[Text | None]
    payload: Mapped[dict[str, Any]]
    hash: Mapped[Code]


@dataclass(slots=True, kw_only=True)
class NewEvent:
    """An event that is not yet numbered; ``about`` is a task whose id the database has still to give."""

    at: datetime
    actor: str
    action: str
    instance_id: int | None = None
    task_id: int | None = None
    about: HasId | None = None
    subject: str | None = None
    reason: str | None = None
    payload: dict[str, Any]
    seq: int = 0
    hash: str = ""


_LAST = select(HistoryEvent.seq, HistoryEvent.hash).order_by(HistoryEvent.seq.desc()).limit(1)
_WRITER = 0x52454E  # pg_advisory_xact_lock: one writer of the hash chain at a time
_LOCK_AND_LAST = text("SELECT seq, hash FROM history_tail(:writer)").bindparams(writer=_WRITER)


def event_hash(previous: str, event: HistoryEvent | NewEvent) -> str:
    """Return the hash of *event* after the one whose hash is *previous*; it covers every column."""
    return link(
        previous,
        (
            event.seq,
            instant_text(event.at),
            event.actor,
            event.action,
            event.instance_id,
            event.task_id,
            event.subject,
            event.reason,
            event.payload,
        ),
    )


def count_of_actor(session: Session, actor: str, action: str, *, since: datetime) -> int:
    """Return how often *actor* did *action* after *since*."""
    query = select(func.count()).where(
        HistoryEvent.actor == actor, HistoryEvent.action == action, HistoryEvent.at > since
    )
    return session.execute(query).scalar_one()


def count_about_task(session: Session, task_id: int, action: str, *, since: datetime) -> int:
    """Return how often *action* was recorded of a task after *since*."""
    query = select(func.count()).where(
        HistoryEvent.action == action, HistoryEvent.at > since, HistoryEvent.task_id == task_id
    )
    return session.execute(query).scalar_one()


def count_about_instance(session: Session, instance_id: int, action: str) -> int:
    """Return how often *action* was recorded of an instance."""
    query = select(func.count()).where(HistoryEvent.action == action, HistoryEvent.instance_id == instance_id)
    return session.execute(query).scalar_one()


def chain(session: Session, events: list[NewEvent], *, is_shared: bool) -> None:
    """Number, hash and store *events* after the last one; call once, after the flush, before the commit.

    Until the transaction ends there is no other writer: on SQLite by its ``BEGIN IMMEDIATE``, on a server
    (*is_shared*) by an advisory lock.
    """
    last = session.execute(_LOCK_AND_LAST if is_shared else _LAST).first()
    seq, previous = (last.seq, last.hash) if last and last.seq is not None else (0, GENESIS)
    for event in events:
        seq += 1
        event.seq = seq
        if event.about is not None:
            event.task_id = event.about.id
        event.hash = previous = event_hash(previous, event)
    session.execute(
        insert(cast(Table, HistoryEvent.__table__)),
        [{name: getattr(e, name) for name in _COLUMNS} for e in events],
    )


CHECKPOINT = "checkpoint_signed"
_NEWEST_CHECKPOINT = (
    select(HistoryEvent)
    .where(HistoryEvent.action == CHECKPOINT)
    .order_by(HistoryEvent.at.desc(), HistoryEvent.seq.desc())
    .limit(1)
)


def newest_checkpoint(session: Session) -> HistoryEvent | None:
    """Return the event of the last checkpoint that was taken."""
    return session.scalar(_NEWEST_CHECKPOINT)


def last_seq(session: Session) -> int:
    """Return the number of the last event, 0 when there is none."""
    last = session.execute(_LAST).first()
    return last.seq if last else 0
