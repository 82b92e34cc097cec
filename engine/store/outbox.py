"""The outbox: every outside effect is a row written in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from engine.domain.nodes import CHASED, NEW_LIST
from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey, Text
from engine.store.instances import ProcessInstance
from engine.store.personal import TEXT, Personal, SealedBytes
from engine.store.renewals import Customer, Renewal


class OutboxMessage(Base):
    """One message to leave the house; ``key`` makes a repetition recognisable to the receiver.

    ``audience`` is ``customer`` or ``staff``; ``sending_by`` says who holds it while it is ``sending``;
    ``recipient_masked`` is all that reports may say of the recipient, ``agent_no`` the agent whose renewals it
    counts, if it counts any.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index(None, "status", "not_before"), Index(None, "business_key", "id"))

    id: Mapped[PrimaryKey]
    key: Mapped[Code] = mapped_column(unique=True)
    business_key: Mapped[Code | None]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    channel: Mapped[Code]
    template: Mapped[Code]
    recipient_sealed: Mapped[SealedBytes]
    recipient_masked: Mapped[Code]
    agent_no: Mapped[Code | None]
    audience: Mapped[Code] = mapped_column(default="staff", server_default="staff")
    text_sealed: Mapped[SealedBytes]
    status: Mapped[Code]
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    sending_by: Mapped[Code | None]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[Code | None]
    withheld_for: Mapped[Code | None]
    fault: Mapped[Text | None]

    recipient = Personal[str](TEXT, key=("key",))
    text = Personal[str](TEXT, key=("key",))


class OutboxAbout(Base):
    """A renewal that a message to who answers for it speaks of, when it speaks of several (engine.store.notices).

    ``node`` is why: the node of its expiry that it has reached (engine.domain.nodes).
    """

    __tablename__ = "outbox_about"

    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True, index=True)
    node: Mapped[int] = mapped_column(default=NEW_LIST, server_default=str(NEW_LIST))


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come, and what may speak against sending it.

    Of a message about several renewals ``theirs`` counts those that are open and still its receiver's, and it has
    ended when none is open any more; ``theirs`` is None for any other. ``told`` counts, by node, those of them whose
    customers may be contacted; of reminders, all.
    """

    message: OutboxMessage
    has_ended: bool
    is_opted_out: bool
    theirs: int | None = None
    told: Mapping[int, int] = field(default_factory=dict)


_IS_THEIRS = or_(
    *(
        column == OutboxMessage.agent_no
        for column in (
            Renewal.agent_no,
            Renewal.owner_no,
            Renewal.supervisor_no,
            Renewal.trainer_no,
            Renewal.specialist_no,
        )
    )
)
"""Whether the receiver of a counting message answers for a renewal, in whatever role."""


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Return those among *keys* with which a message was ever queued."""
    return set(session.scalars(select(OutboxMessage.key).where(OutboxMessage.key.in_(keys))))


def lock_due(session: Session, now: datetime, *, limit: int, without: Collection[str]) -> list[Due]:
    """Lock and return queued messages whose time has come, oldest first, but none of the channels *without*.

    While a policy's message waits for another try, the later ones of that policy wait behind it.
    """
    earlier = aliased(OutboxMessage)
    waits = exists().where(
        earlier.business_key == OutboxMessage.business_key,
        earlier.id < OutboxMessage.id,
        earlier.status == "queued",
        earlier.attempts > 0,
    )
    query = (
        select(
            OutboxMessage,
            ProcessInstance.ended_at.is_not(None),
            or_(Customer.do_not_contact, Customer.no_messages),
            _count_about(),
            _count_about(Renewal.ended_at.is_(None)),
            _count_about(Renewal.ended_at.is_(None), _IS_THEIRS),
        )
        .outerjoin(ProcessInstance, ProcessInstance.id == OutboxMessage.instance_id)
        .outerjoin(Renewal, Renewal.id == OutboxMessage.instance_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            OutboxMessage.status == "queued",
            OutboxMessage.not_before <= now,
            OutboxMessage.channel.not_in(without),
            ~waits,
        )
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(of=OutboxMessage)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(query).all()
    told = _count_by_node(session, [row[0].id for row in rows if row[3]])
    return [
        Due(
            message,
            has_ended=bool(ended) or about > is_open == 0,
            is_opted_out=bool(opted_out),
            theirs=theirs if about else None,
            told=told.get(message.id, {}),
        )
        for message, ended, opted_out, about, is_open, theirs in rows
    ]


def _count_by_node(session: Session, message_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """How many renewals each message tells of, by node: open, its receiver's, the customer not to be left alone."""
    if not message_ids:
        return {}
    query = (
        select(OutboxAbout.message_id, OutboxAbout.node, func.count())
        .join(OutboxMessage, OutboxMessage.id == OutboxAbout.message_id)
        .join(Renewal, Renewal.id == OutboxAbout.instance_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            OutboxAbout.message_id.in_(message_ids),
            Renewal.ended_at.is_(None),
            _IS_THEIRS,
            or_(OutboxAbout.node >= CHASED, func.coalesce(Customer.do_not_contact, False).is_(False)),
        )
        .group_by(OutboxAbout.message_id, OutboxAbout.node)
    )
    found: dict[int, dict[int, int]] = {}
    for message_id, node, count in session.execute(query):
        found.setdefault(message_id, {})[node] = count
    return found


def _count_about(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many of the renewals that a message speaks of are such."""
    return (
        select(func.count())
        .select_from(OutboxAbout)
        .join(Renewal, Renewal.id == OutboxAbout.instance_id)
        .where(OutboxAbout.message_id == OutboxMessage.id, *where)
        .correlate(OutboxMessage)
        .scalar_subquery()
    )


def next_to_send(session: Session) -> datetime | None:
    """Return the earliest moment at which a queued message may leave."""
    waiting = select(func.min(OutboxMessage.not_before)).where(OutboxMessage.status == "queued")
    return session.scalar(waiting)


def has_to_send(session: Session, now: datetime) -> bool:
    """Whether anything is due or was left behind by a sender that crashed."""
    due = and_(OutboxMessage.status == "queued", OutboxMessage.not_before <= now)
    query = select(OutboxMessage.id).where(due | (OutboxMessage.status == "sending")).limit(1)
    return session.execute(query).first() is not None


def lock_sending(session: Session, ids: Collection[int] | None = None) -> Sequence[OutboxMessage]:
    """Lock and return the messages that are being sent (of *ids*, if given), oldest first."""
    query = select(OutboxMessage).where(OutboxMessage.status == "sending").order_by(OutboxMessage.id)
    if ids is not None:
        query = query.where(OutboxMessage.id.in_(ids))
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def lock_message(session: Session, message_id: int) -> OutboxMessage:
    """Return one message, locked.

    Raises:
        NotFound: no such message.
    """
    row = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what=Thing.MESSAGE, key=message_id)
    return row
