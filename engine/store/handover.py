"""Hand-overs of renewals from one person to others, and what became of each of their rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from engine.domain.codes import HandoverKind, HandoverRowStatus, HandoverStatus, Role, TaskStatus
from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey
from engine.store.people import Post
from engine.store.personal import JSON, Personal, SealedBytes
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

IN_FORCE = (HandoverStatus.SCHEDULED, HandoverStatus.RUNNING)
AT_ONCE = 500


class Handover(Base):
    """Renewals that go from ``from_no`` (who held ``role`` in ``unit_code``) to others.

    ``last_day`` is the last day on which the renewals are that person's; ``due_at`` the midnight after it, while
    the hand-over waits for it. ``ended_posts`` are the posts it ended: a list of id and former last day.
    """

    __tablename__ = "handover"
    __table_args__ = (Index(None, "from_no", "status"), Index(None, "status", "due_at"))

    id: Mapped[PrimaryKey]
    kind: Mapped[Code]
    from_no: Mapped[Code]
    role: Mapped[Code]
    unit_code: Mapped[Code]
    last_day: Mapped[date]
    status: Mapped[Code]
    created_by: Mapped[Code]
    created_at: Mapped[datetime]
    confirmed_by: Mapped[Code | None]
    confirmed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    ended_posts: Mapped[list[Any]]


class HandoverRow(Base):
    """One renewal of a hand-over: to whom it goes (None: the claim pool) and by which rule.

    ``seen`` is a mark of who answered for it when the preview was made, ``changes`` what was changed in the end:
    a list of field, from and to; ``reason`` why it was refused.
    """

    __tablename__ = "handover_row"
    __table_args__ = (
        UniqueConstraint("handover_id", "instance_id"),
        Index(None, "handover_id", "status", "id"),
    )

    id: Mapped[PrimaryKey]
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    to_no: Mapped[Code | None]
    rule: Mapped[Code]
    seen: Mapped[Code]
    changes: Mapped[list[Any]]
    status: Mapped[Code]
    reason_sealed: Mapped[SealedBytes | None]

    reason = Personal[dict[str, Any] | None](JSON, key=("handover_id", "instance_id"))


_HELD: dict[Role, InstrumentedAttribute[str | None]] = {
    Role.AGENT: Renewal.agent_no,
    Role.SUPERVISOR: Renewal.supervisor_no,
    Role.TRAINER: Renewal.trainer_no,
    Role.SPECIALIST: Renewal.specialist_no,
}
HELD_ROLES = tuple(_HELD)
"""The roles in which somebody answers for renewals by name."""


def held_by(
    session: Session, number: str, role: Role, *, workplace: str | None = None, most: int
) -> Sequence[Renewal]:
    """Return the open renewals that *number* answers for as *role* or as their one responsible person, by id."""
    theirs = or_(_HELD[role] == number, Renewal.owner_no == number)
    query = select(Renewal).where(Renewal.ended_at.is_(None), theirs)
    if workplace is not None:
        query = query.where(Renewal.workplace_code == workplace)
    return session.scalars(query.order_by(Renewal.id).limit(most)).all()


def servers_of(
    session: Session, renewals: Sequence[Renewal], role: Role
) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Return who answers or answered as *role* for these customers and for these vehicles, closed renewals too."""
    customers = {row.customer_id for row in renewals if row.customer_id is not None}
    vehicles = {row.vehicle_id for row in renewals}
    of_customer: dict[int, set[str]] = {}
    of_vehicle: dict[int, set[str]] = {}
    column = _HELD[role]
    for part in _parts(customers):
        query = select(Renewal.customer_id, column).where(Renewal.customer_id.in_(part), column.is_not(None))
        for customer, number in _pairs(session, query):
            of_customer.setdefault(customer, set()).add(number)
    for part in _parts(vehicles):
        query = select(Renewal.vehicle_id, column).where(Renewal.vehicle_id.in_(part), column.is_not(None))
        for vehicle, number in _pairs(session, query):
            of_vehicle.setdefault(vehicle, set()).add(number)
    return of_customer, of_vehicle


def _pairs(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """The different pairs a query of two columns that hold something gives."""
    return session.execute(query.distinct()).all()


def _parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    """*ids* in portions that every database takes."""
    ordered = sorted(ids)
    for first in range(0, len(ordered), AT_ONCE):
        yield ordered[first : first + AT_ONCE]


def loads_of(session: Session, numbers: Iterable[str], role: Role) -> dict[str, int]:
    """Return how many open renewals each of *numbers* answers for as *role*."""
    column = _HELD[role]
    query = select(column, func.count()).where(Renewal.ended_at.is_(None), column.in_(sorted(numbers)))
    return {number: count for number, count in session.execute(query.group_by(column)) if number}


def lock_handover(session: Session, handover_id: int) -> Handover:
    """Return a hand-over, its row locked until the transaction ends.

    Raises:
        NotFound: no such hand-over.
    """
    row = session.get(Handover, handover_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what=Thing.HANDOVER, key=handover_id)
    return row


def in_force_for(session: Session, number: str) -> Handover | None:
    """Return a hand-over of this person that is confirmed and not finished."""
    return session.scalar(
        select(Handover).where(Handover.from_no == number, Handover.status.in_(IN_FORCE)).limit(1)
    )


def previews_of(session: Session, number: str, role: Role) -> Sequence[Handover]:
    """Return the hand-overs of this person in this role that are shown and not confirmed yet, locked."""
    query = select(Handover).where(
        Handover.from_no == number, Handover.role == role, Handover.status == HandoverStatus.PREPARED
    )
    return session.scalars(query.order_by(Handover.id).with_for_update()).all()


def renewals_of_rows(session: Session, handover_id: int) -> Sequence[tuple[HandoverRow, Renewal]]:
    """Return the rows of a hand-over that nothing became of yet, each with its renewal."""
    query = (
        select(HandoverRow, Renewal)
        .join(Renewal, Renewal.id == HandoverRow.instance_id)
        .where(HandoverRow.handover_id == handover_id, HandoverRow.status == HandoverRowStatus.PENDING)
    )
    return [(row.HandoverRow, row.Renewal) for row in session.execute(query.order_by(HandoverRow.id))]


def next_handover(session: Session) -> datetime | None:
    """Return the earliest moment at which a confirmed hand-over is due."""
    return session.scalar(
        select(func.min(Handover.due_at)).where(Handover.status == HandoverStatus.SCHEDULED)
    )


def rows_pending(session: Session, handover_id: int, *, limit: int) -> Sequence[HandoverRow]:
    """Return rows of a hand-over that are still to be carried out, in their order."""
    query = select(HandoverRow).where(
        HandoverRow.handover_id == handover_id, HandoverRow.status == HandoverRowStatus.PENDING
    )
    return session.scalars(query.order_by(HandoverRow.id).limit(limit)).all()


def rows_of_renewals(
    session: Session, handover_id: int, instance_ids: Collection[int]
) -> Sequence[HandoverRow]:
    """Return the rows of a hand-over that speak of these renewals, locked."""
    query = select(HandoverRow).where(
        HandoverRow.handover_id == handover_id, HandoverRow.instance_id.in_(sorted(instance_ids))
    )
    return session.scalars(query.order_by(HandoverRow.id).with_for_update()).all()


def lock_handover_row(session: Session, row_id: int) -> HandoverRow:
    """Return one row, locked."""
    return session.get_one(HandoverRow, row_id, with_for_update=True, populate_existing=True)


def counts_of_handover(session: Session, handover_id: int) -> dict[str, int]:
    """Return how many rows of a hand-over stand how."""
    query = select(HandoverRow.status, func.count()).where(HandoverRow.handover_id == handover_id)
    counted = session.execute(query.group_by(HandoverRow.status))
    return {row.status: int(row[1]) for row in counted}


def posts_in_force(session: Session, number: str, role: Role, day: date) -> Sequence[Post]:
    """Return the posts of *role* that somebody holds on *day*, locked."""
    query = select(Post).where(
        Post.employee_no == number,
        Post.role == role,
        Post.valid_from <= day,
        or_(Post.valid_to.is_(None), Post.valid_to > day),
    )
    return session.scalars(query.order_by(Post.id).with_for_update()).all()


def handover_by_date(session: Session, number: str, role: Role, last_day: date) -> Handover | None:
    """Return the record of what went from this person by effective date after *last_day*."""
    query = select(Handover).where(
        Handover.from_no == number,
        Handover.status == HandoverStatus.DONE,
        Handover.kind == HandoverKind.ORGANISATION,
        Handover.role == role,
        Handover.last_day == last_day,
    )
    return session.scalar(query.limit(1))


def handovers_due(session: Session, now: datetime) -> Sequence[int]:
    """Return the hand-overs that are to be carried out now: interrupted ones, and those whose day has come."""
    due = and_(Handover.status == HandoverStatus.SCHEDULED, Handover.due_at <= now)
    query = select(Handover.id).where(or_(Handover.status == HandoverStatus.RUNNING, due))
    return session.scalars(query.order_by(Handover.id)).all()


def tasks_claimed_by(session: Session, name: str) -> Sequence[UserTask]:
    """Return the open tasks that somebody holds from a queue, locked."""
    query = select(UserTask).where(
        UserTask.claimed_by == name,
        UserTask.status == TaskStatus.CLAIMED,
        or_(UserTask.assignee_no.is_(None), UserTask.assignee_no != name),
    )
    return session.scalars(query.order_by(UserTask.id).with_for_update()).all()


def lock_post(session: Session, post_id: int) -> Post | None:
    """Return a post, its row locked; None where there is none any more."""
    return session.get(Post, post_id, with_for_update=True, populate_existing=True)
