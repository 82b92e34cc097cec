"""Filters of the inbox that people keep under a name, for themselves or for their unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Short


class SavedView(Base):
    """One kept filter; ``query`` holds the parameters of the inbox address, never a search for somebody.

    ``unit_code`` is the unit within which it is shared, None for one of its owner alone.
    """

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[PrimaryKey]
    owner: Mapped[Code]
    name: Mapped[Short]
    query: Mapped[dict[str, Any]]
    unit_code: Mapped[Code | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


def views_for(session: Session, owner: str, units: Collection[str]) -> Sequence[SavedView]:
    """Return the views of *owner* and those shared within one of *units*, by name."""
    shared = and_(SavedView.unit_code.is_not(None), SavedView.unit_code.in_(units))
    query = select(SavedView).where(or_(SavedView.owner == owner, shared))
    return session.scalars(query.order_by(SavedView.name, SavedView.id)).all()


def view_named(session: Session, owner: str, name: str) -> SavedView | None:
    """Return the view that *owner* keeps under this name."""
    return session.scalar(select(SavedView).where(SavedView.owner == owner, SavedView.name == name))


def count_of(session: Session, owner: str) -> int:
    """Return how many views *owner* keeps."""
    return session.scalar(select(func.count()).where(SavedView.owner == owner)) or 0
