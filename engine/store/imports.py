"""Import batches and their rows: preview first, then commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.lists import RowKey
from engine.errors import NotFound
from engine.label import Thing
from engine.store.base import Base, Code, PrimaryKey, Short
from engine.store.personal import BYTES, JSON, Personal, SealedBytes


class ImportBatch(Base):
    """One file read under one source profile; ``kind`` is ``pending`` or ``issued``."""

    __tablename__ = "import_batch"
    __table_args__ = (Index(None, "file_sha256", "source", "kind"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[Code]
    source: Mapped[Code]
    file_name: Mapped[Short]
    file_sha256: Mapped[Code]
    content_sealed: Mapped[SealedBytes] = mapped_column(deferred=True)
    status: Mapped[Code]
    encoding: Mapped[Code | None]
    details_sealed: Mapped[SealedBytes]
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

    content = Personal[bytes](BYTES, key=("id",))
    details = Personal[dict[str, Any]](JSON, key=("id",))


class ImportRow(Base):
    """One source row and what became of it; ``effect`` is new, changed, unchanged or rejected.

    Sheet and number together name the row, as each sheet counts from its own first row. ``unit_code`` is
    the unit the row concerns: its sub-branch, else that of the specialist who serves its agent.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        Index(None, "batch_id", "row_no"),
        Index(None, "batch_id", "verdict"),
        Index(None, "batch_id", "unit_code"),
    )

    id: Mapped[PrimaryKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    sheet: Mapped[Short | None]
    row_no: Mapped[int]
    unit_code: Mapped[Code | None]
    verdict: Mapped[Code]
    effect: Mapped[Code | None]
    vin: Mapped[Code | None]
    policy_no: Mapped[Code | None]
    renewal_id: Mapped[int | None] = mapped_column(ForeignKey("renewal.id"), index=True)
    raw_sealed: Mapped[SealedBytes]
    problems_sealed: Mapped[SealedBytes]

    raw = Personal[dict[str, Any]](JSON, key=("batch_id", "sheet", "row_no"))
    problems = Personal[list[Any]](JSON, key=("batch_id", "sheet", "row_no"))

    @property
    def key(self) -> RowKey:
        """What tells the row from all others of its batch."""
        return self.sheet, self.row_no


def lock_batch(session: Session, batch_id: int) -> ImportBatch:
    """Return one batch, its row locked until the transaction ends.

    Raises:
        NotFound: no such batch.
    """
    row = session.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what=Thing.BATCH, key=batch_id)
    return row


def rows_of(session: Session, batch_id: int, numbers: Sequence[int] | None = None) -> Sequence[ImportRow]:
    """Return the rows of a batch (those with these row *numbers*, of any sheet, if given), in file order."""
    query = select(ImportRow).where(ImportRow.batch_id == batch_id).order_by(ImportRow.id)
    return session.scalars(query if numbers is None else query.where(ImportRow.row_no.in_(numbers))).all()
