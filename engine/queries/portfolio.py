"""The list of renewals in a person's scope: filtered, counted by stage, paged by position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Stage
from engine.queries.keyset import beyond, pack_position, unpack_position
from engine.queries.names import people_told_apart, unit_names
from engine.queries.present import Present
from engine.queries.scope import renewals_visible_to
from engine.queries.vehicles import renewals_matching, shown_customer, shown_plate
from engine.store.people import Person
from engine.store.renewals import Customer, Renewal, Vehicle

PAGE = 50
_ORDER: list[tuple[ColumnElement[Any], bool]] = [
    (Renewal.expiry_date.expression, False),
    (Renewal.id.expression, False),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioWish:
    """Which renewals to show; ``is_open`` None shows running and ended ones alike.

    ``unit`` is a workplace, county branch or city branch; ``owner`` an employee number or a full name.
    ``is_void`` keeps nothing: a condition could not be read.
    """

    stage: str | None = None
    state: str | None = None
    outcome: str | None = None
    unit: str | None = None
    owner: str = ""
    expiry_from: date | None = None
    expiry_to: date | None = None
    is_open: bool | None = None
    is_orphan: bool = False
    without_contact: bool = False
    search: str = ""
    is_void: bool = False
    after: str | None = None
    limit: int = PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """One renewal as lists show it; personal data is masked already."""

    id: int
    plate: str | None
    make_model: str | None
    customer: str | None
    expiry_date: date
    days_left: int
    stage: str
    state: str
    outcome: str | None
    lines: str
    owner: str | None
    owner_role: str | None
    workplace: str | None
    contacts: int
    is_key: bool
    is_orphan: bool
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChoice:
    """A unit that holds renewals of the person's scope."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioPage:
    """One page, the counts by stage under the other filters, and the units one may choose."""

    rows: tuple[PortfolioRow, ...]
    counts: Mapping[str, int]
    total: int
    units: tuple[UnitChoice, ...]
    next_position: str | None


def portfolio_page(session: Session, actor: Actor, wish: PortfolioWish, present: Present) -> PortfolioPage:
    """Return one page of the renewals *actor* may see: five statements, however many rows.

    Raises:
        BadInput: the position was changed by hand.
    """
    narrowed = [renewals_visible_to(actor), *_filters(session, wish)]
    staged = [*narrowed, Renewal.stage == wish.stage] if wish.stage else narrowed
    rows = session.execute(_rows(staged, wish)).all()
    more = len(rows) > wish.limit
    counts = _counts(session, narrowed)
    return PortfolioPage(
        rows=shown_rows(session, rows[: wish.limit], present.today),
        counts=counts,
        total=counts.get(wish.stage, 0) if wish.stage else sum(counts.values()),
        units=_units(session, actor),
        next_position=_position(rows[wish.limit - 1].Renewal) if more else None,
    )


def _filters(session: Session, wish: PortfolioWish) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [false()] if wish.is_void else []
    if wish.state:
        clauses.append(Renewal.state == wish.state)
    if wish.outcome:
        clauses.append(Renewal.outcome == wish.outcome)
    if wish.unit:
        unit = wish.unit
        columns = (Renewal.workplace_code, Renewal.sub_branch_code, Renewal.branch_code)
        clauses.append(or_(*(column == unit for column in columns)))
    if wish.owner:
        named = select(Person.employee_no).where(Person.name == wish.owner)
        clauses.append(or_(Renewal.owner_no == wish.owner, Renewal.owner_no.in_(named)))
    if wish.expiry_from:
        clauses.append(Renewal.expiry_date >= wish.expiry_from)
    if wish.expiry_to:
        clauses.append(Renewal.expiry_date <= wish.expiry_to)
    if wish.is_open is not None:
        clauses.append(Renewal.ended_at.is_(None) if wish.is_open else Renewal.ended_at.is_not(None))
    if wish.is_orphan:
        clauses.append(Renewal.is_orphan.is_(True))
    if wish.without_contact:
        clauses.append(Renewal.contacts == 0)
    found = renewals_matching(session, wish.search)
    if found is not None:
        clauses.append(found)
    return clauses


def rows_of(*clauses: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the SELECT behind `shown_rows`, next expiry first."""
    return (
        select(Renewal, Vehicle, Customer)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*clauses)
        .order_by(*(column for column, _ in _ORDER))
    )


def _rows(clauses: list[ColumnElement[bool]], wish: PortfolioWish) -> Select[*tuple[Any, ...]]:
    if wish.after:
        clauses = [*clauses, beyond(_ORDER, unpack_position(wish.after, date, int))]
    return rows_of(*clauses).limit(wish.limit + 1)


def shown_rows(session: Session, rows: Any, today: date) -> tuple[PortfolioRow, ...]:
    """Return *rows* of `rows_of` as they are shown: masked, with names; two statements."""
    people = people_told_apart(session, {row.Renewal.owner_no for row in rows})
    units = unit_names(session, {row.Renewal.workplace_code for row in rows})
    return tuple(_row(row, people, units, today) for row in rows)


def _row(row: Any, people: Mapping[str, str], units: Mapping[str, str], today: date) -> PortfolioRow:
    renewal: Renewal = row.Renewal
    return PortfolioRow(
        id=renewal.id,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - today).days,
        stage=renewal.stage,
        state=renewal.state,
        outcome=renewal.outcome,
        lines=renewal.lines,
        owner=people.get(renewal.owner_no or "", renewal.owner_no),
        owner_role=renewal.owner_role,
        workplace=units.get(renewal.workplace_code or "", renewal.workplace_code),
        contacts=renewal.contacts,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_late=renewal.is_late,
    )


def _position(renewal: Renewal) -> str:
    return pack_position(renewal.expiry_date, renewal.id)


def _counts(session: Session, clauses: list[ColumnElement[bool]]) -> Mapping[str, int]:
    rows = session.execute(
        select(Renewal.stage, func.count().label("n"))
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .where(*clauses)
        .group_by(Renewal.stage)
    )
    counted = {row.stage: row.n for row in rows}
    return {str(stage): counted[stage] for stage in Stage if stage in counted}


def _units(session: Session, actor: Actor) -> tuple[UnitChoice, ...]:
    """The workplaces and county branches of the scope, by name."""
    codes: set[str] = set()
    rows = session.execute(
        select(Renewal.sub_branch_code, Renewal.workplace_code).where(renewals_visible_to(actor)).distinct()
    )
    for row in rows:
        codes |= {code for code in row if code}
    names = unit_names(session, codes)
    return tuple(
        UnitChoice(code=code, name=names.get(code, code))
        for code in sorted(codes, key=lambda c: (names.get(c, c), c))
    )
