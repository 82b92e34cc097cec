"""Process instances, their timers, messages and incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, BigKey, Code, PrimaryKey, Text


class ProcessInstance(Base):
    """One running or ended process; ``state`` is the codec's bytes, ``lock_version`` rejects stale writers."""

    __tablename__ = "process_instance"

    id: Mapped[PrimaryKey]
    definition_set_id: Mapped[int] = mapped_column(ForeignKey("definition_set.id"), index=True)
    definition_key: Mapped[Code]
    business_key: Mapped[Code] = mapped_column(index=True)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    path: Mapped[dict[str, Any]]
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
    data: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    received_by: Mapped[Code]


class Incident(Base):
    """A step that failed: where, why, how often, and what the person had typed."""

    __tablename__ = "incident"
    __table_args__ = (Index(None, "status", "created_at"), Index(None, "instance_id", "status"))

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[int | None] = mapped_column(BigKey)
    element_id: Mapped[Code | None]
    trigger: Mapped[Code]
    message: Mapped[Text]
    submitted: Mapped[dict[str, Any] | None]
    submitted_by: Mapped[Code | None]
    attempts: Mapped[int] = mapped_column(default=1)
    status: Mapped[Code]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[Code | None]


