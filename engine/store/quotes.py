"""Quotes: each forecast and each actual quote of a renewal is a version of its own and is never overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.domain.codes import QuoteKind
from engine.store.base import Base, Code, PrimaryKey
from engine.store.renewals import Renewal


class Quote(Base):
    """A quote as it was made; money in yuan.

    ``low``/``mid``/``high`` are the premiums of the lines due without vehicle tax; an actual quote has ``mid`` only.
    ``difference`` is actual minus the forecast that stood then. ``is_current`` marks the newest of its kind,
    ``stale_since`` an actual quote whose facts changed after it was given. ``basis`` names the inputs and the rows
    of the tables that answered; no personal data stands in it. ``look_on`` is the day on which the end of an actual
    quote is told of or comes (engine.domain.quote_ends).
    """

    __tablename__ = "quote"
    __table_args__ = (
        Index("ix_quote_current", "renewal_id", "kind", "is_current"),
        Index("ix_quote_tables", "tables_digest", "renewal_id"),
        Index("ix_quote_quote_no", "quote_no"),
        Index(
            None,
            "look_on",
            postgresql_where=text("look_on IS NOT NULL"),
            sqlite_where=text("look_on IS NOT NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    renewal_id: Mapped[int] = mapped_column(ForeignKey("renewal.id"))
    kind: Mapped[Code]
    version: Mapped[int]
    is_current: Mapped[bool]
    made_at: Mapped[datetime]
    made_by: Mapped[Code]
    source: Mapped[Code]
    low: Mapped[Decimal | None]
    mid: Mapped[Decimal | None]
    high: Mapped[Decimal | None]
    ctp: Mapped[Decimal | None]
    commercial: Mapped[Decimal | None]
    tax_low: Mapped[Decimal | None]
    tax_high: Mapped[Decimal | None]
    grade: Mapped[Code | None]
    change_rate: Mapped[Decimal | None]
    quote_no: Mapped[Code | None]
    valid_until: Mapped[date | None]
    look_on: Mapped[date | None]
    difference: Mapped[Decimal | None]
    difference_cause: Mapped[Code | None]
    stale_since: Mapped[datetime | None]
    tables_digest: Mapped[Code | None]
    asks: Mapped[list[Any]]
    reasons: Mapped[list[Any]]
    basis: Mapped[dict[str, Any]]


def current_quotes(session: Session, renewal_ids: Iterable[int]) -> Mapping[tuple[int, str], Quote]:
    """Return the newest forecast and actual quote of each renewal, by renewal and kind."""
    query = select(Quote).where(Quote.renewal_id.in_(list(renewal_ids)), Quote.is_current)
    return {(row.renewal_id, row.kind): row for row in session.scalars(query)}


def is_of_other_vehicle(session: Session, quote_no: str, vehicle_id: int) -> bool:
    """Return whether a quote with this number was given for another vehicle."""
    query = (
        select(Quote.id)
        .join(Renewal, Renewal.id == Quote.renewal_id)
        .where(Quote.quote_no == quote_no, Renewal.vehicle_id != vehicle_id)
    )
    return session.scalar(query.limit(1)) is not None


def quotes_of(session: Session, renewal_id: int) -> Sequence[Quote]:
    """Return every version of a renewal's quotes, newest first."""
    query = (
        select(Quote).where(Quote.renewal_id == renewal_id).order_by(Quote.made_at.desc(), Quote.id.desc())
    )
    return session.scalars(query).all()


def next_version(session: Session, renewal_id: int, kind: QuoteKind) -> int:
    """Return the number of a renewal's next quote of *kind* and let the one before it no longer be current."""
    newest = session.scalar(
        select(func.max(Quote.version)).where(Quote.renewal_id == renewal_id, Quote.kind == kind)
    )
    if newest is not None:
        session.execute(
            update(Quote)
            .where(Quote.renewal_id == renewal_id, Quote.kind == kind, Quote.is_current)
            .values(is_current=False, look_on=None)
        )
    return (newest or 0) + 1


def forecast_by_other_tables(session: Session, digest: str, *, limit: int) -> Sequence[int]:
    """Return open renewals whose forecast rests on other tariff tables than those of *digest*."""
    query = (
        select(Quote.renewal_id)
        .join(Renewal, Renewal.id == Quote.renewal_id)
        .where(
            Quote.kind == QuoteKind.FORECAST,
            Quote.is_current,
            or_(Quote.tables_digest < digest, Quote.tables_digest > digest),  # two ranges of the index
            Renewal.ended_at.is_(None),
        )
        .order_by(Quote.renewal_id)
        .limit(limit)
    )
    return session.scalars(query).all()
