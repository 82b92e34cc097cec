"""The stored virtual clock and the editable table of holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Short


class StoredClock(Base):
    """The virtual present (one row, id 1), shared by every process on this database."""

    __tablename__ = "stored_clock"

    id: Mapped[PrimaryKey]
    now: Mapped[datetime]


class Holiday(Base):
    """A day that is not an ordinary Mon–Fri workday or weekend; ``kind`` is ``holiday`` or ``workday``."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[Code]
    name: Mapped[Short]
    source: Mapped[Short]
    provisional: Mapped[bool] = mapped_column(default=False)


def holidays_of(session: Session) -> Sequence[Holiday]:
    """Return the whole table, by day."""
    return session.scalars(select(Holiday).order_by(Holiday.day)).all()


def set_clock(session: Session, moment: datetime) -> None:
    """Store *moment* as the virtual present."""
    row = session.get(StoredClock, 1)
    if row is None:
        session.add(StoredClock(id=1, now=moment))
    else:
        row.now = moment


def has_clock(session: Session) -> bool:
    """Whether the virtual clock was ever set."""
    return session.get(StoredClock, 1) is not None
