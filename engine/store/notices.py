"""Messages that speak of several renewals: one to each person and day, whatever caused them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.domain.codes import OutboxStatus
from engine.domain.masking import mask_recipient
from engine.store.base import Base
from engine.store.outbox import OutboxAbout, OutboxMessage


@dataclass(frozen=True, slots=True)
class Slot:
    """One message that may be: its key, and from when to when it may leave."""

    key: str
    not_before: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What the agent *recipient* shall be told about one renewal; ``text`` holds ``{n}`` for the number of renewals.

    ``slots`` are the days on which it may be told, in order.
    """

    recipient: str
    instance_id: int
    channel: str
    template: str
    text: str
    queued_at: datetime
    slots: tuple[Slot, ...]


def add_notices(session: Session, notices: Sequence[Notice]) -> None:
    """Put *notices* into the messages of their receivers: one statement a receiver, one for all renewals.

    A message that left, or was tried, takes nothing more up; then the next day's does. Receivers in order, so
    that two writers cannot wait for each other.
    """
    of_receivers: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        of_receivers.setdefault((notice.recipient, notice.template), []).append(notice)
    about = []
    for _, told in sorted(of_receivers.items(), key=lambda entry: entry[0]):
        message_id = _pending_message(session, told[0])
        about += [
            {"message_id": message_id, "instance_id": instance_id}
            for instance_id in dict.fromkeys(notice.instance_id for notice in told)
        ]
    session.execute(_insert_into(session, OutboxAbout).on_conflict_do_nothing(), about)


def _pending_message(session: Session, notice: Notice) -> int:
    """The number of the first message of the slots that is still pending, made if need be."""
    for slot in notice.slots:
        found = session.scalar(_raise(session, notice, slot))
        if found is not None:
            return int(found)
    last = notice.slots[-1]
    raise RuntimeError(f"no message is pending up to {last.key}")  # a defect: the last day lies far ahead


def _raise(session: Session, notice: Notice, slot: Slot) -> Any:
    """Insert the slot's message, or lock the one that waits; nothing comes back for one that was tried."""
    statement = _insert_into(session, OutboxMessage).values(
        key=slot.key,
        business_key=slot.key,
        channel=notice.channel,
        template=notice.template,
        recipient_sealed=OutboxMessage.recipient.sealed(session, notice.recipient, (slot.key,)),
        recipient_masked=mask_recipient(notice.recipient),
        agent_no=notice.recipient,
        audience="staff",
        text_sealed=OutboxMessage.text.sealed(session, notice.text, (slot.key,)),
        status=str(OutboxStatus.QUEUED),
        attempts=0,
        queued_at=notice.queued_at,
        not_before=slot.not_before,
        expires_at=slot.expires_at,
    )
    waits = and_(OutboxMessage.status == OutboxStatus.QUEUED, OutboxMessage.attempts == 0)
    return statement.on_conflict_do_update(
        index_elements=[OutboxMessage.key], set_={"not_before": OutboxMessage.not_before}, where=waits
    ).returning(OutboxMessage.id)


def _insert_into(session: Session, mapped: type[Base]) -> Any:
    """An INSERT that may end in ON CONFLICT; each dialect has its own, alike in what is used here."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return make(mapped)
