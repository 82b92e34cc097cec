"""Forecasts that wait for a person to look at them, the highest premium first (domain.md §3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, cast, false, func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Label, QuoteKind, Role
from engine.domain.forecast import Ask
from engine.queries.names import people_told_apart
from engine.queries.present import Present
from engine.queries.quote_words import ask_text
from engine.queries.scope import renewals_visible_to
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.quotes import Quote
from engine.store.renewals import Customer, Renewal, Vehicle

SHOWN_AT_HOME = 5
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """One forecast that waits; money in yuan, ``premium`` is last year's of all lines.

    ``version`` is what is looked at; ``is_held_back``: the agent sees no figure until then.
    """

    renewal_id: int
    version: int
    plate: str | None
    make_model: str | None
    customer: str | None
    owner: str | None
    expiry_date: date
    days_left: int
    premium: Decimal | None
    low: Decimal | None
    mid: Decimal | None
    high: Decimal | None
    change_rate: Decimal | None
    asks: tuple[Label, ...]
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class ForecastsToReview:
    """The first of them, and how many there are in all."""

    rows: tuple[ReviewLine, ...]
    count: int


def forecasts_to_review(
    session: Session, actor: Actor, present: Present, *, limit: int = SHOWN_AT_HOME
) -> ForecastsToReview:
    """Return the forecasts of *actor*'s scope that wait for this person; two statements, three when there are more."""
    rows = session.execute(
        select(Renewal, Quote, Vehicle, Customer)
        .join(Quote, _of_renewal())
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(_waits_for(actor))
        .order_by(_premium().desc(), Renewal.id)
        .limit(limit)
    ).all()
    names = people_told_apart(session, {row.Renewal.owner_no for row in rows})
    count = len(rows) if len(rows) < limit else _count(session, actor)
    return ForecastsToReview(tuple(_line(row, names, present) for row in rows), count)


def forecasts_to_accept(session: Session, actor: Actor, *, most: int) -> tuple[tuple[int, int], ...]:
    """Return renewals and versions of all forecasts that wait for *actor* and have a figure, at most *most*."""
    found = session.execute(
        select(Renewal.id, Quote.version)
        .join(Quote, _of_renewal())
        .where(_waits_for(actor), Quote.mid.is_not(None))
        .order_by(_premium().desc(), Renewal.id)
        .limit(most)
    )
    return tuple((row.id, row.version) for row in found)


def _of_renewal() -> ColumnElement[bool]:
    return and_(Quote.renewal_id == Renewal.id, Quote.kind == QuoteKind.FORECAST, Quote.is_current.is_(True))


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    """The clause over Renewal ⋈ Quote; the same rule as :func:`engine.domain.forecast_review.may_review`."""
    if not actor.roles & {Role.SPECIALIST, Role.CHANNEL}:
        return false()
    clauses = [
        renewals_visible_to(actor),
        Renewal.ended_at.is_(None),
        cast(Quote.asks, String) != "[]",
    ]
    if Role.SPECIALIST not in actor.roles:
        clauses.append(Renewal.specialist_no.is_(None))
    return and_(*clauses)


def _premium() -> ColumnElement[int]:
    """Last year's premium of all lines in whole yuan, so that an order is exact on both databases."""
    parts = (func.coalesce(cast(one, BigInteger), 0) for one in (Renewal.premium, Renewal.ctp_premium))
    commercial, compulsory = parts
    return commercial + compulsory


def _count(session: Session, actor: Actor) -> int:
    counted = select(func.count()).select_from(Renewal).join(Quote, _of_renewal()).where(_waits_for(actor))
    return session.scalar(counted) or 0


def _line(row: Any, names: Mapping[str, str], present: Present) -> ReviewLine:
    renewal: Renewal = row.Renewal
    quote: Quote = row.Quote
    parts = [amount for amount in (renewal.premium, renewal.ctp_premium) if amount is not None]
    return ReviewLine(
        renewal_id=renewal.id,
        version=quote.version,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        owner=names.get(renewal.owner_no or "", renewal.owner_no),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        premium=sum(parts, Decimal(0)) if parts else None,
        low=quote.low,
        mid=quote.mid,
        high=quote.high,
        change_rate=quote.change_rate,
        asks=tuple(ask_text(code) for code in quote.asks),
        is_held_back=Ask.STEEP_RISE in quote.asks,
    )
