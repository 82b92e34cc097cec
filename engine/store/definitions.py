"""Deployed definition sets: immutable, content-addressed (architecture.md §3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Text


class DefinitionSet(Base):
    """BPMN + DMN + forms deployed together; ``bundle`` is a zip, ``digest`` its content's SHA-256."""

    __tablename__ = "definition_set"

    id: Mapped[PrimaryKey]
    version: Mapped[int] = mapped_column(unique=True)
    digest: Mapped[Code] = mapped_column(unique=True)
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[list[Any]]
    warnings: Mapped[list[Any]]
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[Code]
    approved_by: Mapped[Code | None]
    note: Mapped[Text | None]
