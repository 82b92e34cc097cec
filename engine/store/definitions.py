"""Deployed definition sets: immutable, content-addressed (architecture.md §3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey, Text


class DefinitionSet(Base):
    """BPMN + DMN + forms deployed together; ``bundle`` is a zip, ``digest`` its content's SHA-256."""

    __tablename__ = "definition_set"

    id: Mapped[PrimaryKey]
    version: Mapped[int] = mapped_column(unique=True)
    digest: Mapped[Code] = mapped_column(index=True)
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[list[Any]]
    warnings: Mapped[list[Any]]
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[Code]
    approved_by: Mapped[Code | None]
    note: Mapped[Text | None]


def latest_id(session: Session) -> int | None:
    """Return the id of the newest set, or None."""
    return session.scalar(select(DefinitionSet.id).order_by(DefinitionSet.version.desc()).limit(1))


def get_set(session: Session, set_id: int) -> DefinitionSet:
    """Return one set.

    Raises:
        NotFound: no such set.
    """
    row = session.get(DefinitionSet, set_id)
    if row is None:
        raise NotFound(what=Thing.DEFINITIONS, key=set_id)
    return row
