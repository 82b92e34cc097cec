"""The outbox: every outside effect is a row written in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import NotFound
from engine.store.base import Base, Code, PrimaryKey, Text
from engine.store.instances import ProcessInstance


class OutboxMessage(Base):
    """One message to leave the house; ``key`` makes a repetition recognisable to the receiver."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index(None, "status", "not_before"),)

    id: Mapped[PrimaryKey]
    key: Mapped[Code] = mapped_column(unique=True)
    business_key: Mapped[Code | None]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    channel: Mapped[Code]
    template: Mapped[Code]
    recipient: Mapped[Code]
    text: Mapped[Text]
    status: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[Code | None]
    fault: Mapped[Text | None]


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Return those among *keys* with which a message was ever queued."""
    return set(session.scalars(select(OutboxMessage.key).where(OutboxMessage.key.in_(keys))))


def ids_to_send(session: Session, now: datetime, *, limit: int) -> list[int]:
    """Return queued messages whose time has come, oldest first."""
    return list(
        session.scalars(
            select(OutboxMessage.id)
            .where(OutboxMessage.status == "queued", OutboxMessage.not_before <= now)
            .order_by(OutboxMessage.id)
            .limit(limit)
        )
    )


def lock_message(session: Session, message_id: int) -> tuple[OutboxMessage, bool]:
    """Return one message, locked, and whether the instance it speaks of has ended.

    Raises:
        NotFound: no such message.
    """
    row = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what="消息", key=message_id)
    instance = session.get(ProcessInstance, row.instance_id) if row.instance_id is not None else None
    return row, instance is not None and instance.ended_at is not None
