"""The inbox of one person: what is theirs to do, what they may take, what they have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from engine.clock import midnight
from engine.domain.actor import Actor
from engine.domain.codes import Role, TaskStatus
from engine.queries.keyset import beyond, pack_position, unpack_position
from engine.queries.names import people_names
from engine.queries.present import Present, due_day
from engine.queries.risk import missing_contacts, risk
from engine.queries.scope import OPEN, of_role, renewals_naming, renewals_visible_to
from engine.queries.vehicles import matches, shown_customer, shown_plate
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
PAGE = 30


class InboxTab(StrEnum):
    """The drawers of the inbox; ``team`` holds what others have to do for the renewals that name the person."""

    TODAY = "today"
    LATE = "late"
    ALL = "all"
    CLAIMABLE = "claimable"
    TEAM = "team"
    DONE = "done"


class InboxSort(StrEnum):
    """What comes first: the most at risk (engine/queries/risk.py), what is due, or what expires."""

    RISK = "risk"
    DUE = "due"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxWish:
    """Which tasks to show; ``due_from`` and ``due_to`` are business dates, both included.

    Without ``sort`` one's own tasks come by risk and those to be claimed, which may be a country's, by due date.
    """

    tab: InboxTab = InboxTab.TODAY
    action_id: str | None = None
    stage: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    search: str = ""
    sort: InboxSort | None = None
    after: str | None = None
    limit: int = PAGE

    @property
    def order(self) -> InboxSort:
        """What comes first in an open drawer."""
        by_due = self.tab in (InboxTab.CLAIMABLE, InboxTab.TEAM)
        return self.sort or (InboxSort.DUE if by_due else InboxSort.RISK)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One task as the inbox shows it; personal data is masked already.

    ``stage`` is the renewal's present one; ``due_date`` is the last day to do it; ``late_days`` counts calendar
    days past it, 0 when in time.
    """

    task_id: int
    renewal_id: int
    name: str
    action_id: str
    stage: str
    status: str
    role: str
    priority: int
    due_date: date | None
    late_days: int
    plate: str | None
    make_model: str | None
    customer: str | None
    expiry_date: date
    days_left: int
    is_key: bool
    is_orphan: bool
    is_claimed: bool
    is_claimable: bool
    is_stand_in: bool
    who: str | None
    premium: Decimal | None
    missing_contacts: int
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """One kind of task in the drawer and how many there are."""

    action_id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """One page of a drawer, the counts of all drawers, and what may be filtered by."""

    rows: tuple[InboxRow, ...]
    counts: Mapping[InboxTab, int]
    actions: tuple[ActionCount, ...]
    next_position: str | None


def mine(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that *actor* has claimed, or that were given to them and nobody else holds."""
    # The status stands in each branch, so that each is one look-up in an index of its own.
    is_open = UserTask.status.in_(OPEN)
    clauses: list[ColumnElement[bool]] = [and_(is_open, UserTask.claimed_by == actor.name)]
    if numbers := sorted(actor.numbers):
        clauses.append(and_(is_open, UserTask.assignee_no.in_(numbers), UserTask.claimed_by.is_(None)))
    return or_(*clauses)


def claimable(actor: Actor) -> ColumnElement[bool]:
    """Open tasks of the person's role and scope that nobody holds; the channel department's are of every role."""
    if not actor.working_roles:
        return false()
    where = [
        UserTask.status == TaskStatus.OPEN,
        UserTask.assignee_no.is_(None),
        of_role(actor),
        renewals_visible_to(actor),
    ]
    if actor.working_roles == (Role.CHANNEL,) and not actor.sees_all:
        # The queue of a whole country is long; a branch finds its own part by unit.
        where.append(or_(UserTask.unit_code.in_(sorted(actor.unit_codes)), UserTask.unit_code.is_(None)))
    return and_(*where)


def others(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that somebody else has to do, of renewals that name the person: a whole branch is no team."""
    if not actor.working_roles:
        return false()
    who = func.coalesce(UserTask.claimed_by, UserTask.assignee_no)
    return and_(
        UserTask.status.in_(OPEN),
        who.is_not(None),
        who.not_in(sorted({actor.name, *actor.numbers})),
        renewals_naming(actor),
    )


def late(present: Present) -> ColumnElement[bool]:
    """Tasks whose due day is over."""
    return UserTask.due_at <= present.now


def due_today(present: Present) -> ColumnElement[bool]:
    """Tasks to be done by the end of today, late ones included."""
    return UserTask.due_at <= present.day_ends


def inbox_page(session: Session, actor: Actor, wish: InboxWish, present: Present) -> InboxPage:
    """Return one page of *actor*'s inbox: three statements, however many rows.

    Raises:
        BadInput: the position was changed by hand.
    """
    rows = _found(session, actor, wish, present)
    more = len(rows) > wish.limit
    names = _holders(session, rows) if wish.tab is InboxTab.TEAM else {}
    drawer = _drawer(actor, wish.tab, present)
    return InboxPage(
        rows=tuple(_row(row, actor, present, names) for row in rows[: wish.limit]),
        counts=drawer_counts(session, actor, present),
        actions=() if wish.tab is InboxTab.DONE else _actions(session, drawer),
        next_position=_position(rows[wish.limit - 1], wish) if more else None,
    )


def inbox_rows(session: Session, actor: Actor, wish: InboxWish, present: Present) -> tuple[InboxRow, ...]:
    """Return the rows of *wish* alone, in one statement."""
    found = _found(session, actor, wish, present)[: wish.limit]
    return tuple(_row(row, actor, present, {}) for row in found)


def inbox_ids(
    session: Session, actor: Actor, wish: InboxWish, present: Present, *, most: int
) -> tuple[int, ...]:
    """Return the tasks of a drawer that *wish* keeps, at most so many, in the order they are shown."""
    clauses = [_drawer(actor, wish.tab, present), *_filters(session, wish, present.zone)]
    query = (
        select(UserTask.id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*clauses)
        .order_by(*_sorted(_order(wish, present)))
    )
    return tuple(session.scalars(query.limit(most)))


def _found(session: Session, actor: Actor, wish: InboxWish, present: Present) -> Sequence[Any]:
    clauses = [_drawer(actor, wish.tab, present), *_filters(session, wish, present.zone)]
    return session.execute(_rows(clauses, wish, present)).all()


def _drawer(actor: Actor, tab: InboxTab, present: Present) -> ColumnElement[bool]:
    if tab is InboxTab.TODAY:
        return and_(mine(actor), due_today(present))
    if tab is InboxTab.LATE:
        return and_(mine(actor), late(present))
    if tab is InboxTab.CLAIMABLE:
        return claimable(actor)
    if tab is InboxTab.TEAM:
        return others(actor)
    if tab is InboxTab.DONE:
        return and_(UserTask.status == TaskStatus.COMPLETED, UserTask.completed_by == actor.name)
    return mine(actor)


def _filters(session: Session, wish: InboxWish, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """The person's own narrowing; a due day ends where the next one begins."""
    clauses: list[ColumnElement[bool]] = []
    if wish.action_id:
        clauses.append(UserTask.action_id == wish.action_id)
    if wish.stage:
        clauses.append(Renewal.stage == wish.stage)
    if wish.due_from:
        clauses.append(UserTask.due_at > midnight(wish.due_from, zone))
    if wish.due_to:
        clauses.append(UserTask.due_at <= midnight(wish.due_to + timedelta(days=1), zone))
    found = matches(session, wish.search)
    if found is not None:
        clauses.append(found)
    return clauses


Order = Sequence[tuple[ColumnElement[Any], bool]]
"""Columns and whether they fall; together they name one row."""


def _order(wish: InboxWish, present: Present) -> Order:
    task = (UserTask.id.expression, False)
    if wish.tab is InboxTab.DONE:
        return [(func.coalesce(UserTask.completed_at, NEVER), True), (UserTask.id.expression, True)]
    if wish.order is InboxSort.RISK:
        return [(risk(present.today), True), task]
    if wish.order is InboxSort.EXPIRY:
        return [(Renewal.expiry_date.expression, False), task]
    return [(func.coalesce(UserTask.due_at, NEVER), False), (UserTask.priority.expression, True), task]


def _kinds(wish: InboxWish) -> tuple[type, ...]:
    """The types of the values a row's position is made of."""
    if wish.tab is InboxTab.DONE:
        return datetime, int
    kinds: Mapping[InboxSort, tuple[type, ...]] = {
        InboxSort.RISK: (int, int),
        InboxSort.EXPIRY: (date, int),
        InboxSort.DUE: (datetime, int, int),
    }
    return kinds[wish.order]


def _position(row: Any, wish: InboxWish) -> str:
    task: UserTask = row.UserTask
    if wish.tab is InboxTab.DONE:
        return pack_position(task.completed_at or NEVER, task.id)
    if wish.order is InboxSort.RISK:
        return pack_position(int(row.risk), task.id)
    if wish.order is InboxSort.EXPIRY:
        return pack_position(row.Renewal.expiry_date, task.id)
    return pack_position(task.due_at or NEVER, task.priority, task.id)


def _sorted(order: Order) -> list[Any]:
    return [column.desc() if falling else column.asc() for column, falling in order]


def _rows(clauses: list[ColumnElement[bool]], wish: InboxWish, present: Present) -> Select[*tuple[Any, ...]]:
    order = _order(wish, present)
    if wish.after:
        clauses = [*clauses, beyond(order, unpack_position(wish.after, *_kinds(wish)))]
    return (
        select(UserTask, Renewal, Vehicle, Customer, risk(present.today).label("risk"))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*clauses)
        .order_by(*_sorted(order))
        .limit(wish.limit + 1)
    )


def _holders(session: Session, rows: Sequence[Any]) -> Mapping[str, str]:
    """The names of those who have the tasks of a page."""
    numbers = {row.UserTask.claimed_by or row.UserTask.assignee_no for row in rows}
    return people_names(session, numbers)


def _row(row: Any, actor: Actor, present: Present, names: Mapping[str, str]) -> InboxRow:
    task: UserTask = row.UserTask
    who = task.claimed_by or task.assignee_no
    renewal: Renewal = row.Renewal
    due = due_day(task.due_at, present.zone)
    is_open = task.status in OPEN
    overdue = is_open and task.due_at is not None and task.due_at <= present.now
    return InboxRow(
        task_id=task.id,
        renewal_id=renewal.id,
        name=task.name,
        action_id=task.action_id,
        stage=renewal.stage,
        status=task.status,
        role=task.role,
        priority=task.priority,
        due_date=due,
        late_days=(present.today - due).days if overdue and due else 0,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_claimed=task.claimed_by == actor.name,
        is_claimable=task.status == TaskStatus.OPEN and task.assignee_no is None,
        is_stand_in=task.assignee_no in actor.stands_in_for,
        who=f"{names.get(who, '')} {who}".strip() if who else None,
        premium=renewal.premium if renewal.premium is not None else renewal.ctp_premium,
        missing_contacts=missing_contacts(renewal.stage, renewal.contacts),
        completed_at=task.completed_at,
    )


def drawer_counts(session: Session, actor: Actor, present: Present) -> Mapping[InboxTab, int]:
    """Return how many tasks the open drawers hold; one statement."""
    own, free = mine(actor), claimable(actor)
    ones = {
        InboxTab.TODAY: and_(own, due_today(present)),
        InboxTab.LATE: and_(own, late(present)),
        InboxTab.ALL: own,
        InboxTab.CLAIMABLE: free,
    }
    row = session.execute(
        select(*(func.coalesce(func.sum(case((clause, 1), else_=0)), 0) for clause in ones.values()))
        .select_from(UserTask)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(or_(own, free))
    ).one()
    return {tab: int(count) for tab, count in zip(ones, row, strict=True)}


def _actions(session: Session, drawer: ColumnElement[bool]) -> tuple[ActionCount, ...]:
    rows = session.execute(
        select(UserTask.action_id, func.min(UserTask.name).label("name"), func.count().label("n"))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(drawer)
        .group_by(UserTask.action_id)
        .order_by(UserTask.action_id)
    )
    return tuple(ActionCount(action_id=r.action_id, name=r.name, count=r.n) for r in rows)


def open_between(session: Session, actor: Actor, present: Present, *, first: date, last: date) -> int:
    """Return how many of the person's own tasks are due from *first* to *last*, both included."""
    start, end = midnight(first, present.zone), midnight(last + timedelta(days=1), present.zone)
    return (
        session.scalar(
            select(func.count())
            .select_from(UserTask)
            .where(mine(actor), UserTask.due_at > start, UserTask.due_at <= end)
        )
        or 0
    )
