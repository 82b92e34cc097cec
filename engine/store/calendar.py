"""The stored virtual clock and the editable table of holidays."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

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
