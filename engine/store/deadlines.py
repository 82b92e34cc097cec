"""What people owe when others leave: first contacts, offers of the claim pool, gaps that ring an alarm."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, case, func, null, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.store.base import Base, Code, PrimaryKey
from engine.store.renewals import Renewal


class Deadline(Base):
    """One deadline of a renewal, or of a unit where ``instance_id`` is None.

    ``owner_no`` is who answered for the renewal when it began and ``contacts`` how many effective contacts there
    were; ``rung_at`` when its time was over and those in charge were told (an offer is the whole city's from then
    on); ``ending`` how it came to its end.
    """

    __tablename__ = "deadline"
    __table_args__ = (Index(None, "instance_id", "kind"), Index(None, "settled_at", "due_at"))

    id: Mapped[PrimaryKey]
    kind: Mapped[Code]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    unit_code: Mapped[Code | None]
    branch_code: Mapped[Code | None]
    owner_no: Mapped[Code | None]
    contacts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    rung_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    ending: Mapped[Code | None]


class DeadlineTold(Base):
    """Somebody who was told that a deadline had passed."""

    __tablename__ = "deadline_told"

    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"), primary_key=True)
    employee_no: Mapped[Code] = mapped_column(primary_key=True, index=True)


def _same_owner() -> ColumnElement[bool]:
    return or_(
        Renewal.owner_no == Deadline.owner_no, and_(Renewal.owner_no.is_(None), Deadline.owner_no.is_(None))
    )


def ending() -> ColumnElement[str | None]:
    """Return, over Deadline ⟕ Renewal, how a renewal's deadline has come to its end; NULL while it stands."""
    kind = Deadline.kind
    of_contact = kind.in_(
        [str(DeadlineKind.FIRST_CONTACT), str(DeadlineKind.RECHECK), str(DeadlineKind.FOLLOW_UP)]
    )
    return case(
        (Renewal.id.is_(None), null()),
        (Renewal.ended_at.is_not(None), str(DeadlineEnd.RENEWAL_CLOSED)),
        (and_(of_contact, ~_same_owner()), str(DeadlineEnd.PASSED_ON)),
        (and_(of_contact, Renewal.contacts > Deadline.contacts), str(DeadlineEnd.MET)),
        (and_(kind == DeadlineKind.UNOWNED, Renewal.owner_no.is_not(None)), str(DeadlineEnd.ASSIGNED)),
        (
            and_(kind == DeadlineKind.POOL, or_(Renewal.agent_no.is_not(None), ~_same_owner())),
            str(DeadlineEnd.ASSIGNED),
        ),
        else_=null(),
    )


def stands() -> ColumnElement[bool]:
    """Return the clause over Deadline ⟕ Renewal for those that nobody has met yet."""
    return and_(Deadline.settled_at.is_(None), ending().is_(None))


def ended_deadlines(session: Session, *, limit: int) -> Sequence[tuple[int, str]]:
    """Return open deadlines that have come to their end, and how."""
    query = (
        select(Deadline.id, ending())
        .join(Renewal, Renewal.id == Deadline.instance_id)
        .where(Deadline.settled_at.is_(None), ending().is_not(None))
        .order_by(Deadline.id)
        .limit(limit)
    )
    return [(row[0], str(row[1])) for row in session.execute(query)]


def passed_deadlines(session: Session, now: datetime, *, limit: int) -> Sequence[tuple[int, int | None]]:
    """Return standing deadlines whose time is over and of which nobody was told yet, the oldest first.

    Of each its number and that of its renewal, if it has one.
    """
    query = (
        select(Deadline.id, Deadline.instance_id)
        .outerjoin(Renewal, Renewal.id == Deadline.instance_id)
        .where(stands(), Deadline.due_at <= now, Deadline.rung_at.is_(None))
        .order_by(Deadline.due_at, Deadline.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def next_deadline(session: Session) -> datetime | None:
    """Return the earliest moment at which an open deadline passes."""
    return session.scalar(
        select(func.min(Deadline.due_at)).where(Deadline.settled_at.is_(None), Deadline.rung_at.is_(None))
    )


def unwatched(session: Session, *, limit: int) -> Sequence[int]:
    """Return open renewals that nobody answers for and whose time does not run yet."""
    watched = select(Deadline.instance_id).where(
        Deadline.kind == DeadlineKind.UNOWNED,
        Deadline.settled_at.is_(None),
        Deadline.instance_id == Renewal.id,
    )
    query = select(Renewal.id).where(
        Renewal.owner_no.is_(None), Renewal.ended_at.is_(None), ~watched.correlate(Renewal).exists()
    )
    return session.scalars(query.order_by(Renewal.id).limit(limit)).all()


def open_deadlines(session: Session, instance_id: int, kind: DeadlineKind) -> Sequence[Deadline]:
    """Return the open deadlines of a kind of one renewal; call with the renewal locked."""
    query = select(Deadline).where(
        Deadline.instance_id == instance_id, Deadline.kind == kind, Deadline.settled_at.is_(None)
    )
    return session.scalars(query.order_by(Deadline.id).execution_options(populate_existing=True)).all()


def open_deadline_ids(session: Session, instance_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the numbers of the open deadlines of each renewal, of every kind; call with the renewals locked."""
    found: dict[int, list[int]] = {number: [] for number in instance_ids}
    query = select(Deadline.instance_id, Deadline.id).where(
        Deadline.instance_id.in_(sorted(found)), Deadline.settled_at.is_(None)
    )
    for instance_id, number in session.execute(query.order_by(Deadline.id)):
        if instance_id is not None:
            found[instance_id].append(number)
    return found


def latest_offer(session: Session, instance_id: int) -> Deadline | None:
    """Return the last offer of a renewal in the claim pool, over or not; call with the renewal locked."""
    query = select(Deadline).where(Deadline.instance_id == instance_id, Deadline.kind == DeadlineKind.POOL)
    return session.scalar(
        query.order_by(Deadline.id.desc()).limit(1).execution_options(populate_existing=True)
    )


def open_vacancies(session: Session) -> dict[str, Deadline]:
    """Return the open vacancies, by team."""
    query = select(Deadline).where(Deadline.kind == DeadlineKind.VACANCY, Deadline.settled_at.is_(None))
    return {row.unit_code or "": row for row in session.scalars(query)}


def lock_deadline(session: Session, deadline_id: int) -> Deadline | None:
    """Return a deadline, its row locked until the transaction ends; None where there is none."""
    return session.get(Deadline, deadline_id, with_for_update=True, populate_existing=True)


def tell(session: Session, deadline: Deadline, numbers: Collection[str]) -> None:
    """Keep who was told of *deadline*."""
    session.add_all(DeadlineTold(deadline_id=deadline.id, employee_no=number) for number in sorted(numbers))
