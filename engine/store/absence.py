"""Absences: who is away from when to when, and who does their tasks meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store.base import Base, Code, PrimaryKey


class Absence(Base):
    """A period, both days included; ``ended_at`` is set when it was called off or cut short."""

    __tablename__ = "absence"

    id: Mapped[PrimaryKey]
    employee_no: Mapped[Code] = mapped_column(index=True)
    substitute_no: Mapped[Code] = mapped_column(index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    created_by: Mapped[Code]
    created_at: Mapped[datetime]
    ended_by: Mapped[Code | None]
    ended_at: Mapped[datetime | None]


def stood_in_for(session: Session, employee_no: str, day: date) -> frozenset[str]:
    """Return the numbers of those whose tasks this person does on *day*."""
    query = select(Absence.employee_no).where(
        Absence.substitute_no == employee_no,
        Absence.first_day <= day,
        Absence.last_day >= day,
        Absence.ended_at.is_(None),
    )
    return frozenset(session.scalars(query))


def overlapping(session: Session, numbers: Sequence[str], first: date, last: date) -> Absence | None:
    """Return an absence of one of these people that touches the period."""
    return session.scalar(
        select(Absence)
        .where(
            Absence.employee_no.in_(numbers),
            Absence.first_day <= last,
            Absence.last_day >= first,
            Absence.ended_at.is_(None),
        )
        .limit(1)
    )


def absences_about(session: Session, name: str, employee_no: str, since: date) -> Sequence[Absence]:
    """Return the absences that this person has, stands in for or arranged, and that last beyond *since*."""
    return session.scalars(
        select(Absence)
        .where(
            or_(
                Absence.employee_no == employee_no,
                Absence.substitute_no == employee_no,
                Absence.created_by == name,
            ),
            Absence.last_day >= since,
            Absence.ended_at.is_(None),
        )
        .order_by(Absence.first_day, Absence.id)
    ).all()


def away(session: Session, numbers: Collection[str], first: date, last: date) -> frozenset[str]:
    """Return those among *numbers* who are away on a day of the period."""
    query = select(Absence.employee_no).where(
        Absence.employee_no.in_(sorted(numbers)),
        Absence.first_day <= last,
        Absence.last_day >= first,
        Absence.ended_at.is_(None),
    )
    return frozenset(session.scalars(query))
