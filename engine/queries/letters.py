"""Which renewals an expiry letter may be written for (P-L2), and what was written already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.nodes import NEW_LIST
from engine.queries.names import people_names
from engine.queries.portfolio import PortfolioRow, rows_of, shown_rows
from engine.queries.present import Present
from engine.queries.scope import renewals_visible_to
from engine.store.history import HistoryEvent
from engine.store.renewals import Customer, Renewal, Vehicle

WRITTEN = "letter_written"
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersPage:
    """Renewals of the scope that expire within the days of a list, the next first, masked.

    ``written`` holds the day of the last letter, by renewal; ``left_out`` counts those whose customers must not be
    written to, by the actor at least, or are unknown; ``agents`` are those who have some in the scope: number and name. ``more`` says that
    there are others behind these.
    """

    rows: tuple[PortfolioRow, ...]
    written: Mapping[int, date]
    left_out: int
    agents: tuple[tuple[str, str], ...]
    more: bool


def letters_page(
    session: Session,
    actor: Actor,
    present: Present,
    zone: ZoneInfo,
    *,
    for_life: bool,
    owner: str = "",
    fresh: bool = False,
) -> LettersPage:
    """Return what may be chosen: of one *owner*, or all; with *fresh* only those without a letter.

    *for_life* leaves out customers who withdrew that people of the life insurer are given their data.
    """
    near = and_(
        renewals_visible_to(actor),
        Renewal.ended_at.is_(None),
        Renewal.owner_no.is_not(None),
        Renewal.expiry_date.between(present.today, present.today + timedelta(days=NEW_LIST)),
    )
    clauses = [near, *([Renewal.owner_no == owner] if owner else [])]
    wanted = [*clauses, _may_be_written(for_life), *([~_has_letter()] if fresh else [])]
    found = session.execute(rows_of(*wanted).limit(SHOWN + 1)).all()
    rows = shown_rows(session, found[:SHOWN], present.today)
    return LettersPage(
        rows=rows,
        written=_written(session, [row.id for row in rows], zone),
        left_out=_count_others(session, clauses, for_life),
        agents=_owners(session, near),
        more=len(found) > SHOWN,
    )


def _may_be_written(for_life: bool) -> ColumnElement[bool]:
    return and_(
        Customer.id.is_not(None),
        Customer.do_not_contact.is_(False),
        Customer.erasure_asked_on.is_(None),
        *([Customer.no_sharing.is_(False)] if for_life else []),
    )


def _has_letter() -> ColumnElement[bool]:
    return (
        select(HistoryEvent.seq)
        .where(HistoryEvent.instance_id == Renewal.id, HistoryEvent.action == WRITTEN)
        .correlate(Renewal)
        .exists()
    )


def _count_others(session: Session, clauses: list[ColumnElement[bool]], for_life: bool) -> int:
    query: Select[int] = (
        select(func.count())
        .select_from(Renewal)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            *clauses,
            or_(
                Customer.id.is_(None),
                Customer.do_not_contact.is_(True),
                Customer.erasure_asked_on.is_not(None),
                *([Customer.no_sharing.is_(True)] if for_life else []),
            ),
        )
    )
    return session.execute(query).scalar_one()


def _written(session: Session, renewal_ids: list[int], zone: ZoneInfo) -> dict[int, date]:
    query = (
        select(HistoryEvent.instance_id, func.max(HistoryEvent.at))
        .where(HistoryEvent.instance_id.in_(renewal_ids), HistoryEvent.action == WRITTEN)
        .group_by(HistoryEvent.instance_id)
    )
    return {number: business_date(at, zone) for number, at in session.execute(query) if number is not None}


def _owners(session: Session, near: ColumnElement[bool]) -> tuple[tuple[str, str], ...]:
    numbers = [
        number for number in session.scalars(select(Renewal.owner_no).where(near).distinct()) if number
    ]
    names = people_names(session, set(numbers))
    return tuple(sorted((number, f"{names.get(number, '')} {number}".strip()) for number in numbers))
