"""Import batches and their rows: preview first, then commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, deferred, mapped_column

from engine.store.base import Base, Code, PrimaryKey, Short


class ImportBatch(Base):
    """One file read under one source profile; ``kind`` is ``pending`` or ``issued``."""

    __tablename__ = "import_batch"
    __table_args__ = (Index(None, "file_sha256", "source", "kind"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[Code]
    source: Mapped[Code]
    file_name: Mapped[Short]
    file_sha256: Mapped[Code]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    status: Mapped[Code]
    encoding: Mapped[Code | None]
    details: Mapped[dict[str, Any]]
    read: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    started: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[Code]
    committed_at: Mapped[datetime | None]
    committed_by: Mapped[Code | None]


class ImportRow(Base):
    """One source row and what became of it; ``effect`` is new, changed, unchanged or rejected."""

    __tablename__ = "import_row"
    __table_args__ = (Index(None, "batch_id", "row_no"), Index(None, "batch_id", "verdict"))

    id: Mapped[PrimaryKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    row_no: Mapped[int]
    verdict: Mapped[Code]
    effect: Mapped[Code | None]
    vin: Mapped[Code | None]
    policy_no: Mapped[Code | None]
    renewal_id: Mapped[int | None] = mapped_column(ForeignKey("renewal.id"), index=True)
    raw: Mapped[dict[str, Any]]
    problems: Mapped[list[Any]]
