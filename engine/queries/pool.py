"""The claim pool as a person sees it, and the alarms and first contacts of the home page; masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import DeadlineKind
from engine.domain.deadlines import branches_of, claims_in
from engine.queries.names import people_names, unit_names
from engine.queries.present import Present, due_day
from engine.queries.scope import renewals_visible_to
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.deadlines import Deadline, DeadlineTold, stands
from engine.store.organisation import directory_on
from engine.store.renewals import Customer, Renewal, Vehicle

SHOWN = 100
SHOWN_AT_HOME = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedLine:
    """A renewal with a deadline, or one that may get one (``due_date`` None); ``late_days`` are calendar days.

    ``is_wide`` tells an offer to the whole city, ``may_claim`` whether the reader may take it. Of a vacancy there
    is only the ``unit``, of an agent to be coached also the ``owner``.
    """

    renewal_id: int | None
    deadline_id: int | None
    kind: str
    owner_no: str | None
    plate: str | None
    make_model: str | None
    customer: str | None
    expiry_date: date | None
    days_left: int
    premium: Decimal | None
    is_key: bool
    is_orphan: bool
    unit: str | None
    owner: str | None
    due_date: date | None
    late_days: int
    is_wide: bool
    may_claim: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPage:
    """What may be claimed, what of the own scope waits for others, and orphans that are not offered."""

    claimable: tuple[OwedLine, ...]
    watched: tuple[OwedLine, ...]
    orphans: tuple[OwedLine, ...]


_COLUMNS = (Deadline, Renewal, Vehicle, Customer)


def pool_page(session: Session, actor: Actor, present: Present, *, offers: bool) -> PoolPage:
    """Return the pool as *actor* sees it; *offers* adds the orphans of the scope that may be put into it."""
    may = _claimable(session, actor, present.today)
    claimable = _owed(session, present, _OFFER, may, may_claim=True)
    watched = _owed(session, present, _OFFER, renewals_visible_to(actor), ~may)
    return PoolPage(
        claimable=claimable, watched=watched, orphans=_orphans(session, actor, present) if offers else ()
    )


_OFFER = and_(Deadline.kind == DeadlineKind.POOL, stands())


def _claimable(session: Session, actor: Actor, day: date) -> ColumnElement[bool]:
    """Offers this person may claim; the same rule as :func:`engine.domain.deadlines.may_claim`.

    Whoever answers for a renewal has it already.
    """
    directory = directory_on(session, day)
    place = claims_in(directory, actor.employee_no)
    if place is None:
        return false()
    branches = sorted(branches_of(directory, place))
    wide = and_(Deadline.rung_at.is_not(None), Deadline.branch_code.in_(branches)) if branches else false()
    is_anothers = or_(Renewal.owner_no.is_(None), Renewal.owner_no != actor.employee_no)
    return func.coalesce(and_(is_anothers, or_(Deadline.unit_code == place, wide)), false())


def _owed(
    session: Session,
    present: Present,
    *where: ColumnElement[bool],
    may_claim: bool = False,
    limit: int = SHOWN,
) -> tuple[OwedLine, ...]:
    rows = session.execute(
        select(*_COLUMNS)
        .select_from(Deadline)
        .outerjoin(Renewal, Renewal.id == Deadline.instance_id)
        .outerjoin(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*where)
        .order_by(Deadline.due_at, Deadline.id)
        .limit(limit)
    ).all()
    return _lines(session, rows, present, may_claim=may_claim)


def _lines(
    session: Session, rows: Sequence[Any], present: Present, *, may_claim: bool = False
) -> tuple[OwedLine, ...]:
    names = people_names(session, {_owner(row) for row in rows})
    units = unit_names(session, {_unit(row) for row in rows})
    return tuple(_line(row, names, units, present, may_claim=may_claim) for row in rows)


def _unit(row: Any) -> str | None:
    code: str | None = row.Renewal.workplace_code if row.Renewal is not None else row.Deadline.unit_code
    return code


def _owner(row: Any) -> str | None:
    """Who answers for the renewal; without one whom the deadline is about."""
    held = row.Renewal if row.Renewal is not None else row.Deadline
    number: str | None = held.owner_no
    return number


def _line(
    row: Any, names: Mapping[str, str], units: Mapping[str, str], present: Present, *, may_claim: bool
) -> OwedLine:
    deadline: Deadline | None = row.Deadline
    renewal: Renewal | None = row.Renewal
    owner, unit = _owner(row), _unit(row)
    due = due_day(deadline.due_at, present.zone) if deadline is not None else None
    premium = None
    if renewal is not None:
        premium = renewal.premium if renewal.premium is not None else renewal.ctp_premium
    return OwedLine(
        renewal_id=renewal.id if renewal else None,
        deadline_id=deadline.id if deadline is not None else None,
        owner_no=owner,
        kind=deadline.kind if deadline is not None else "",
        plate=shown_plate(row.Vehicle.plate) if row.Vehicle is not None else None,
        make_model=row.Vehicle.make_model if row.Vehicle is not None else None,
        customer=shown_customer(row.Customer),
        expiry_date=renewal.expiry_date if renewal else None,
        days_left=(renewal.expiry_date - present.today).days if renewal else 0,
        premium=premium,
        is_key=bool(renewal and renewal.is_key),
        is_orphan=bool(renewal and renewal.is_orphan),
        unit=units.get(unit, unit) if unit else None,
        owner=f"{names.get(owner, '')} {owner}".strip() if owner else None,
        due_date=due,
        late_days=max(0, (present.today - due).days) if due else 0,
        is_wide=deadline is not None and deadline.rung_at is not None,
        may_claim=may_claim,
    )


def _orphans(session: Session, actor: Actor, present: Present) -> tuple[OwedLine, ...]:
    """Open orphans of the scope that no agent has and that are not in the pool, the nearest expiry first."""
    offered = select(Deadline.id).where(Deadline.instance_id == Renewal.id, _OFFER).correlate(Renewal)
    rows = session.execute(
        select(Renewal, Vehicle, Customer)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            renewals_visible_to(actor),
            Renewal.ended_at.is_(None),
            Renewal.is_orphan.is_(True),
            Renewal.agent_no.is_(None),
            Renewal.is_recalled.is_(False),
            ~offered.exists(),
        )
        .order_by(Renewal.expiry_date, Renewal.id)
        .limit(SHOWN)
    ).all()
    return _lines(session, [_Bare(row) for row in rows], present)


class _Bare:
    """A row of a renewal without a deadline."""

    def __init__(self, row: Any) -> None:
        self.Deadline, self.Renewal, self.Vehicle, self.Customer = (
            None,
            row.Renewal,
            row.Vehicle,
            row.Customer,
        )


@dataclass(frozen=True, slots=True)
class Owed:
    """The first of what somebody owes or was told of, and how many there are in all."""

    rows: tuple[OwedLine, ...]
    count: int


def alarms_of(session: Session, actor: Actor, present: Present, *, limit: int = SHOWN_AT_HOME) -> Owed:
    """Return what has passed, of which *actor* was told, and which nobody has mended yet; the oldest first."""
    if not actor.numbers:
        return Owed((), 0)
    told = select(DeadlineTold.deadline_id).where(DeadlineTold.employee_no.in_(sorted(actor.numbers)))
    where = Deadline.id.in_(told), Deadline.rung_at.is_not(None), stands()
    return _first(session, present, *where, limit=limit)


def first_contacts_of(
    session: Session, actor: Actor, present: Present, *, limit: int = SHOWN_AT_HOME
) -> Owed:
    """Return the renewals that *actor* took over and has to make the first contact of, by due date."""
    if not actor.numbers:
        return Owed((), 0)
    mine = Deadline.owner_no.in_(sorted(actor.numbers))
    return _first(session, present, Deadline.kind == DeadlineKind.FIRST_CONTACT, mine, stands(), limit=limit)


def _first(session: Session, present: Present, *where: ColumnElement[bool], limit: int) -> Owed:
    rows = _owed(session, present, *where, limit=limit)
    if len(rows) < limit:
        return Owed(rows, len(rows))
    counted = (
        select(func.count())
        .select_from(Deadline)
        .outerjoin(Renewal, Renewal.id == Deadline.instance_id)
        .where(*where)
    )
    return Owed(rows, session.scalar(counted) or 0)
