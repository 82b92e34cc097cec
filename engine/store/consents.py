"""What customers agreed to and withdrew: one row a statement, added once, never changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.chain import instant_text
from engine.domain.commitment import commit_to_consent
from engine.domain.consents import ConsentKind, Statement
from engine.store.base import Base, Code, PrimaryKey
from engine.store.personal import TEXT, Personal, SealedBytes

CONSENTED, WITHDRAWN = "consent_given", "consent_withdrawn"
"""How the history names what a customer agreed to or withdrew."""
RUN_OUT = "consent_run_out"
"""How it names that the last day of a consent is over."""
_ENDING = "valid_until IS NOT NULL AND end_noted_at IS NULL"


class Consent(Base):
    """A statement of a customer on one kind; ``wording`` is the version of the text that was asked.

    ``evidence`` says where the proof lies. ``instance_id`` and ``task_id`` name the renewal and the act at which it
    was recorded. The history holds a hash over ``salt`` and the rest of the row; rows of former versions have none.
    ``end_noted_at`` is no part of the statement: when it was looked at what follows from its end.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index(None, "customer_id", "id"),
        Index("ix_consent_ending", "valid_until", postgresql_where=text(_ENDING), sqlite_where=text(_ENDING)),
    )

    id: Mapped[PrimaryKey]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_task.id"))
    kind: Mapped[Code]
    is_given: Mapped[bool]
    said_on: Mapped[date]
    valid_until: Mapped[date | None]
    method: Mapped[Code]
    wording: Mapped[Code]
    evidence_sealed: Mapped[SealedBytes | None]
    salt: Mapped[Code | None]
    recorded_by: Mapped[Code]
    recorded_at: Mapped[datetime]
    end_noted_at: Mapped[datetime | None]

    evidence = Personal[str | None](TEXT, key=("id",))

    @property
    def statement(self) -> Statement:
        """The statement as a plain value."""
        return Statement(
            kind=ConsentKind(self.kind),
            is_given=self.is_given,
            said_on=self.said_on,
            valid_until=self.valid_until,
        )


def commitment_to(row: Consent) -> str:
    """Return the hash over everything in *row*, which has its number and its salt.

    Raises:
        SealedValueRefused, UnknownKey: the proof cannot be opened.
    """
    stated = {
        "customer_id": row.customer_id,
        "instance_id": row.instance_id,
        "task_id": row.task_id,
        "kind": row.kind,
        "is_given": row.is_given,
        "said_on": row.said_on,
        "valid_until": row.valid_until,
        "method": row.method,
        "wording": row.wording,
        "evidence": row.evidence,
        "recorded_by": row.recorded_by,
        "recorded_at": instant_text(row.recorded_at),
    }
    return commit_to_consent(row.salt or "", number=row.id, stated=stated)


def consents_of(session: Session, customer_ids: Collection[int]) -> Sequence[Consent]:
    """Return the statements of these customers in the order they were recorded."""
    if not customer_ids:
        return ()
    return session.scalars(
        select(Consent).where(Consent.customer_id.in_(customer_ids)).order_by(Consent.id)
    ).all()


def run_out_before(session: Session, today: date, *, limit: int) -> Sequence[int]:
    """Return consents whose last day lay before *today* and whose end was not looked at yet, the oldest end first."""
    query = select(Consent.id).where(Consent.valid_until < today, Consent.end_noted_at.is_(None))
    return session.scalars(query.order_by(Consent.valid_until, Consent.id).limit(limit)).all()


def next_last_day(session: Session) -> date | None:
    """Return the earliest last day of a consent whose end was not looked at yet."""
    return session.scalar(select(func.min(Consent.valid_until)).where(Consent.end_noted_at.is_(None)))


def lock_consent(session: Session, number: int) -> Consent:
    """Lock and return a statement, so that its end is looked at once."""
    query = select(Consent).where(Consent.id == number).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
