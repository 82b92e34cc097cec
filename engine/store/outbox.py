"""The outbox: every outside effect is a row written in the transaction of its cause."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Text


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
