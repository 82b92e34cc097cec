"""Hand-overs as their pages show them: the preview with who gets how many, and the record of what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import HandoverRowStatus, Label, Role
from engine.domain.handover import Taker
from engine.domain.reach import units_seen_by
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.names import actor_names, people_names, unit_names
from engine.queries.present import Present
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.handover import Handover, HandoverRow, counts_of_handover
from engine.store.organisation import directory_on
from engine.store.renewals import Customer, Renewal, Vehicle

SHOWN_ROWS = 100
SHOWN_HANDOVERS = 60
WHOLE_UNITS = frozenset({Role.CHANNEL, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEntry:
    """One hand-over in the list."""

    id: int
    kind: str
    whose: str
    role: str
    unit: str
    last_day: date
    status: str
    created_at: datetime
    created_by: str
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many renewals it is about."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TakerLine:
    """Somebody who may take over: what is theirs already, and what this hand-over adds.

    ``number`` None stands for the claim pool.
    """

    number: str | None
    name: str
    unit: str
    load: int
    gets: int
    is_available: bool
    is_peer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLine:
    """One renewal of a hand-over, masked; ``to`` None stands for the claim pool.

    ``owner`` is who answers for it in the end, ``moved`` every person and unit that
    changed: the fields that changed alike, from and to.
    """

    renewal_id: int
    plate: str | None
    make_model: str | None
    customer: str | None
    customer_id: int | None
    expiry_date: date
    days_left: int
    premium: Decimal | None
    stage: str
    is_key: bool
    is_orphan: bool
    to: str | None
    rule: str
    status: str
    reason: Label | None
    owner: str | None
    moved: tuple[tuple[tuple[str, ...], str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPage:
    """A hand-over with one page of its rows; ``after`` is where the next page begins, None on the last."""

    entry: HandoverEntry
    confirmed_at: datetime | None
    confirmed_by: str | None
    finished_at: datetime | None
    due_at: datetime | None
    takers: tuple[TakerLine, ...]
    rows: tuple[HandoverLine, ...]
    after: int | None


def handover_list(
    session: Session, actor: Actor, day: date, *, roles: Collection[Role]
) -> tuple[HandoverEntry, ...]:
    """Return the last hand-overs in *actor*'s reach, newest first; *roles* are those he may hand over."""
    clauses: list[ColumnElement[bool]] = [Handover.created_by == actor.name]
    if roles:
        ours: ColumnElement[bool] = Handover.role.in_(sorted(roles))
        if not actor.sees_all:
            codes = set(actor.unit_codes)
            if actor.roles & WHOLE_UNITS:
                codes |= units_seen_by(actor, directory_on(session, day))
            ours &= Handover.unit_code.in_(sorted(codes)) if codes else false()
        clauses.append(ours & Handover.from_no.not_in(sorted({actor.name, *actor.numbers})))
    found = session.scalars(
        select(Handover).where(or_(*clauses)).order_by(Handover.id.desc()).limit(SHOWN_HANDOVERS)
    ).all()
    return _entries(session, found)


def _entries(session: Session, found: Sequence[Handover]) -> tuple[HandoverEntry, ...]:
    ids = [row.id for row in found]
    counts: dict[int, dict[str, int]] = {number: {} for number in ids}
    query = select(HandoverRow.handover_id, HandoverRow.status, func.count()).where(
        HandoverRow.handover_id.in_(ids)
    )
    for number, status, count in session.execute(query.group_by(HandoverRow.handover_id, HandoverRow.status)):
        counts[number][status] = count
    people = people_names(session, {row.from_no for row in found})
    actors = actor_names(session, {row.created_by for row in found})
    units = unit_names(session, {row.unit_code for row in found})
    return tuple(
        HandoverEntry(
            id=row.id,
            kind=row.kind,
            whose=_named(people, row.from_no),
            role=row.role,
            unit=units.get(row.unit_code, row.unit_code),
            last_day=row.last_day,
            status=row.status,
            created_at=row.created_at,
            created_by=actors.get(row.created_by, row.created_by),
            counts=counts[row.id],
        )
        for row in found
    )


def _named(names: Mapping[str, str], number: str) -> str:
    return f"{names.get(number, '')} {number}".strip()


def handover_page(
    session: Session,
    handover_id: int,
    present: Present,
    *,
    takers: Sequence[Taker] = (),
    after: int = 0,
    limit: int = SHOWN_ROWS,
) -> HandoverPage:
    """Return a hand-over; the caller has asked whether the reader may see it. Refused rows stand first.

    Raises:
        NotFound: no such hand-over.
    """
    handover = session.get(Handover, handover_id)
    if handover is None:
        raise NotFound(what=Thing.HANDOVER, key=handover_id)
    rank = case((HandoverRow.status == HandoverRowStatus.REFUSED, 0), else_=1)
    found = session.execute(
        select(HandoverRow, Renewal, Vehicle, Customer)
        .join(Renewal, Renewal.id == HandoverRow.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(HandoverRow.handover_id == handover_id)
        .order_by(rank, HandoverRow.id)
        .offset(after)
        .limit(limit + 1)
    ).all()
    confirmed = handover.confirmed_by
    lines = found[:limit]
    names, units = _names_of(session, [row.HandoverRow for row in lines])
    return HandoverPage(
        entry=_entries(session, [handover])[0],
        confirmed_at=handover.confirmed_at,
        confirmed_by=actor_names(session, [confirmed]).get(confirmed, confirmed) if confirmed else None,
        finished_at=handover.finished_at,
        due_at=handover.due_at,
        takers=_takers(session, handover_id, takers, present.today),
        rows=tuple(_line(row, names, units, present.today) for row in lines),
        after=after + limit if len(found) > limit else None,
    )


def _names_of(session: Session, rows: Sequence[HandoverRow]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The names of everybody and of every unit that the rows speak of."""
    told = [
        (change["field"], value)
        for row in rows
        for change in row.changes
        for value in (change["from"], change["to"])
    ]
    numbers = {row.to_no for row in rows} | {value for name, value in told if name.endswith("_no")}
    codes = {value for name, value in told if name.endswith("_code")}
    return people_names(session, numbers), unit_names(session, codes)


def _line(row: Any, names: Mapping[str, str], units: Mapping[str, str], today: date) -> HandoverLine:
    kept: HandoverRow = row.HandoverRow
    renewal: Renewal = row.Renewal
    owner = next((change["to"] for change in kept.changes if change["field"] == "owner_no"), None)
    reason = kept.reason
    return HandoverLine(
        renewal_id=renewal.id,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        customer_id=renewal.customer_id,
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - today).days,
        premium=renewal.premium if renewal.premium is not None else renewal.ctp_premium,
        stage=renewal.stage,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        to=_named(names, kept.to_no) if kept.to_no else None,
        rule=kept.rule,
        status=kept.status,
        reason=Label(reason["zh"], reason["en"]) if reason else None,
        owner=_named(names, owner) if owner else None,
        moved=_moves(kept.changes, names, units),
    )


def _moves(
    changes: Sequence[Mapping[str, Any]], names: Mapping[str, str], units: Mapping[str, str]
) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """What changed hands: the fields that went the same way together, and from whom to whom."""
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if change["field"] != "owner_role":
            name, old, new = _moved(change, names, units)
            found.setdefault((old, new), []).append(name)
    return tuple((tuple(fields), old, new) for (old, new), fields in found.items())


def _moved(
    change: Mapping[str, Any], names: Mapping[str, str], units: Mapping[str, str]
) -> tuple[str, str, str]:
    """One field that changed, and what it was and is, in words; nothing is said as an empty text."""
    name = str(change["field"])

    def say(value: str | None) -> str:
        if not value:
            return ""
        return _named(names, value) if name.endswith("_no") else units.get(value, value)

    return name, say(change["from"]), say(change["to"])


def _takers(session: Session, handover_id: int, takers: Sequence[Taker], day: date) -> tuple[TakerLine, ...]:
    """Who gets how many of the whole hand-over; those who may take over and get nothing stand too."""
    query = select(HandoverRow.to_no, func.count()).where(HandoverRow.handover_id == handover_id)
    gets = Counter(
        {number: int(count) for number, count in session.execute(query.group_by(HandoverRow.to_no))}
    )
    known = {one.number: one for one in takers}
    numbers = {*known, *(number for number in gets if number)}
    names = people_names(session, numbers)
    directory = directory_on(session, day)
    units: dict[str, str] = {}
    for number in numbers:
        post = next(iter(directory.posts.get(number, ())), None)
        if post is not None and post.unit_code in directory.units:
            units[number] = directory.units[post.unit_code].name
    lines = [
        TakerLine(
            number=number,
            name=names.get(number, number),
            unit=units.get(number, ""),
            load=known[number].load if number in known else 0,
            gets=gets[number],
            is_available=known[number].is_available if number in known else True,
            is_peer=known[number].is_peer if number in known else True,
        )
        for number in sorted(numbers)
    ]
    lines.sort(key=lambda one: (-one.gets, not one.is_peer, one.number or ""))
    if gets[None]:
        lines.append(
            TakerLine(number=None, name="", unit="", load=0, gets=gets[None], is_available=True, is_peer=True)
        )
    return tuple(lines)


def handover_progress(session: Session, handover_id: int) -> tuple[str, int, int]:
    """Return status, settled rows and all rows of a hand-over."""
    counts = counts_of_handover(session, handover_id)
    handover = session.get(Handover, handover_id)
    if handover is None:
        raise NotFound(what=Thing.HANDOVER, key=handover_id)
    total = sum(counts.values())
    return handover.status, total - counts.get(HandoverRowStatus.PENDING, 0), total
