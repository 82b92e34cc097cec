"""What people add to a renewal in their own words or as a file; added once, never changed, deleted only by erasure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.store.base import Base, Code, PrimaryKey
from engine.store.personal import BYTES, TEXT, Personal, Sealed, SealedBytes
from engine.store.renewals import Customer, Renewal

COMMENTED, ATTACHED, ERASED = "comment_added", "file_attached", "notes_erased"
"""How the history names that a comment or a file was added, and that some were erased when their time was over."""


class Comment(Base):
    """A comment on a renewal, or on one of its tasks; the history holds a hash over ``salt`` and text."""

    __tablename__ = "comment"
    __table_args__ = (Index(None, "instance_id", "id"),)

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_task.id"))
    text_sealed: Mapped[SealedBytes]
    salt: Mapped[Code]
    created_by: Mapped[Code]
    created_at: Mapped[datetime]

    text = Personal[str](TEXT, key=("id",))


class Attachment(Base):
    """A file of a renewal; ``sha256`` over its content stands in the history too. The content is read when opened."""

    __tablename__ = "attachment"
    __table_args__ = (Index(None, "instance_id", "id"),)
    RESEALED_AT_ONCE: ClassVar[int] = 10

    id: Mapped[PrimaryKey]
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_task.id"))
    name_sealed: Mapped[SealedBytes]
    content_sealed: Mapped[bytes] = mapped_column(Sealed, deferred=True)
    kind: Mapped[Code]
    size: Mapped[int]
    sha256: Mapped[Code]
    created_by: Mapped[Code]
    created_at: Mapped[datetime]

    name = Personal[str](TEXT, key=("id",))
    content = Personal[bytes](BYTES, key=("id",))


def newest_comments(session: Session, instance_id: int, *, most: int) -> Sequence[Comment]:
    """Return the last comments of a renewal, newest first."""
    query = select(Comment).where(Comment.instance_id == instance_id)
    return session.scalars(query.order_by(Comment.id.desc()).limit(most)).all()


def comment_texts(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Return the texts of these comments by number."""
    if not numbers:
        return {}
    return {row.id: row.text for row in session.scalars(select(Comment).where(Comment.id.in_(numbers)))}


def attachments_of(session: Session, instance_id: int) -> Sequence[Attachment]:
    """Return the files of a renewal, newest first, without their contents."""
    query = select(Attachment).where(Attachment.instance_id == instance_id)
    return session.scalars(query.order_by(Attachment.id.desc())).all()


def count_attachments(session: Session, instance_id: int) -> int:
    """Return how many files a renewal has."""
    return session.scalar(select(func.count()).where(Attachment.instance_id == instance_id)) or 0


def customers_with_notes(session: Session, *, comments_before: date, files_before: date) -> Sequence[int]:
    """Return customers who asked for deletion, are kept for the law until before these days, and have such notes."""
    comments = exists().where(Comment.instance_id == Renewal.id, Renewal.customer_id == Customer.id)
    files = exists().where(Attachment.instance_id == Renewal.id, Renewal.customer_id == Customer.id)
    query = select(Customer.id).where(
        Customer.erasure_asked_on.is_not(None),
        Customer.kept_until < comments_before,
        or_(comments, and_(Customer.kept_until < files_before, files)),
    )
    return session.scalars(query.order_by(Customer.id)).all()


def delete_notes(
    session: Session, customer_ids: Collection[int], *, with_files: bool
) -> dict[int, tuple[list[int], list[int]]]:
    """Delete the comments of customers' renewals, *with_files* the files too; returns their numbers by renewal."""
    of_customer = select(Renewal.id).where(Renewal.customer_id.in_(customer_ids))
    gone: dict[int, tuple[list[int], list[int]]] = {}
    kinds: tuple[type[Comment] | type[Attachment], ...] = (Comment, Attachment) if with_files else (Comment,)
    for place, kind in enumerate(kinds):
        rows = session.execute(
            select(kind.id, kind.instance_id).where(kind.instance_id.in_(of_customer)).order_by(kind.id)
        ).all()
        for number, instance_id in rows:
            gone.setdefault(instance_id, ([], []))[place].append(number)
        if rows:
            session.execute(delete(kind).where(kind.id.in_([number for number, _ in rows])))
    return gone
