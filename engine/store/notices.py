"""Messages that speak of several renewals: one to each person and day, whatever caused them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.domain.codes import OutboxStatus
from engine.domain.masking import mask_recipient
from engine.domain.nodes import CHASED
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
    """What *recipient* shall be told about one renewal: it has reached *node* of its expiry, or is reminded of.

    ``text`` holds ``{told}`` for how many renewals are at which node; ``slots`` are the days on which it may be
    told, in order.
    """

    recipient: str
    instance_id: int
    node: int
    channel: str
    template: str
    text: str
    queued_at: datetime
    slots: tuple[Slot, ...]


def add_notices(session: Session, notices: Sequence[Notice]) -> None:
    """Put *notices* into the messages of their receivers: a few statements, however many receivers and renewals.

    A message that left, or was tried, takes nothing more up; then the next day's does. Messages in the order of
    their keys, so that two writers cannot wait for each other.
    """
    of_receivers: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        of_receivers.setdefault((notice.recipient, notice.template), []).append(notice)
    pending = _pending_messages(session, [told[0] for _, told in sorted(of_receivers.items())])
    about = [
        {"message_id": pending[receiver], "instance_id": instance_id, "node": node}
        for receiver, told in of_receivers.items()
        for instance_id, node in {notice.instance_id: notice.node for notice in told}.items()
    ]
    session.execute(_insert_or_move(session), about)


def _insert_or_move(session: Session) -> Any:
    """An INSERT of what a message is about; a renewal that has reached another node meanwhile counts there.

    What somebody is reminded of stays a reminder.
    """
    adding = _insert_into(session, OutboxAbout)
    is_reminder = and_(OutboxAbout.node >= CHASED, adding.excluded.node < CHASED)
    node = case((is_reminder, OutboxAbout.node), else_=adding.excluded.node)
    return adding.on_conflict_do_update(
        index_elements=[OutboxAbout.message_id, OutboxAbout.instance_id], set_={"node": node}
    )


def _pending_messages(session: Session, firsts: Sequence[Notice]) -> dict[tuple[str, str], int]:
    """The number of each receiver's first message that is still pending, made if need be (*firsts*: one a receiver)."""
    found: dict[tuple[str, str], int] = {}
    waiting = list(firsts)
    for day in range(max(len(notice.slots) for notice in firsts)):
        asked = {notice.slots[day].key: notice for notice in waiting if day < len(notice.slots)}
        for key, message_id in _raise_all(session, asked, day):
            found[asked[key].recipient, asked[key].template] = message_id
        waiting = [notice for notice in waiting if (notice.recipient, notice.template) not in found]
        if not waiting:
            return found
    raise RuntimeError(
        f"no message is pending for {waiting[0].recipient}"
    )  # a defect: the last day lies far ahead


def _raise_all(session: Session, asked: Mapping[str, Notice], day: int) -> Sequence[Any]:
    """Insert the messages of the *day*-th slots, or lock those that wait; of these the keys and numbers."""
    session.execute(
        _insert_or_lock(session), [_message(session, notice, notice.slots[day]) for notice in asked.values()]
    )
    return session.execute(
        select(OutboxMessage.key, OutboxMessage.id).where(OutboxMessage.key.in_(asked), _WAITS)
    ).all()


def _message(session: Session, notice: Notice, slot: Slot) -> dict[str, Any]:
    return {
        "key": slot.key,
        "business_key": slot.key,
        "channel": notice.channel,
        "template": notice.template,
        "recipient_sealed": OutboxMessage.recipient.sealed(session, notice.recipient, (slot.key,)),
        "recipient_masked": mask_recipient(notice.recipient),
        "agent_no": notice.recipient,
        "audience": "staff",
        "text_sealed": OutboxMessage.text.sealed(session, notice.text, (slot.key,)),
        "status": str(OutboxStatus.QUEUED),
        "attempts": 0,
        "queued_at": notice.queued_at,
        "not_before": slot.not_before,
        "expires_at": slot.expires_at,
    }


_WAITS = and_(OutboxMessage.status == OutboxStatus.QUEUED, OutboxMessage.attempts == 0)


def _insert_or_lock(session: Session) -> Any:
    """An INSERT that leaves a message which waits as it is, and locks it; one that was tried is passed over."""
    return _insert_into(session, OutboxMessage).on_conflict_do_update(
        index_elements=[OutboxMessage.key], set_={"not_before": OutboxMessage.not_before}, where=_WAITS
    )


def _insert_into(session: Session, mapped: type[Base]) -> Any:
    """An INSERT that may end in ON CONFLICT; each dialect has its own, alike in what is used here."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return make(mapped)
