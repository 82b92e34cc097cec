"""The inbox of one person: what is theirs to do, what they may take, what they have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import TaskStatus
from engine.queries.drawers import OF_OTHERS, InboxTab, drawer, drawer_counts
from engine.queries.inbox_wish import InboxSort, InboxWish, conditions
from engine.queries.keyset import beyond, pack_position, unpack_position
from engine.queries.names import people_names
from engine.queries.present import Present, due_day, follow_up_day
from engine.queries.risk import missing_contacts, risk
from engine.queries.scope import OPEN
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One task as the inbox shows it; personal data is masked already.

    ``stage`` is the renewal's present one; ``due_date`` is the last day to do it; ``late_days`` counts calendar
    days past it, 0 when in time. ``follow_up`` is the day to which it is put off, None once that has come;
    ``is_delegated`` says that somebody handed it on, ``may_take_back`` that this person may take it back.
    ``is_callable`` says that the customer has a phone number and has not asked to be left alone.
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
    follow_up: date | None
    late_days: int
    plate: str | None
    make_model: str | None
    customer: str | None
    is_callable: bool
    expiry_date: date
    days_left: int
    is_key: bool
    is_orphan: bool
    is_claimed: bool
    is_claimable: bool
    is_stand_in: bool
    is_delegated: bool
    may_take_back: bool
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


def inbox_page(session: Session, actor: Actor, wish: InboxWish, present: Present) -> InboxPage:
    """Return one page of *actor*'s inbox: three statements, however many rows.

    Raises:
        BadInput: the position was changed by hand.
    """
    rows = _found(session, actor, wish, present)
    more = len(rows) > wish.limit
    names = _holders(session, rows) if wish.tab in OF_OTHERS else {}
    shut = wish.tab is InboxTab.DONE
    return InboxPage(
        rows=tuple(_row(row, actor, present, names) for row in rows[: wish.limit]),
        counts=drawer_counts(session, actor, present),
        actions=() if shut else _actions(session, drawer(actor, wish.tab, present)),
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
    clauses = [drawer(actor, wish.tab, present), *conditions(session, wish, present)]
    query = (
        select(UserTask.id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(*clauses)
        .order_by(*_sorted(_order(wish, present)))
    )
    return tuple(session.scalars(query.limit(most)))


def _found(session: Session, actor: Actor, wish: InboxWish, present: Present) -> Sequence[Any]:
    clauses = [drawer(actor, wish.tab, present), *conditions(session, wish, present)]
    return session.execute(_rows(clauses, wish, present)).all()


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
        follow_up=follow_up_day(task.follow_up_at, present) if is_open else None,
        late_days=(present.today - due).days if overdue and due else 0,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        is_callable=_is_callable(row.Customer),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_claimed=task.claimed_by == actor.name,
        is_claimable=task.status == TaskStatus.OPEN and task.assignee_no is None,
        is_stand_in=task.assignee_no in actor.stands_in_for,
        is_delegated=is_open and task.delegated_by is not None,
        may_take_back=is_open and (task.delegated_by == actor.name or task.principal_no in actor.numbers),
        who=f"{names.get(who, '')} {who}".strip() if who else None,
        premium=renewal.premium if renewal.premium is not None else renewal.ctp_premium,
        missing_contacts=missing_contacts(renewal.stage, renewal.contacts),
        completed_at=task.completed_at,
    )


def _is_callable(customer: Customer | None) -> bool:
    return (
        customer is not None
        and bool(customer.phone_sealed)
        and not (customer.do_not_contact or customer.no_sharing)
    )


def _actions(session: Session, tasks: ColumnElement[bool]) -> tuple[ActionCount, ...]:
    rows = session.execute(
        select(UserTask.action_id, func.min(UserTask.name).label("name"), func.count().label("n"))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(tasks)
        .group_by(UserTask.action_id)
        .order_by(UserTask.action_id)
    )
    return tuple(ActionCount(action_id=r.action_id, name=r.name, count=r.n) for r in rows)
